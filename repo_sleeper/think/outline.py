"""What a model is shown about a folder: notes on its parts and signatures, never whole files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.model import Prompt
from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.errors import SleeperError
from repo_sleeper.store import folders, notes
from repo_sleeper.store.database import Database
from repo_sleeper.store.folders import Folder, Signature
from repo_sleeper.store.thoughts import Job
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import prompts, shown
from repo_sleeper.think.known import Known, with_task
from repo_sleeper.think.reading import (
    Limits,
    Material,
    OutOfDateError,
    UnsendableError,
    group,
    lines_of,
    size,
)

_MOST_FILES = 60  # opened for their signatures, however many the folder has
_MOST_NOTES = 40
_NOTES_SHARE = 3
_PARTS_SHARE = 8
_LONGEST_NOTE = 500


@dataclass(slots=True)
class _Page:
    """The lines chosen so far, and what room they leave."""

    root: Path
    room: int
    sources: dict[str, list[str]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    refused: set[str] = field(default_factory=set)
    redactions: int = 0


def build(tree: Tree, job: Job, limits: Limits, so_far: Known) -> Material:
    """The prompt for architecture notes on a folder, or on the repository as a whole.

    Its size depends on `limits` alone. Signature lines are shown as any other lines are, so
    that what comes back is checked in the same way.
    """
    db, subject, begin = tree.db, job.subject, prompts.beginning(job.version)
    folder = folders.folders(db, tree.id).get(subject.path)
    if folder is None or folder.hash != subject.hash:
        raise OutOfDateError(f"{subject.label} has changed since it was chosen")
    task, system = with_task(so_far, prompts.folder_task().text, begin), prompts.system().text
    room = limits.input_tokens * 3 - size(system, task) - 128
    about = (_frame(folder), _parts(folder, room), _notes(db, tree.id, folder, room))
    page = _Page(tree.root, room - size(*about))
    _fill(page, folders.outline(db, tree.id, folder.path), folder)
    if not page.contents:
        raise UnsendableError(f"{subject.label} has nothing that may be shown")
    user = "\n\n".join(filter(None, (*about[:2], *_blocks(page), about[2], task)))
    prompt = Prompt(system, user, limits.max_output_tokens, _ranges(page), page.redactions)
    return Material(prompt, page.contents, folder.parts, so_far.ids)


def _frame(folder: Folder) -> str:
    scope = "repository" if folder.path == folders.ROOT else "directory"
    return f'<subject path="{shown.label(folder.path)}" scope="{scope}" files="{folder.files}"/>'


def _parts(folder: Folder, room: int) -> str:
    return group("parts", sorted(folder.children), room // _PARTS_SHARE)


def _notes(db: Database, tree_id: int, folder: Folder, room: int) -> str:
    """The surest fresh notes on its parts; what was once true of them is of no use here."""
    whole = "" if folder.path == folders.ROOT else folder.path
    found = notes.list_notes(
        db,
        tree_id,
        kinds=(NoteKind.ARCHITECTURE,),
        origin=Origin.MODEL,
        path=whole or None,
        include_stale=False,
        limit=10 * _MOST_NOTES,
    )
    own = [note for note in found if _place(note) in folder.children and not note.hypothesis]
    facts = [f"{_place(note)}: {note.title}. {note.body}" for note in own[:_MOST_NOTES]]
    return group("notes", facts, room // _NOTES_SHARE, longest=_LONGEST_NOTE)


def _place(note: Note) -> str:
    return note.place[0]


# --- signatures -------------------------------------------------------------------------------


def _fill(page: _Page, signatures: Sequence[Signature], folder: Folder) -> None:
    for one in _in_turn(signatures, folder.children):
        lines = _lines(page, one)
        wanted = _wanted(one, lines) - page.chosen[one.path] if lines else set()
        cost = sum(size(shown.numbered(at, lines[at])) + 1 for at in wanted)
        if not page.chosen[one.path]:
            cost += size(shown.sparse(one.path, lines, ())) + 2
        if cost > page.room:
            break
        page.room -= cost
        page.chosen[one.path] |= wanted


def _in_turn(signatures: Sequence[Signature], parts: Iterable[str]) -> Iterator[Signature]:
    """The best of each part, then the second best of each, those most used elsewhere first."""
    by_part: dict[str, list[Signature]] = defaultdict(list)
    known = frozenset(parts)
    for one in signatures:
        by_part[_part(one.path, known)].append(one)
    ordered = sorted(by_part.items(), key=lambda item: (-sum(s.uses for s in item[1]), item[0]))
    for turn in zip_longest(*(found for _, found in ordered)):
        yield from (one for one in turn if one is not None)


def _part(path: str, parts: frozenset[str]) -> str:
    while path not in parts and path != folders.ROOT:
        path = folders.parent(path)
    return path


def _lines(page: _Page, one: Signature) -> list[str]:
    if one.path in page.refused or len(page.contents) >= _MOST_FILES:
        return page.sources.get(one.path, [])
    if one.path not in page.sources:
        try:
            page.sources[one.path], secrets = lines_of(page.root, one.path, one.content_hash)
        except SleeperError:
            page.refused.add(one.path)  # one file that cannot be shown does not hide the others
            return []
        page.contents[one.path] = one.content_hash
        page.redactions += secrets
    return page.sources[one.path]


def _wanted(one: Signature, lines: Sequence[str]) -> set[int]:
    """Where a definition begins, and the beginning of what is said of it beside that line."""
    start = min(one.line, len(lines) - 1)
    doc = next(iter(one.doc.strip().split("\n")), "")[:20]
    near = range(max(start - 1, 0), min(start + 2, len(lines)))
    return {start, *(at for at in near if doc and doc in lines[at])}


def _blocks(page: _Page) -> Iterator[str]:
    for path, chosen in sorted(page.chosen.items()):
        if chosen:
            yield shown.sparse(path, page.sources[path], sorted(chosen))


def _ranges(page: _Page) -> tuple[tuple[str, Range], ...]:
    chosen: Mapping[str, set[int]] = page.chosen
    return tuple(
        (path, Range(at, at + 1)) for path in sorted(chosen) for at in sorted(chosen[path])
    )
