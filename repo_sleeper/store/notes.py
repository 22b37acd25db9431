"""Notes as they are read: with their evidence, and with what is fresh in a tree."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.errors import NotFoundError, UsageError
from repo_sleeper.store.database import Database, Row
from repo_sleeper.store.evidence import evidence_of
from repo_sleeper.store.freshness import FRESH_NOTE, MOVED_INTO

SHORTEST_PREFIX = 4

# A note shows in a tree when it is fresh there. A stale one shows while what it is about exists
# there and, if a model wrote it, has not been thought about again as it is now. That is asked
# afresh each time, because another branch may still have what the note was written for. What
# became of a likely bug is told of one that was thought about again as well (`rethought`).
_RETHOUGHT = """
exists (
    select 1 from files f join blobs b on b.id = f.blob_id
    join thoughts t on t.subject_hash = cast(b.node_hash as text) and t.kind = v.kind
    where f.tree_id = :tree and f.path = v.subject_path and t.state = 'applied'
) or exists (
    select 1 from thoughts t where substr(v.subject_path, -1) = '/' and t.state = 'applied'
    and t.subject_path = v.subject_path and t.kind = v.kind and t.id > v.thought_id
)"""
# The limit that limits nothing keeps the inner query apart, or SQLite would find out what is
# fresh anew wherever that is named.
_VISIBLE = """
select v.* from (
    select n.*, {fresh} as fresh from notes n
    where n.state = 'active' and n.tree_id in (0, :tree) {where} limit -1
) v
where v.fresh or (:stale and (
    v.subject_path in ('', './') or exists (
        select 1 from files f where f.tree_id = :tree and f.path = v.subject_path
    ) or (substr(v.subject_path, -1) = '/' and exists (
        select 1 from files f where f.tree_id = :tree
        and substr(f.path, 1, length(v.subject_path)) = v.subject_path
    ))
) and (:rethought or not (v.origin = 'model' and ({rethought}))))"""


def list_notes(  # noqa: PLR0913 -- the filters of a listing, each by name
    db: Database,
    tree_id: int,
    *,
    kinds: Collection[NoteKind] | None = None,
    path: str | None = None,
    origin: Origin | None = None,
    include_stale: bool = True,
    rethought: bool = False,
    counted_questions: bool = True,
    limit: int | None = None,
) -> list[Note]:
    """The notes that show in this tree, fresh ones first, then by confidence.

    `path` is a file, or a folder written with a final slash; a note belongs to the path of its
    subject and to the paths it cites, wherever those have gone since. Stale ones are left out
    once their subject has been thought about again, unless `rethought` ones are wanted.
    Questions that the index answers itself can be left out.
    """
    where = ""
    values: dict[str, Any] = {"limit": -1 if limit is None else limit}
    if kinds is not None:
        where += " and n.kind in (select value from json_each(:kinds))"
        values["kinds"] = json.dumps(sorted(kinds))
    if origin is not None:
        where += " and n.origin = :origin"
        values["origin"] = origin.value
    if not counted_questions:
        where += " and not (n.kind = 'question' and n.origin = 'survey')"
    if path is not None:
        where += _about(path)
        values["path"] = path
    order = " order by v.fresh desc, v.confidence desc, v.kind, v.id limit :limit"
    return _notes(db, tree_id, _Filter(where, values, include_stale, order, rethought))


def require_prefix(prefix: str, *, listed_by: str) -> None:
    """Raises UsageError for the beginning of an id that is too short to mean one."""
    if len(prefix) < SHORTEST_PREFIX:
        raise UsageError(
            f'"{prefix}" is too short for an id: {SHORTEST_PREFIX} characters at least',
            hint=f"`{listed_by}` lists them all",
        )


def note(db: Database, tree_id: int, id_prefix: str) -> Note | None:
    """The note whose id begins like this; None when there is none.

    Raises NotFoundError when several do.
    """
    if len(id_prefix) < SHORTEST_PREFIX:
        return None
    values = {"prefix": id_prefix.lower()}
    where = "and substr(n.id, 1, length(:prefix)) = :prefix"
    wanted = _Filter(where, values, order=" order by v.id", rethought=True)
    found = _notes(db, tree_id, wanted)
    if len(found) > 1:
        raise NotFoundError(
            f"several notes begin with {id_prefix}: {', '.join(n.id for n in found)}",
            hint="give more characters of the id",
        )
    return found[0] if found else None


def search_notes(
    db: Database, tree_id: int, terms: Sequence[str], *, limit: int, fresh_only: bool
) -> list[tuple[Note, float]]:
    """Notes with any of these words, best first; a score is positive, higher is better."""
    if not terms:
        return []
    found = db.rows(
        """
        select n.row as row, -bm25(note_words, 4.0, 1.0) as score
        from note_words join notes n on n.row = note_words.rowid
        where note_words match ? and n.state = 'active' and n.tree_id in (0, ?)
        order by score desc, n.id limit ?
        """,
        (" OR ".join(_quoted(term) for term in terms), tree_id, limit * 8),
    )
    scores = {row["row"]: row["score"] for row in found}
    matching = _Filter(
        "and n.row in (select value from json_each(:rows))",
        {"rows": json.dumps(list(scores))},
        stale=not fresh_only,
    )
    shown = _rows(db, tree_id, matching)
    best = sorted(shown, key=lambda row: (-scores[row["row"]], row["id"]))[:limit]
    return [
        (note, scores[row["row"]])
        for row, note in zip(best, _from_rows(db, tree_id, best), strict=True)
    ]


def fresh_counts(db: Database, tree_id: int) -> tuple[int, int]:
    """How many notes that show in this tree are fresh, and how many stale."""
    query = _VISIBLE.format(fresh=FRESH_NOTE, rethought=_RETHOUGHT, where="")
    row = db.row(
        f"select count(*) as all_notes, coalesce(sum(fresh), 0) as fresh from ({query})",
        {"tree": tree_id, "stale": 1, "rethought": 0},
    )
    return (row["fresh"], row["all_notes"] - row["fresh"]) if row else (0, 0)


def notes_on(db: Database, tree_id: int, hashes: Collection[str]) -> list[Note]:
    """Notes of models anchored to any of these hashes, not to be repeated.

    That holds for those that a person dismissed or a second look retired as well. It does not for
    stale ones: half of what they cite may still be here, and nobody is shown them as they were.
    """
    rows = db.rows(
        f"""
        select n.*, 1 as fresh from notes n
        where n.state in ('active', 'dismissed', 'retired') and n.origin = 'model' and n.row in (
            select note_row from evidence where hash in (select value from json_each(:hashes))
        ) and (n.state != 'active' or ({FRESH_NOTE})) order by n.id
        """,
        {"hashes": json.dumps(sorted(hashes)), "tree": tree_id},
    )
    return _from_rows(db, 0, rows)


def dismissed(db: Database, tree_id: int, kind: NoteKind | None = None) -> list[tuple[Note, str]]:
    """Notes of a kind that were put aside, and why; whether they are fresh was not looked at."""
    rows = db.rows(
        """
        select n.*, 1 as fresh from notes n
        where n.state = 'dismissed' and n.kind = coalesce(?, n.kind) and n.tree_id in (0, ?)
        order by n.id
        """,
        (kind and kind.value, tree_id),
    )
    return list(zip(_from_rows(db, tree_id, rows), (row["why"] for row in rows), strict=True))


class _Filter(NamedTuple):
    """Part of a query: which notes, stale ones too or not, and in which order."""

    where: str = ""
    values: Mapping[str, Any] = MappingProxyType({})
    stale: bool = True
    order: str = ""
    rethought: bool = False


def _rows(db: Database, tree_id: int, wanted: _Filter) -> list[Row]:
    query = (
        _VISIBLE.format(fresh=FRESH_NOTE, rethought=_RETHOUGHT, where=wanted.where) + wanted.order
    )
    shown = {"tree": tree_id, "stale": wanted.stale, "rethought": wanted.rethought}
    return db.rows(query, {**wanted.values, **shown})


def _notes(db: Database, tree_id: int, wanted: _Filter) -> list[Note]:
    return _from_rows(db, tree_id, _rows(db, tree_id, wanted))


def _about(path: str) -> str:
    return (
        f" and ({_under('n.subject_path', path)} or exists (select 1 from evidence e"
        f" where e.note_row = n.row and ({_under('e.path', path)}"
        f" or ({MOVED_INTO.format(path=_under('f.path', path))}))))"
    )


def _under(column: str, path: str) -> str:
    folder = path.endswith("/")
    return f"substr({column}, 1, length(:path)) = :path" if folder else f"{column} = :path"


def _confirmed(db: Database) -> set[str]:
    return {row["note_id"] for row in db.rows("select note_id from bugs where state = 'confirmed'")}


def _is_hypothesis(row: Row, confirmed: Collection[str]) -> bool:
    """What could not be checked; and of a likely bug, that nobody has confirmed it yet."""
    is_bug = row["kind"] == NoteKind.LIKELY_BUG and row["origin"] == Origin.MODEL
    return row["id"] not in confirmed if is_bug else bool(row["hypothesis"])


def _from_rows(db: Database, tree_id: int, rows: Sequence[Row]) -> list[Note]:
    confirmed = _confirmed(db)
    evidence = evidence_of(db, tree_id, [row["row"] for row in rows])
    return [
        Note(
            id=row["id"],
            kind=NoteKind(row["kind"]),
            title=row["title"],
            body=row["body"],
            confidence=row["confidence"],
            origin=Origin(row["origin"]),
            evidence=evidence.get(row["row"], ()),
            subject="::".join(filter(None, (row["subject_path"], row["subject_symbol"]))),
            commit=row["commit"],
            created_at=row["created_at"],
            version=row["version"],
            hypothesis=_is_hypothesis(row, confirmed),
            fresh=bool(row["fresh"]),
            thought=row["thought_id"],
        )
        for row in rows
    ]


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
