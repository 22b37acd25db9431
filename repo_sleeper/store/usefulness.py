"""Whether notes were of use: was their path edited or asked about since, were they shown."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.store.database import Database

_QUESTIONS = 500
_FIRST_PATHS = 5  # of the files shown for a question, those it was likely about
_PATIENCE_S = 7 * 86_400  # a note that nobody came near for so long has missed

_NOTES = """
select n.id, n.kind, n.subject_path as path, n.created_at as at,
       coalesce(f.dirty_at, 0) as dirty_at, coalesce((
           select max(c.time) from history_paths p join commit_paths t on t.path_id = p.id
           join commits c on c.id = t.commit_id where p.path = n.subject_path
       ), 0) as committed_at
from notes n left join files f on f.tree_id = :tree and f.path = n.subject_path
where n.state = 'active' and n.origin = 'model' order by n.row"""
_EDITS = """
select (select group_concat(path_id) from commit_paths where commit_id = c.id)
from commits c where not c.is_merge order by c.time desc, c.id desc limit ?"""
_BESIDE = """
select o.path as other, max(1.0 * c.together / c.touches) as chance
from history_paths p join co_changes c on c.path_id = p.id join history_paths o on o.id = c.other_id
where p.path in (
    select f.path from files f where f.tree_id = :tree
    and f.dirty_at > (select coalesce(max(time), 0) from commits where not is_merge)
) group by o.path"""


@dataclass(frozen=True, slots=True)
class Use:
    """What became of the notes on a path, and how often questions led there."""

    asked: Mapping[str, float]
    hits: Mapping[tuple[str, NoteKind], int]
    misses: Mapping[tuple[str, NoteKind], int]
    beside: Mapping[str, float]


@dataclass(slots=True)
class _Asked:
    """When questions last led to a path or showed a note."""

    weight: dict[str, float]
    path_at: dict[str, float]
    note_at: dict[str, float]


def recent_edits(db: Database, *, limit: int) -> list[tuple[str, ...]]:
    """The paths of each of the newest commits, newest first, under the names they have now.

    Leaner than reading the commits: it is done before every thought.
    """
    names, successors = {}, {}
    for id_, path, successor in db.rows("select id, path, successor from history_paths"):
        names[id_] = path
        if successor is not None:
            successors[path] = successor
    rows = db.rows(_EDITS, (limit,))
    return [
        tuple(_now_named(names[int(id_)], successors) for id_ in ids.split(",")) if ids else ()
        for (ids,) in rows
    ]


def _now_named(path: str, successors: Mapping[str, str]) -> str:
    seen = {path}
    while (following := successors.get(path)) is not None and following not in seen:
        path = following
        seen.add(path)
    return path


def use(db: Database, tree_id: int, *, now: float) -> Use:
    """Hits and misses of every note, and what is likely to change with what is dirty now."""
    asked = _asked(db)
    hits: dict[tuple[str, NoteKind], int] = defaultdict(int)
    misses: dict[tuple[str, NoteKind], int] = defaultdict(int)
    for row in db.rows(_NOTES, {"tree": tree_id}):
        key = (row["path"], NoteKind(row["kind"]))
        last = max(
            row["dirty_at"],
            row["committed_at"],
            asked.path_at.get(row["path"], 0.0),
            asked.note_at.get(row["id"], 0.0),
        )
        if last > row["at"]:
            hits[key] += 1
        elif now - row["at"] > _PATIENCE_S:
            misses[key] += 1
    beside = {row["other"]: row["chance"] for row in db.rows(_BESIDE, {"tree": tree_id})}
    return Use(asked.weight, dict(hits), dict(misses), beside)


def _asked(db: Database) -> _Asked:
    """The newest questions; the first file shown counts most."""
    found = _Asked({}, {}, {})
    for row in db.rows("select * from questions order by id desc limit ?", (_QUESTIONS,)):
        for place, path in enumerate(json.loads(row["paths"])[:_FIRST_PATHS]):
            found.weight[path] = found.weight.get(path, 0.0) + 1.0 / (1 + place)
            found.path_at.setdefault(path, row["at"])
        for note in json.loads(row["notes"]):
            found.note_at.setdefault(note, row["at"])
    return found
