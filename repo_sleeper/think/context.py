"""What a model is shown about a subject: redacted, numbered, delimited, within a budget."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.model import Prompt
from repo_sleeper.domain.notes import Origin
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.errors import ConfigError
from repo_sleeper.redact import clean, is_secret_path
from repo_sleeper.store import folders, notes, subjects
from repo_sleeper.store.database import Database
from repo_sleeper.store.subjects import KnownFile, KnownSymbol, Neighbour
from repo_sleeper.store.thoughts import Job
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import known, outline, prompts, shown
from repo_sleeper.think.commands import commands
from repo_sleeper.think.excerpt import excerpt
from repo_sleeper.think.reading import (
    Limits,
    Material,
    OutOfDateError,
    UnsendableError,
    group,
    lines_of,
    size,
)
from repo_sleeper.words import identifiers

__all__ = ["Limits", "Material", "OutOfDateError", "UnsendableError", "build"]

_FEWEST_BYTES = 600
_SIGNATURES = 8
_LOOKED_AT = 240  # users: the tests among those of a popular file may come late
_COMMITS = 8
_OBSERVATIONS = 6
_PROVING = re.compile(r"test|spec|bench", re.IGNORECASE)
_EXTRAS_SHARE = 5  # at most a fifth of what is left goes to everything but the file itself


def build(tree: Tree, job: Job, limits: Limits) -> Material:
    """The prompt for one kind of note about one subject; a pass is shown the notes so far.

    The order is from what never changes to what changes most, and the task comes last: the
    kinds share all that precedes it, which providers that cache prompts charge less for.
    """
    so_far = known.at(tree, job, limits)
    if folders.is_folder(job.subject.path):
        return outline.build(tree, job, limits, so_far)
    file = _known(tree.db, tree.id, job.subject)
    lines, redactions = lines_of(tree.root, job.subject.path, file.hash)
    code, ranges = _code(tree, job.subject, _Source(file, lines), limits, so_far)
    task = known.with_task(so_far, prompts.task(job.kind).text, prompts.beginning(job.version))
    prompt = Prompt(
        system=prompts.system().text,
        user=f"{code}\n\n{task}",
        max_tokens=limits.max_output_tokens,
        ranges=tuple((job.subject.path, where) for where in ranges),
        redactions=redactions,
        shared=len(code) if limits.shared else 0,
    )
    return Material(prompt, {job.subject.path: file.hash}, notes=so_far.ids)


class _Source(NamedTuple):
    """A file as the index knows it, and its lines as they may be shown."""

    file: KnownFile
    lines: Sequence[str]


def _room(limits: Limits, so_far: known.Known) -> int:
    """How many bytes of code and of what is told about it go before the task."""
    return limits.input_tokens * 3 - _longest_task(so_far) - size(prompts.system().text) - 64


def _code(
    tree: Tree, subject: Subject, source: _Source, limits: Limits, so_far: known.Known
) -> tuple[str, tuple[Range, ...]]:
    """What is shown of a subject, and which of its lines. Raises ConfigError without room."""
    frame = _frame(subject, source.file)
    room = _room(limits, so_far) - size(frame)
    extras = _extras(tree, subject, names=_names(source.lines), room=room // _EXTRAS_SHARE)
    room -= size(extras)
    if room < _FEWEST_BYTES:
        raise ConfigError(
            f"think.input_tokens = {limits.input_tokens} leaves no room for code",
            hint="2000 is enough for small files, 6000 is the default",
        )
    ranges = _ranges(tree.db, subject, source, room)
    blocks = [shown.block(subject.path, source.lines, where) for where in ranges]
    return "\n\n".join(filter(None, (frame, *blocks, extras))), ranges


def _longest_task(so_far: known.Known) -> int:
    """Room for any kind's task: else the code before a longer one would not be the same."""
    begin = prompts.longest_beginning()
    tasks = (known.with_task(so_far, prompts.task(kind).text, begin) for kind in prompts.KINDS)
    return max(map(size, tasks))


def _known(db: Database, tree_id: int, subject: Subject) -> KnownFile:
    name = clean(subject.path)
    if is_secret_path(subject.path):
        raise UnsendableError(f"{name} may hold secrets and is never sent")
    file = subjects.live_file(db, tree_id, subject.path)
    if file is None:
        raise OutOfDateError(f"{name} is not indexed", hint="see `sleeper status --skipped`")
    if subject.hash != file.node_hash and _symbol(subject, file) is None:
        raise OutOfDateError(f"{name} has changed since it was chosen")
    return file


def _symbol(subject: Subject, file: KnownFile) -> KnownSymbol | None:
    """The definition that is the subject, if it is one and is as it was."""
    for symbol in file.symbols:
        if (symbol.qualified, str(symbol.node_hash)) == (subject.symbol, subject.hash):
            return symbol
    return None


def _names(lines: Sequence[str]) -> set[str]:
    return {name for line in lines for name in identifiers(line)}


def _ranges(db: Database, subject: Subject, source: _Source, room: int) -> tuple[Range, ...]:
    path, (file, lines) = subject.path, source
    symbol = _symbol(subject, file)
    sizes = [size(shown.numbered(at, line)) + 1 for at, line in enumerate(lines)]
    part = size(shown.block(path, lines, Range(len(lines), len(lines)))) + 8
    if symbol is not None:
        alone = [replace(symbol, has_children=False)]
        return excerpt(sizes, alone, seen=(), budget=room, part=part)
    seen = subjects.seen_nodes(db, path, but=file.hash)
    return excerpt(sizes, file.symbols, seen=seen, budget=room, part=part)


def _frame(subject: Subject, file: KnownFile) -> str:
    only = f' only="{shown.label(subject.symbol)}"' if subject.symbol else ""
    return (
        f'<subject path="{shown.label(subject.path)}"{only} language="{file.language}"'
        f' lines="{file.lines}"/>'
    )


def _extras(tree: Tree, subject: Subject, *, names: set[str], room: int) -> str:
    db, tree_id, path = tree.db, tree.id, subject.path
    users = _tests_first(subjects.callers(db, tree_id, path, limit=_LOOKED_AT), subject.symbol)
    used = subjects.callees(db, tree_id, path, names, limit=_SIGNATURES)
    survey = notes.list_notes(
        db, tree_id, path=path, origin=Origin.SURVEY, include_stale=False, limit=_OBSERVATIONS
    )
    groups = (
        ("signatures", [*users, *(_signature("uses", one) for one in used)]),
        ("commands", commands(db, tree_id, tree.root)),
        ("history", subjects.recent_subjects(db, path, limit=_COMMITS)),
        ("observations", [f"{note.title}. {note.body}" for note in survey]),
    )
    share = room // len(groups)
    return "\n\n".join(filter(None, (group(name, facts, share) for name, facts in groups)))


def _tests_first(users: Sequence[Neighbour], symbol: str) -> list[str]:
    """What shows that something works, and how fast, is asked for first; some of each.

    Where the subject is a definition, those that name it come before users of the rest.
    """
    name = symbol.rpartition(".")[2]
    users = sorted(users, key=lambda one: name not in one.name.split(","))
    proving = [one for one in users if _PROVING.search(one.path)]
    others = [one for one in users if not _PROVING.search(one.path)]
    return [
        *(_signature("run by", one) for one in proving[: _SIGNATURES // 2]),
        *(_signature("used by", one) for one in others[:_SIGNATURES]),
    ]


def _signature(relation: str, other: Neighbour) -> str:
    names = ", ".join(sorted(other.name.split(",")))
    return f"{relation} {other.path}:{other.line + 1} {other.signature} ({names})"
