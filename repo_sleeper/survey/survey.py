"""Counts what needs no model and keeps it as notes, again only when something changed."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.store import code, history, path_records, versions
from repo_sleeper.store import survey as rows
from repo_sleeper.store.database import Database
from repo_sleeper.survey.apart import texts_apart
from repo_sleeper.survey.co_change import co_changes
from repo_sleeper.survey.conditional import condition_of
from repo_sleeper.survey.cycles import components, cycles
from repo_sleeper.survey.entry_points import entry_points, is_manifest
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.fix_prone import QUARTERS, fix_prone
from repo_sleeper.survey.hotspots import hotspots
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.layers import layers
from repo_sleeper.survey.linking import link
from repo_sleeper.survey.reading import Sources, line_of, read_lines
from repo_sleeper.survey.rules import RULES
from repo_sleeper.survey.test_map import test_map, tests_of
from repo_sleeper.survey.texts import live_files, root_of
from repo_sleeper.survey.untested import untested

KINDS = (
    NoteKind.HOTSPOT,
    NoteKind.CO_CHANGE,
    NoteKind.CYCLE,
    NoteKind.TEST_MAP,
    NoteKind.ENTRY_POINT,
    NoteKind.FIX_PRONE,
    NoteKind.LAYERS,
    NoteKind.OVERSIZED,
    NoteKind.DEAD_LOOKING,
    NoteKind.ENVIRONMENT,
    NoteKind.TODO,
)
_NAME = re.compile(r"\w{4,}")
_RECENT = 500  # commits that "of the last" speaks of
_PAST = 2_000  # commits to see habits in
_FEWEST_FUNCTIONS = 3  # with fewer a file is a list of names or settings: nothing to be tested
# What is loaded one file after the other. A cycle elsewhere is how packages and crates are built.
_LOADED_IN_ORDER = frozenset({"python", "javascript", "typescript", "tsx", "ruby", "c", "cpp"})


def survey(
    db: Database,
    tree_id: int,
    *,
    now: float,
    commit: str,
    meanwhile: Callable[[], int] = lambda: 0,
) -> int:
    """Make the survey notes of this tree say what the store says; how many changed.

    `meanwhile` counts what else there is to count, and needs nothing of this but the links: it is
    called in any case, the first time while another process reads the texts.
    """
    state, before = _state(db, tree_id), db.meta(f"survey:{tree_id}")
    if before == state:
        return meanwhile()
    files = live_files(db, tree_id)
    with texts_apart(db, tree_id, files, is_first=before is None) as of_texts:
        counted = _counted(db, tree_id, files)
        more = meanwhile()
        counted += of_texts()
    found = [note._replace(commit=commit, created_at=now) for note in counted]
    with db.transaction():
        changed = versions.save_survey_notes(
            db,
            found,
            kinds=KINDS,
            inputs={note.id: _hash_of(note) for note in found},
            tree_id=tree_id,
        )
        db.set_meta(f"survey:{tree_id}", state)
    return changed + more


def _state(db: Database, tree_id: int) -> str:
    """A hash of everything that is counted."""
    counted = (RULES, rows.content_state(db, tree_id), history.state(db))
    return hashlib.sha256(json.dumps(counted).encode()).hexdigest()[:32]


def _hash_of(note: Note) -> str:
    said = note._replace(commit="", created_at=0.0)._asdict()
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _counted(db: Database, tree_id: int, files: Sequence[SourceFile]) -> list[Note]:
    """The notes that need the store more than the texts, the best of each kind first."""
    root = root_of(db, tree_id)
    edges = link(db, tree_id, root, files)
    return [
        *_of_history(db, tree_id, files, edges),
        *_of_imports(Sources(root), files, edges),
        *_entry_points(db, tree_id, root, files),
    ]


def _of_history(
    db: Database, tree_id: int, files: Sequence[SourceFile], edges: Sequence[Edge]
) -> list[Note]:
    churn = history.churn(db)
    past = history.recent_changes(db, limit=_PAST)
    recent = past[:_RECENT]
    pairs = history.co_changes(db)
    named, _ = tests_of(files, edges)

    @cache
    def users(path: str) -> list[str]:
        return rows.users_of(db, tree_id, path)

    def mentioning(path: str) -> set[str]:
        name = posixpath.splitext(posixpath.basename(path))[0]
        said = rows.paths_with_words(db, tree_id, (name,)) if _NAME.search(name) else []
        return {*users(path), *said} - {path}

    def is_plain(path: str) -> bool:
        return len(rows.function_ranges(db, tree_id, path)) < _FEWEST_FUNCTIONS

    return [
        *hotspots(files, churn, recent, pairs),
        *co_changes(files, pairs, edges, recent=past, users=users, named=named),
        *test_map(files, edges, churn=churn),
        *untested(
            files,
            edges,
            named=named,
            churn=churn,
            recent=recent,
            mentioning=mentioning,
            is_plain=is_plain,
        ),
        *fix_prone(files, path_records.path_quarters(db, most=QUARTERS)),
    ]


def _of_imports(sources: Sources, files: Sequence[SourceFile], edges: Sequence[Edge]) -> list[Note]:
    loading, quotes = _while_loading(sources, files, edges)
    return [*cycles(loading, quotes), *layers(files, edges, sources.lines)]


def _while_loading(
    sources: Sources, files: Iterable[SourceFile], edges: Sequence[Edge]
) -> tuple[list[Edge], dict[tuple[str, int], str]]:
    """The imports of cycles that happen while a file loads, and their lines as written.

    Only such imports make a cycle that can hurt, and only the source shows which they are.
    """
    product = {f.path for f in files if f.is_product and f.language in _LOADED_IN_ORDER}
    inner = _in_cycles([e for e in edges if e.path in product and e.target in product])
    quotes = {(e.path, e.line): line_of(sources.lines(e.path), e.line) for e in inner}
    return [e for e in inner if _happens_on_load(quotes[e.path, e.line])], quotes


def _in_cycles(edges: Sequence[Edge]) -> list[Edge]:
    graph: dict[str, list[str]] = {}
    for edge in edges:
        graph.setdefault(edge.path, []).append(edge.target)
    where = {path: number for number, one in enumerate(components(graph)) for path in one}
    return [e for e in edges if e.path in where and where[e.path] == where.get(e.target)]


def _happens_on_load(line: str) -> bool:
    """Not inside a function or a condition, and not of types alone."""
    return line[:1].strip() != "" and not line.startswith(("import type ", "export type "))


def _entry_points(
    db: Database, tree_id: int, root: Path, files: Sequence[SourceFile]
) -> list[Note]:
    guarded = set(rows.paths_with_words(db, tree_id, ("name", "main")))
    of_c = {file.path for file in files if file.language in ("c", "cpp")}
    scripts = [
        file.path
        for file in files
        if file.language == "python" and (file.path in guarded or file.path.endswith("__main__.py"))
    ]

    def condition(symbol: code.StoredSymbol) -> str:
        lines = read_lines(root, symbol.path) if symbol.path in of_c else ()
        return condition_of(lines, symbol.range.start)

    return entry_points(
        {file.path: read_lines(root, file.path) for file in files if is_manifest(file.path)},
        {path: read_lines(root, path) for path in scripts},
        [symbol for name in ("main", "Main") for symbol in code.definitions(db, tree_id, name)],
        {posixpath.dirname(f.path) for f in files if f.path.endswith("/__init__.py")},
        condition=condition,
    )
