"""What a model is shown about a subject: redacted, numbered, delimited, within a budget."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repo_sleeper.domain import NoteKind, Origin, Prompt, Range, Subject, path_to_bytes
from repo_sleeper.errors import ConfigError, SleeperError
from repo_sleeper.redact import clean, is_secret_path, redact
from repo_sleeper.store import notes, subjects
from repo_sleeper.store.database import Database
from repo_sleeper.store.subjects import KnownFile, Neighbour
from repo_sleeper.think import prompts, shown
from repo_sleeper.think.excerpt import excerpt
from repo_sleeper.words import identifiers

_MOST_SECRETS = 10  # a file with more than this is a store of secrets, not code with one in it
_FEWEST_BYTES = 600
_SIGNATURES = 8
_COMMITS = 8
_OBSERVATIONS = 6
_EXTRAS_SHARE = 5  # at most a fifth of what is left goes to everything but the file itself
_LONGEST_FACT = 200
_HARMLESS = "\u2039"  # what stands for "<" where text could otherwise close an element


class UnsendableError(SleeperError):
    """This content is never sent: what it holds, not when it is asked for, is the reason."""


class OutOfDateError(SleeperError):
    """The subject cannot be shown as it was indexed; after the next reconcile it can."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a prompt and its answer may be, in tokens."""

    input_tokens: int
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class Material:
    """A prompt, and the content hash of each file it shows."""

    prompt: Prompt
    contents: dict[str, str] = field(default_factory=dict)


def build(  # noqa: PLR0913 -- a place, a subject and a limit, each by name
    db: Database,
    *,
    tree_id: int,
    root: Path,
    subject: Subject,
    kind: NoteKind,
    limits: Limits,
) -> Material:
    """The prompt for one kind of note about one file.

    The order is from what never changes to what changes most, and the task comes last: the
    kinds share all that precedes it, which providers that cache prompts charge less for.
    """
    file = _known(db, tree_id, subject)
    lines, redactions = _lines(_read(root, subject.path, file), clean(subject.path))
    task, system = prompts.task(kind).text, prompts.system().text
    frame = _frame(subject.path, file)
    room = limits.input_tokens * 3 - _size(system, task, frame) - 64
    extras = _extras(db, tree_id, subject.path, _names(lines), room // _EXTRAS_SHARE)
    room -= _size(extras)
    if room < _FEWEST_BYTES:
        raise ConfigError(
            f"think.input_tokens = {limits.input_tokens} leaves no room for code",
            hint="2000 is enough for small files, 6000 is the default",
        )
    ranges = _ranges(db, subject.path, file, lines, room)
    blocks = [shown.block(subject.path, lines, where) for where in ranges]
    prompt = Prompt(
        system=system,
        user="\n\n".join(filter(None, (frame, *blocks, extras, task))),
        max_tokens=limits.max_output_tokens,
        ranges=tuple((subject.path, where) for where in ranges),
        redactions=redactions,
    )
    return Material(prompt, {subject.path: file.hash})


def _known(db: Database, tree_id: int, subject: Subject) -> KnownFile:
    name = clean(subject.path)
    if is_secret_path(subject.path):
        raise UnsendableError(f"{name} may hold secrets and is never sent")
    file = subjects.live_file(db, tree_id, subject.path)
    if file is None:
        raise OutOfDateError(f"{name} is not indexed", hint="see `sleeper status --skipped`")
    if file.node_hash != subject.hash:
        raise OutOfDateError(f"{name} has changed since it was chosen")
    return file


def _read(root: Path, path: str, file: KnownFile) -> bytes:
    try:
        data = _regular(os.path.join(os.fsencode(root), path_to_bytes(path)))  # noqa: PTH118
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest()[:32] != file.hash:
        raise OutOfDateError(f"{clean(path)} has changed since it was indexed")
    return data


def _regular(name: bytes) -> bytes:
    """What is in a regular file; nothing of a link, and no waiting for a pipe."""
    opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return b""
        with os.fdopen(opened, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(opened)


def _lines(data: bytes, name: str) -> tuple[list[str], int]:
    """The lines as they may be shown, and how many secrets were taken out."""
    text, secrets = redact(data.decode("utf-8", "replace"))
    if secrets > _MOST_SECRETS:
        raise UnsendableError(f"{name} holds {secrets} secrets and is never sent")
    if not text.strip():
        raise UnsendableError(f"{name} is empty")
    lines = [shown.line_text(clean(line)) for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    return lines, secrets


def _names(lines: Sequence[str]) -> set[str]:
    return {name for line in lines for name in identifiers(line)}


def _ranges(
    db: Database, path: str, file: KnownFile, lines: Sequence[str], room: int
) -> tuple[Range, ...]:
    sizes = [_size(shown.numbered(at, line)) + 1 for at, line in enumerate(lines)]
    part = _size(shown.block(path, lines, Range(len(lines), len(lines)))) + 8
    seen = subjects.seen_nodes(db, path)
    return excerpt(sizes, file.symbols, seen=seen, budget=room, part=part)


def _frame(path: str, file: KnownFile) -> str:
    return f'<subject path="{shown.label(path)}" language="{file.language}" lines="{file.lines}"/>'


def _extras(db: Database, tree_id: int, path: str, names: set[str], room: int) -> str:
    users = subjects.callers(db, tree_id, path, limit=_SIGNATURES)
    used = subjects.callees(db, tree_id, path, names, limit=_SIGNATURES)
    near = [_signature("used by", n) for n in users] + [_signature("uses", n) for n in used]
    survey = notes.list_notes(
        db, tree_id, path=path, origin=Origin.SURVEY, include_stale=False, limit=_OBSERVATIONS
    )
    groups = (
        ("signatures", near),
        ("history", subjects.recent_subjects(db, path, limit=_COMMITS)),
        ("observations", [f"{note.title}. {note.body}" for note in survey]),
    )
    return "\n\n".join(filter(None, (_group(name, facts, room // 3) for name, facts in groups)))


def _signature(relation: str, other: Neighbour) -> str:
    names = ", ".join(sorted(other.name.split(",")))
    return f"{relation} {other.path}:{other.line + 1} {other.signature} ({names})"


def _group(name: str, facts: Sequence[str], room: int) -> str:
    """One line for each fact, as many as fit; none of them can close the element."""
    body, left = [], room
    for fact in facts:
        text = redact(" ".join(clean(fact).split()))[0].replace("<", _HARMLESS)[:_LONGEST_FACT]
        left -= _size(text) + 3
        if left < 0:
            break
        body.append(f"- {text}")
    return "\n".join((f"<{name}>", *body, f"</{name}>")) if body else ""


def _size(*texts: str) -> int:
    return sum(len(text.encode()) for text in texts)
