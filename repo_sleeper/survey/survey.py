"""Counts what needs no model and keeps it as notes, again only when something changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from repo_sleeper.domain import Note, NoteKind
from repo_sleeper.store import code, history, notes
from repo_sleeper.store import survey as rows
from repo_sleeper.store.database import Database
from repo_sleeper.survey.co_change import co_changes
from repo_sleeper.survey.cycles import components, cycles
from repo_sleeper.survey.entry_points import entry_points, is_manifest
from repo_sleeper.survey.files import SourceFile, is_test
from repo_sleeper.survey.fix_prone import fix_prone
from repo_sleeper.survey.hotspots import hotspots
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.linking import link
from repo_sleeper.survey.reading import read_lines
from repo_sleeper.survey.test_map import test_map

KINDS = (
    NoteKind.HOTSPOT,
    NoteKind.CO_CHANGE,
    NoteKind.CYCLE,
    NoteKind.TEST_MAP,
    NoteKind.ENTRY_POINT,
    NoteKind.FIX_PRONE,
)
_VERSION = "1"  # of the counting: another one counts again
_RECENT = 500  # commits that "of the last" speaks of
_BUSIEST = 40  # files asked about before one of them is called untested


def survey(db: Database, tree_id: int, *, now: float, commit: str) -> int:
    """Make the survey notes of this tree say what the store says; how many changed."""
    state = _state(db, tree_id)
    if db.meta(f"survey:{tree_id}") == state:
        return 0
    found = [replace(note, commit=commit, created_at=now) for note in survey_notes(db, tree_id)]
    with db.transaction():
        changed = notes.save_survey_notes(
            db,
            found,
            kinds=KINDS,
            inputs={note.id: _hash_of(note) for note in found},
            tree_id=tree_id,
        )
        db.set_meta(f"survey:{tree_id}", state)
    return changed


def _state(db: Database, tree_id: int) -> str:
    """A hash of everything that is counted."""
    counted = (_VERSION, rows.content_state(db, tree_id), history.state(db))
    return hashlib.sha256(json.dumps(counted).encode()).hexdigest()[:32]


def _hash_of(note: Note) -> str:
    said = asdict(replace(note, commit="", created_at=0.0))
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def survey_notes(db: Database, tree_id: int) -> list[Note]:
    """Every survey note of this tree, kind by kind, the best of each kind first."""
    files = [SourceFile(*row) for row in rows.live_files(db, tree_id)]
    root = next(tree.root for tree in code.trees(db) if tree.id == tree_id)
    edges = link(db, tree_id, root, files)
    churn = history.churn(db)
    recent = history.recent_changes(db, limit=_RECENT)
    records = {record.path: record for record in history.path_records(db)}
    loading, quotes = _while_loading(root, files, edges)
    mentioned = _mentioned(db, tree_id, files, churn)
    pairs = history.co_changes(db)
    return [
        *hotspots(files, churn, recent, pairs),
        *co_changes(files, pairs, edges),
        *cycles(loading, quotes),
        *test_map(files, edges, churn=churn, recent=recent, mentioned=mentioned),
        *_entry_points(db, tree_id, root, files),
        *fix_prone(files, records),
    ]


def _while_loading(
    root: Path, files: Iterable[SourceFile], edges: Sequence[Edge]
) -> tuple[list[Edge], dict[tuple[str, int], str]]:
    """The imports of cycles that happen while a file loads, and their lines as written.

    Only such imports make a cycle that can hurt, and only the source shows which they are.
    """
    product = {file.path for file in files if file.is_product}
    inner = _in_cycles([e for e in edges if e.path in product and e.target in product])
    sources = {path: read_lines(root, path) for path in sorted({edge.path for edge in inner})}
    quotes = {
        (edge.path, edge.line): sources[edge.path][edge.line]
        for edge in inner
        if edge.line < len(sources[edge.path])
    }
    return [e for e in inner if _happens_on_load(quotes.get((e.path, e.line), ""))], quotes


def _in_cycles(edges: Sequence[Edge]) -> list[Edge]:
    graph: dict[str, list[str]] = {}
    for edge in edges:
        graph.setdefault(edge.path, []).append(edge.target)
    where = {path: number for number, one in enumerate(components(graph)) for path in one}
    return [e for e in edges if e.path in where and where[e.path] == where.get(e.target)]


def _happens_on_load(line: str) -> bool:
    """Not inside a function or a condition, and not of types alone."""
    return line[:1].strip() != "" and not line.startswith(("import type ", "export type "))


def _mentioned(
    db: Database, tree_id: int, files: Iterable[SourceFile], churn: Mapping[str, float]
) -> dict[str, list[str]]:
    """For the busiest files, the tests that use a name they define."""
    busy = [file.path for file in files if file.is_product and file.path in churn]
    busy.sort(key=lambda path: (-churn[path], path))
    return {
        path: [user for user in rows.users_of(db, tree_id, path) if is_test(user)]
        for path in busy[:_BUSIEST]
    }


def _entry_points(
    db: Database, tree_id: int, root: Path, files: Sequence[SourceFile]
) -> list[Note]:
    guarded = set(rows.paths_with_words(db, tree_id, ("name", "main")))
    scripts = [
        file.path
        for file in files
        if file.language == "python" and (file.path in guarded or file.path.endswith("__main__.py"))
    ]
    return entry_points(
        {file.path: read_lines(root, file.path) for file in files if is_manifest(file.path)},
        {path: read_lines(root, path) for path in scripts},
        [symbol for name in ("main", "Main") for symbol in code.definitions(db, tree_id, name)],
    )
