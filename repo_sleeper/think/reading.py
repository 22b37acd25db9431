"""Files as a prompt may show them: what was indexed, redacted, or a reason why not."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repo_sleeper.domain.model import Prompt
from repo_sleeper.domain.paths import path_to_bytes
from repo_sleeper.domain.text import as_text
from repo_sleeper.errors import SleeperError
from repo_sleeper.redact import MOST_SECRETS, clean, is_secret_path, redact
from repo_sleeper.think import shown

_LONGEST_FACT = 200
_HARMLESS = "\u2039"  # what stands for "<" where text could otherwise close an element


class UnsendableError(SleeperError):
    """This content is never sent: what it holds, not when it is asked for, is the reason."""


class OutOfDateError(SleeperError):
    """The subject cannot be shown as it was indexed; after the next reconcile it can."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a prompt and its answer may be, in tokens.

    `shared` says that others follow which begin alike: then it pays to have a provider keep that.
    """

    input_tokens: int
    max_output_tokens: int
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """A prompt, and what it was made from.

    That is the content hash of each file it shows, the parts a folder is built from, and the ids
    of the notes that a second look works on.
    """

    prompt: Prompt
    contents: dict[str, str] = field(default_factory=dict)
    built_on: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def lines_of(root: Path, path: str, content_hash: str) -> tuple[list[str], int]:
    """The lines as they may be shown, and how many secrets were taken out."""
    name = clean(path)
    if is_secret_path(path):
        raise UnsendableError(f"{name} may hold secrets and is never sent")
    text, secrets = redact(as_text(_read(root, path, content_hash)))
    if secrets > MOST_SECRETS:
        raise UnsendableError(f"{name} holds {secrets} secrets and is never sent")
    if not text.strip():
        raise UnsendableError(f"{name} is empty")
    lines = [shown.line_text(clean(line)) for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    return lines, secrets


def raw_lines_of(root: Path, path: str, content_hash: str) -> list[str]:
    """The lines as they are, in a tenth of the time: to look into, never to show."""
    return as_text(_read(root, path, content_hash)).split("\n")


def _read(root: Path, path: str, content_hash: str) -> bytes:
    try:
        data = _regular(os.path.join(os.fsencode(root), path_to_bytes(path)))  # noqa: PTH118
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest()[:32] != content_hash:
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


def group(name: str, facts: Sequence[str], room: int, *, longest: int = _LONGEST_FACT) -> str:
    """One line for each fact, as many as fit; none of them can close the element."""
    body, left = [], room
    for fact in facts:
        text = _cut(redact(" ".join(clean(fact).split()))[0].replace("<", _HARMLESS), longest)
        left -= size(text) + 3
        if left < 0:
            break
        body.append(f"- {text}")
    return "\n".join((f"<{name}>", *body, f"</{name}>")) if body else ""


def _cut(text: str, longest: int) -> str:
    """At most so long, and not in the middle of a word."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - 1].rpartition(' ')[0] or text[: longest - 1]}\u2026"


def size(*texts: str) -> int:
    """What budgets are counted in."""
    return sum(len(text.encode()) for text in texts)
