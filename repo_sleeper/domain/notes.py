"""Notes with their evidence, and the drafts and operations a reply asks for."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from repo_sleeper.domain.code import Range


class NoteKind(StrEnum):
    """What a note says. The first five may come from a model."""

    ARCHITECTURE = "architecture"
    LIKELY_BUG = "likely-bug"
    DEBUGGING_STRATEGY = "debugging-strategy"
    OPTIMIZATION = "optimization"
    QUESTION = "question"
    HOTSPOT = "hotspot"
    CO_CHANGE = "co-change"
    CYCLE = "cycle"
    TEST_MAP = "test-map"
    ENTRY_POINT = "entry-point"
    FIX_PRONE = "fix-prone"
    LAYERS = "layers"
    OVERSIZED = "oversized"
    DEAD_LOOKING = "dead-looking"
    ENVIRONMENT = "environment"
    TODO = "todo"


class Origin(StrEnum):
    """Who says so: our own counting, or a model."""

    SURVEY = "survey"
    MODEL = "model"


class Anchor(StrEnum):
    """What must be unchanged for evidence to be fresh."""

    NODE = "node"  # a symbol with this node hash exists
    STATEMENT = "statement"  # a statement with this hash is outside all symbols of the file
    MODULE = "module"  # a file whose code outside its symbols has this hash exists
    FILE = "file"  # a file with this content hash exists
    PATH = "path"  # the path exists; for notes that are counted afresh anyway


class Evidence(NamedTuple):
    """A quote, its place, and the hash that must still be there.

    `hash` is the node hash or module hash in decimal, a statement's as `domain.statements` has
    it, the content hash in hex, or empty, according to `anchor`.
    """

    path: str
    range: Range
    quote: str
    anchor: Anchor = Anchor.PATH
    hash: str = ""
    symbol: str = ""


class Note(NamedTuple):
    """A grounded claim. `fresh` is decided when it is read, never stored."""

    id: str
    kind: NoteKind
    title: str
    body: str
    confidence: float
    origin: Origin
    evidence: tuple[Evidence, ...]
    subject: str = ""
    commit: str = ""
    created_at: float = 0.0
    version: int = 1
    hypothesis: bool = False
    fresh: bool = True
    thought: int | None = None

    @property
    def place(self) -> tuple[str, str]:
        """The path and the symbol of its subject, which is written `path` or `path::symbol`.

        A path may have such colons too, so what is cited tells where it ends.
        """
        cited = {one.path for one in self.evidence}
        if self.subject in cited:
            return self.subject, ""
        for path in sorted(cited, key=len, reverse=True):
            if self.subject.startswith(f"{path}::"):
                return path, self.subject.removeprefix(f"{path}::")
        path, _, symbol = self.subject.partition("::")
        return path, symbol


class DraftEvidence(NamedTuple):
    """Where a model says its proof is: a 1-based line and a verbatim quote."""

    path: str
    line: int
    quote: str


class Draft(NamedTuple):
    """An untrusted claim, exactly as the reply has it."""

    kind: NoteKind
    title: str
    body: str
    confidence: float
    evidence: tuple[DraftEvidence, ...]


class Revision(NamedTuple):
    """What a note should say instead."""

    id: str
    draft: Draft


class Retirement(NamedTuple):
    """That a note is wrong, and the lines that show it."""

    id: str
    why: str
    evidence: tuple[DraftEvidence, ...]


class Operations(NamedTuple):
    """What a reply asks for: new notes, and what to do with those it was shown."""

    added: tuple[Draft, ...] = ()
    revised: tuple[Revision, ...] = ()
    retired: tuple[Retirement, ...] = ()


def note_id(kind: NoteKind, *about: str) -> str:
    """The id of a note: the same kind about the same thing is a new version, not a new note."""
    from hashlib import sha256  # 2 ms, and a question makes no notes

    key = "\0".join((kind.value, *about))
    return sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:12]
