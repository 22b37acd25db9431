"""Where the code that notes cite is now, and what is remembered of where it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence
from repo_sleeper.domain.statements import unpack
from repo_sleeper.store.database import Database, Row
from repo_sleeper.store.freshness import PATH_LIVES, PLACES_NOW

_STORED = """
select e.note_row, e.position, e.path, e.start_line, e.end_line, e.quote, e.anchor, e.hash,
       e.symbol, e.anchor_line
from evidence e where e.note_row in (select value from json_each(:rows))
order by e.note_row, e.position"""

# Every place that has what an evidence cites; the best is chosen below. The cross joins keep
# SQLite from reading every file of the tree for the few that are cited.
_PLACES = f"""
with cited as (
    select * from evidence where note_row in (select value from json_each(:rows))
)
select e.note_row, e.position, f.path, s.start_line as begins, s.end_line as ends,
       f.path != e.path as moved, s.qualified != e.symbol as renamed
from cited e cross join symbols s on s.node_hash = cast(e.hash as integer)
cross join files f on f.blob_id = s.blob_id and f.tree_id = :tree where e.anchor = '{Anchor.NODE}'
union all
select e.note_row, e.position, f.path, 0, b.lines, f.path != e.path, 0
from cited e cross join blobs b on b.module_hash = cast(e.hash as integer)
cross join files f on f.blob_id = b.id and f.tree_id = :tree where e.anchor = '{Anchor.MODULE}'
union all
select e.note_row, e.position, f.path, 0, b.lines, f.path != e.path, 0
from cited e cross join blobs b on b.hash = e.hash
cross join files f on f.blob_id = b.id and f.tree_id = :tree where e.anchor = '{Anchor.FILE}'"""


# Files that have a cited statement; where in them, `domain.statements` knows.
_STATEMENTS = f"""
select e.note_row, e.position, e.hash, e.anchor_line, f.path, t.places, 0 as moved
from evidence e cross join files f on f.tree_id = :tree and f.path = e.path
cross join statements t on t.blob_id = f.blob_id
where e.note_row in (select value from json_each(:rows)) and e.anchor = '{Anchor.STATEMENT}'
and instr(t.places, e.hash || ':')
union all
select e.note_row, e.position, e.hash, e.anchor_line, f.path, t.places, 1
from evidence e cross join statements t cross join files f on f.blob_id = t.blob_id
where e.note_row in (select value from json_each(:rows)) and e.anchor = '{Anchor.STATEMENT}'
and not {PATH_LIVES} and f.tree_id = :tree and instr(t.places, e.hash || ':')"""


class _Place(NamedTuple):
    moved: int
    renamed: int
    path: str
    range: Range


def evidence_of(db: Database, tree_id: int, rows: Sequence[int]) -> dict[int, tuple[Evidence, ...]]:
    """The evidence of these note rows, with the paths and lines where it is now.

    Evidence that is nowhere keeps the place it was written with.
    """
    values = {"rows": json.dumps(list(rows)), "tree": tree_id}
    places: dict[tuple[int, int], list[_Place]] = defaultdict(list)
    for row in db.rows(_PLACES, values):
        where = Range(row["begins"], row["ends"])
        place = _Place(row["moved"], row["renamed"], row["path"], where)
        places[row["note_row"], row["position"]].append(place)
    for row in db.rows(_STATEMENTS, values):
        where = _nearest(row["places"], row["hash"], row["anchor_line"])
        place = _Place(row["moved"], 0, row["path"], where)
        places[row["note_row"], row["position"]].append(place)
    found: dict[int, list[Evidence]] = defaultdict(list)
    for row in db.rows(_STORED, values):
        found[row["note_row"]].append(
            _evidence(row, places.get((row["note_row"], row["position"]), ()))
        )
    return {note_row: tuple(evidence) for note_row, evidence in found.items()}


def _evidence(row: Row, places: Iterable[_Place]) -> Evidence:
    path, lines = row["path"], Range(row["start_line"], row["end_line"])
    name = path.rpartition("/")[2]
    best = min(
        places,
        key=lambda p: (p.moved, p.renamed, p.path.rpartition("/")[2] != name, p.path, p.range),
        default=None,
    )
    if best is not None:
        path = best.path
        lines = _carried(lines, since=row["anchor_line"], into=best.range)
    return Evidence(path, lines, row["quote"], Anchor(row["anchor"]), row["hash"], row["symbol"])


def _nearest(packed: str, hash_: str, line: int) -> Range:
    """Of several statements that read the same, the one closest to where it was."""
    same = [one.range for one in unpack(packed) if one.hash == hash_]
    return min(same, key=lambda one: (abs(one.start - line), one.start))


def _carried(lines: Range, *, since: int, into: Range) -> Range:
    """The same lines of a node that now begins elsewhere and may have been reformatted."""
    last = max(into.end - 1, into.start)
    start = min(max(lines.start - since + into.start, into.start), last)
    return Range(start, min(max(lines.end - since + into.start, start + 1), max(into.end, 1)))


def anchor_line(db: Database, evidence: Evidence, tree_id: int) -> int:
    """Where the node that holds the evidence begins, in the content it was read from."""
    if evidence.anchor is Anchor.STATEMENT:
        return _statement_line(db, evidence, tree_id)
    if evidence.anchor is not Anchor.NODE:
        return 0
    begins: int | None = db.value(
        """
        select s.start_line from symbols s
        left join files f on f.blob_id = s.blob_id and f.tree_id = :tree and f.path = :path
        where s.node_hash = :hash and s.start_line <= :line and s.end_line > :line
        order by f.path is null, s.qualified != :symbol, s.start_line limit 1
        """,
        {
            "tree": tree_id,
            "path": evidence.path,
            "hash": int(evidence.hash),
            "line": evidence.range.start,
            "symbol": evidence.symbol,
        },
    )
    return evidence.range.start if begins is None else begins


def _statement_line(db: Database, evidence: Evidence, tree_id: int) -> int:
    packed: str | None = db.value(
        """select t.places from files f join statements t on t.blob_id = f.blob_id
           where f.tree_id = ? and f.path = ?""",
        (tree_id, evidence.path),
    )
    if packed is None or f"{evidence.hash}:" not in packed:
        return evidence.range.start
    return _nearest(packed, evidence.hash, evidence.range.start).start


def places_of(db: Database, evidence: Evidence, tree_id: int) -> int:
    """How many places of the tree have what it cites; at least the one it was read from."""
    found: int = db.value(
        f"with e as (select :anchor as anchor, :hash as hash) select {PLACES_NOW} from e",
        {"tree": tree_id, "anchor": evidence.anchor.value, "hash": evidence.hash},
    )
    return max(found, 1)
