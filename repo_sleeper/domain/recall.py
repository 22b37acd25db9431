"""What a question gets."""

from __future__ import annotations

from typing import NamedTuple

from repo_sleeper.domain.answers import Answered
from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.notes import Note


class FileHit(NamedTuple):
    """A file worth opening, with its score in 0..1 and the reasons in words."""

    path: str
    score: float
    why: tuple[str, ...] = ()


class SymbolHit(NamedTuple):
    """A definition worth reading."""

    path: str
    name: str
    kind: SymbolKind
    range: Range
    score: float
    signature: str = ""


class Context(NamedTuple):
    """What a question gets: the packed text and what it was made from."""

    query: str
    root: str
    commit: str
    budget: int
    tokens: int
    files: tuple[FileHit, ...]
    symbols: tuple[SymbolHit, ...]
    notes: tuple[Note, ...]
    text: str
    warnings: tuple[str, ...] = ()
    fact: Answered | None = None  # what the index alone says, where the question asks for that
