"""The texts a model is instructed with: versioned templates, package data."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.errors import UsageError

_SYSTEM = "system"
_FOLDER = "folder"
_RETHINK = "rethink"
_PASS, _SAMPLE = "~p", "~s"
_BEGINNINGS = "sample"
_NUMBERED = re.compile(rf"{_SAMPLE}(\d+)")
_AGAIN = "likely-bug-again"
_REFUTE = "bug-refute"
# What has a template; each kind is asked for alone, so that each can have its own model and price.
KINDS = (
    NoteKind.ARCHITECTURE,
    NoteKind.LIKELY_BUG,
    NoteKind.DEBUGGING_STRATEGY,
    NoteKind.OPTIMIZATION,
)


@dataclass(frozen=True, slots=True)
class Template:
    """An instruction and its version; a new version makes every subject worth another thought."""

    version: str
    text: str


def system() -> Template:
    """What holds for every kind. It comes first and never varies, so that providers cache it."""
    return _template(_SYSTEM)


def task(kind: NoteKind) -> Template:
    """What is asked for one kind."""
    if kind not in KINDS:
        raise UsageError(f"no thoughts of the kind {kind}", hint=f"there are {', '.join(KINDS)}")
    return _template(kind.value)


def folder_task() -> Template:
    """What is asked about a folder: architecture notes on how its parts fit together."""
    return _template(_FOLDER)


def again_task() -> Template:
    """What a second look for bugs is asked, which knows nothing of the first."""
    return _template(_AGAIN)


def refutation() -> Template:
    """What the last look is told, which tries to refute a finding."""
    return _template(_REFUTE)


def rethink_task() -> Template:
    """What is asked besides at a second look: operations on the notes so far."""
    return _template(_RETHINK)


def steps(*, samples: int, passes: int) -> tuple[str, ...]:
    """The looks at one subject in their order, as part of a thought's identity.

    First the samples, which do not see each other, then the passes, which see all notes so far.
    """
    more = (
        f"{_SAMPLE}{number}.{_template(_BEGINNINGS).version}" for number in range(2, samples + 1)
    )
    again = (f"{_PASS}{number}.{rethink_task().version}" for number in range(2, passes + 1))
    return ("", *more, *again)


def beginning(step: str) -> str:
    """Where a further sample is told to begin; "" for any other look.

    Asked the same twice a model says the same twice, which shows nothing. Of ten samples, which
    is the most there may be, no two are asked the same.
    """
    found = _NUMBERED.search(step)
    texts = _beginnings()
    return texts[(int(found[1]) - 2) % len(texts)] if found else ""


def longest_beginning() -> str:
    """What room is left for, so that samples begin alike whichever they are."""
    return max(_beginnings(), key=lambda text: len(text.encode()))


def _beginnings() -> list[str]:
    return _template(_BEGINNINGS).text.splitlines()


def is_pass(step: str) -> bool:
    """Whether this look sees the notes so far and works on them."""
    return _PASS in step


def version(kind: NoteKind) -> str:
    """What a thought of this kind is instructed with, as part of its identity."""
    folder = f".{folder_task().version}" if kind is NoteKind.ARCHITECTURE else ""
    return f"{system().version}.{task(kind).version}{folder}"


def versions(kinds: Collection[NoteKind]) -> dict[NoteKind, str]:
    """The version for each kind."""
    return {kind: version(kind) for kind in kinds}


@cache
def _template(name: str) -> Template:
    file = files("repo_sleeper.think") / "templates" / f"{name}.md"
    header, _, text = file.read_text(encoding="utf-8").partition("\n\n")
    return Template(header.removeprefix("version:").strip(), text.strip())
