"""Freshness: whether cited hashes are still in a tree, and where they are now."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence, NoteKind, Origin
from repo_sleeper.domain.statements import unpack
from repo_sleeper.store.database import Database, Row

SURVEY_DUE = "survey-due:"  # and the tree: since when its survey notes are behind
_RULES = "survey-rules:"  # and the tree: the rules that its survey notes were counted by
SINCE_COMMITS = " commits"  # ends the value where history went on as well

# How many places of the tree `:tree` have what an `evidence e` cites, by what it is anchored to.
_NODE_PLACES = """(
    select count(*) from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.node_hash = cast(e.hash as integer)
)"""
_STATEMENT_PLACES = """(
    select count(distinct f.path) from statements t join files f on f.blob_id = t.blob_id
    where f.tree_id = :tree and instr(t.places, e.hash || ':')
)"""
_MODULE_PLACES = """(
    select count(*) from blobs b join files f on f.blob_id = b.id and f.tree_id = :tree
    where b.module_hash = cast(e.hash as integer)
)"""
_FILE_PLACES = """(
    select count(*) from blobs b join files f on f.blob_id = b.id and f.tree_id = :tree
    where b.hash = e.hash
)"""
_PLACES_NOW = f"""
case e.anchor
    when '{Anchor.NODE}' then {_NODE_PLACES}
    when '{Anchor.STATEMENT}' then {_STATEMENT_PLACES}
    when '{Anchor.MODULE}' then {_MODULE_PLACES}
    when '{Anchor.FILE}' then {_FILE_PLACES}
    else 1
end"""

# A condition over `evidence e` of `notes n` in the tree `:tree`. The hash at the cited place
# decides; a hash found elsewhere counts only when the cited place is gone, for then it has moved.
# Otherwise an edited getter would stay fresh because another class has one that reads the same.
# Nothing has moved where fewer places have it than when the note was written (`e.places`): of two
# that read the same one is gone, and what was said of it is not said of the other.
_NODE_HERE = """
exists (
    select 1 from files f join symbols s on s.blob_id = f.blob_id
    where f.tree_id = :tree and f.path = e.path
    and s.node_hash = cast(e.hash as integer) and e.symbol in ('', s.qualified)
)"""
_PATH_LIVES = "exists (select 1 from files f where f.tree_id = :tree and f.path = e.path)"
_FILE_NAME = "substr({path}, length(rtrim({path}, replace({path}, '/', ''))) + 1)"
_SAME_FILE_NAME = f"{_FILE_NAME.format(path='f.path')} = {_FILE_NAME.format(path='e.path')}"
# A file that was put elsewhere has its definition there, changed: another that still reads as it
# did, as what is built from it may, is not where it went.
_NODE_CHANGED_AS_IT_MOVED = f"""
not {_PATH_LIVES} and exists (
    select 1 from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.name = {_FILE_NAME.format(path="replace(e.symbol, '.', '/')")}
    and s.qualified = e.symbol and {_SAME_FILE_NAME}
) and not exists (
    select 1 from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.node_hash = cast(e.hash as integer) and {_SAME_FILE_NAME}
)"""
# A place that has not changed since the note was written in this tree is a twin: it was there
# already, and what is said of one is not said of the other. Where the file itself lives on, only
# a single place can be the one that the definition went to.
_NODE_MOVED = f"""
exists (
    select 1 from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.node_hash = cast(e.hash as integer) and (f.dirty_at >= n.created_at or not exists (
        select 1 from thoughts t where t.id = n.thought_id and t.tree_id = :tree
    ))
) and (not {_PATH_LIVES} or 1 = {_NODE_PLACES}) and {_NODE_PLACES} >= e.places
and not exists (
    select 1 from files f join symbols s on s.blob_id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and s.qualified = e.symbol
) and not ({_NODE_CHANGED_AS_IT_MOVED})"""
_MODULE_HERE = """
exists (
    select 1 from files f join blobs b on b.id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and b.module_hash = cast(e.hash as integer)
)"""
_MODULE_MOVED = f"not {_PATH_LIVES} and {_MODULE_PLACES} >= e.places"
_FILE_HERE = """
exists (
    select 1 from files f join blobs b on b.id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and b.hash = e.hash
)"""
_FILE_MOVED = f"not {_PATH_LIVES} and {_FILE_PLACES} >= e.places"
# A statement has no name. Where its file is gone it has moved only if a single file has it now,
# or a single new one of the same name: `import os` of a deleted file is not the one of another.
_STATEMENT_HERE = """
exists (
    select 1 from files f join statements t on t.blob_id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and instr(t.places, e.hash || ':')
)"""
_STATEMENT_MOVED = f"""
not {_PATH_LIVES} and {_STATEMENT_PLACES} >= e.places and 1 in ({_STATEMENT_PLACES}, (
    select count(distinct f.path) from statements t join files f on f.blob_id = t.blob_id
    where f.tree_id = :tree and instr(t.places, e.hash || ':') and f.dirty_at >= n.created_at
    and {_SAME_FILE_NAME}
))"""
_FRESH_EVIDENCE = f"""
case e.anchor
    when '{Anchor.NODE}' then ({_NODE_HERE}) or ({_NODE_MOVED})
    when '{Anchor.STATEMENT}' then ({_STATEMENT_HERE}) or ({_STATEMENT_MOVED})
    when '{Anchor.MODULE}' then ({_MODULE_HERE}) or ({_MODULE_MOVED})
    when '{Anchor.FILE}' then ({_FILE_HERE}) or ({_FILE_MOVED})
    else {_PATH_LIVES}
