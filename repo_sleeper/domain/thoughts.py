"""What is thought about, in which state that is, and what its worth is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from repo_sleeper.domain.notes import NoteKind


class Subject(NamedTuple):
    """What a thought is about. `hash` identifies its normalised syntax: same hash, same thought."""

    path: str
    hash: str
    symbol: str = ""

    @property
    def label(self) -> str:
        """How it is written to a person: `path` or `path::symbol`."""
        return f"{self.path}::{self.symbol}" if self.symbol else self.path


class CallState(StrEnum):
    """Where one model call stands. `unknown` was reserved when we died: it counts in full."""

    RESERVED = "reserved"
    SETTLED = "settled"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ThoughtState(StrEnum):
    """Where one thought stands; `received` has its reply stored but not yet read."""

    RESERVED = "reserved"
    RECEIVED = "received"
    APPLIED = "applied"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A subject not yet thought about for one kind, with what its worth is judged by.

    `coverage` is the share of its symbols that earlier thoughts of this kind have seen as they
    are now; `failures` counts attempts that brought nothing. `expected` is how many of the next
    commits' changes should fall here, `beside` the chance that it changes with what is dirty now,
    `asked` how often questions led here; `hits` and `misses` are notes that were of use, or not.
    `step` is which look at it this is, empty for the first; `looks` how many were before.
    """

    subject: Subject
    kind: NoteKind
    size: int
    churn: float = 0.0
    references: float = 0.0
    coverage: float = 0.0
    dirty_at: float = 0.0
    thought_at: float = 0.0
    failures: int = 0
    expected: float | None = None
    beside: float = 0.0
    asked: float = 0.0
    hits: int = 0
    misses: int = 0
    step: str = ""
    looks: int = 0