end"""


def _listed(kinds: Iterable[NoteKind]) -> str:
    quoted = [f"'{kind.value}'" for kind in kinds]
    return f"({', '.join(quoted)})"


# What is counted over the whole repository is in doubt as soon as anything in it is different.
_OF_ALL_FILES = (NoteKind.DEAD_LOOKING, NoteKind.LAYERS, NoteKind.TEST_MAP)
_OF_HISTORY = (NoteKind.CO_CHANGE, NoteKind.FIX_PRONE, NoteKind.HOTSPOT, NoteKind.TEST_MAP)
# A survey note speaks of the moment it was counted. Until that is done again, what was counted
# of files that have changed since, of all files, or of a history that went on, is not fresh.
_OVERTAKEN = f"""
n.origin = '{Origin.SURVEY}' and exists (
    select 1 from meta due where due.key = '{SURVEY_DUE}' || :tree and (
        n.kind in {_listed(_OF_ALL_FILES)}
        or (due.value like '%{SINCE_COMMITS}' and n.kind in {_listed(_OF_HISTORY)})
        or exists (
            select 1 from evidence e join files f on f.tree_id = :tree and f.path = e.path
            where e.note_row = n.row and f.dirty_at >= cast(due.value as real)
        )
    )
)"""

# Over `notes n`: all of its evidence is fresh in the tree `:tree`.
FRESH_NOTE = f"""
not exists (select 1 from evidence e where e.note_row = n.row and not ({_FRESH_EVIDENCE}))
and not ({_OVERTAKEN})"""

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
and not {_PATH_LIVES} and f.tree_id = :tree and instr(t.places, e.hash || ':')"""


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
        f"with e as (select :anchor as anchor, :hash as hash) select {_PLACES_NOW} from e",
        {"tree": tree_id, "anchor": evidence.anchor.value, "hash": evidence.hash},
    )
    return max(found, 1)


# --- notes that were counted ------------------------------------------------------------------


def survey_is_due(db: Database, tree_id: int, *, rules: str) -> bool:
    """Whether what the survey counts has changed since it was taken, or the rules it counts by."""
    is_behind = db.meta(f"{SURVEY_DUE}{tree_id}") is not None
    return is_behind or db.meta(f"{_RULES}{tree_id}") != rules


def put_survey_due(db: Database, tree_id: int, *, since: float, commits: bool) -> None:
    """From now on, until it is taken again, the survey of this tree is behind."""
    key = f"{SURVEY_DUE}{tree_id}"
    known = db.meta(key) or str(since)
    ended = commits and not known.endswith(SINCE_COMMITS)
    db.set_meta(key, f"{known}{SINCE_COMMITS}" if ended else known)


def survey_is_taken(db: Database, tree_id: int, *, rules: str) -> None:
    """The survey notes of this tree say what is so now, by these rules."""
    db.set_meta(f"{SURVEY_DUE}{tree_id}", None)
    db.set_meta(f"{_RULES}{tree_id}", rules)
