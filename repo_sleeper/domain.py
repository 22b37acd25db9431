"""Range, Symbol, Evidence, Note, Thought ...: frozen values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

# --- paths ------------------------------------------------------------------------------------

# A file name is bytes; we want it in text columns and JSON. Each byte that is not UTF-8 becomes
# one character of this private range, and so does each byte of a name that really holds such a
# character, so the mapping is one to one and every path we hold can be stored and compared.
_ESCAPE = 0x10FF00
_SURROGATES = range(0xDC80, 0xDD00)  # what Python makes of bytes that are not UTF-8


def path_from_bytes(raw: bytes) -> str:
    """The path as we hold it: text that can be stored, one to one with the bytes of the name."""
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text
    return "".join(_escaped(char) for char in text)


def path_to_bytes(path: str) -> bytes:
    """The name to give to the operating system; the inverse of `path_from_bytes`."""
    if path.isascii():
        return path.encode()
    return b"".join(
        bytes([ord(char) - _ESCAPE]) if ord(char) >= _ESCAPE else char.encode() for char in path
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if code in _SURROGATES:
        return chr(_ESCAPE + code - 0xDC00)
    if code >= _ESCAPE:
        return "".join(chr(_ESCAPE + byte) for byte in char.encode())
    return char


# --- places in files --------------------------------------------------------------------------


class Range(NamedTuple):
    """Lines of a file: 0-based, end-exclusive. Printed 1-based."""

    start: int
    end: int

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.start <= line < self.end


# --- 1 watch ----------------------------------------------------------------------------------


class Signature(NamedTuple):
    """What `lstat` says of a file; when it is unchanged the content is taken as unchanged.

    ctime and inode are part of it because size and mtime can both be restored.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class SkipReason(StrEnum):
    """Why a file is not indexed. Shown by `sleeper status --skipped`."""

    BINARY = "binary"
    GENERATED = "generated"
    LOCK_FILE = "lock-file"
    MINIFIED = "minified"
    NOT_REGULAR = "not-regular"
    SECRET = "secret"  # noqa: S105 -- a reason, not a secret
    SETTINGS = "ignored-by-settings"
    SUBMODULE = "submodule"
    SYMLINK = "symlink"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    VENDORED = "vendored"
    LFS = "lfs-pointer"
    PARSER_CRASHED = "parser-crashed"
    PARSER_TIMEOUT = "parser-timeout"
    TOO_DEEP = "too-deep"


class Scan(NamedTuple):
    """The tree as it is on disk: what may be indexed, and what may not with the reason.

    `complete` is False when git could not say what is ignored: then nothing may be sent to a
    model. `absent` holds tracked paths that a sparse checkout leaves out: absent, not deleted.
    """

    files: dict[str, Signature]
    skipped: dict[str, SkipReason]
    absent: frozenset[str] = frozenset()
    complete: bool = True


# --- 2 index ----------------------------------------------------------------------------------


class SymbolKind(StrEnum):
    """What a definition is, the same words in every language."""

    CLASS = "class"
    CONSTANT = "constant"
    ENUM = "enum"
    FIELD = "field"
    FUNCTION = "function"
    INTERFACE = "interface"
    MACRO = "macro"
    METHOD = "method"
    MODULE = "module"
    STRUCT = "struct"
    TRAIT = "trait"
    TYPE = "type"
    VARIABLE = "variable"


class Symbol(NamedTuple):
    """A definition. `parent` is the position of the enclosing symbol in its file's list.

    `node_hash` is 64 bits (signed, as SQLite stores integers) over the leaf tokens of the syntax
    node, white space and comments left out: it survives reformatting and moves.
    """

    name: str
    qualified: str
    kind: SymbolKind
    range: Range
    node_hash: int
    parent: int | None = None
    signature: str = ""
    doc: str = ""


class Reference(NamedTuple):
    """A name used at a line; `symbol` is the position of the innermost symbol around it."""

    name: str
    kind: str
    line: int
    symbol: int | None = None


class Import(NamedTuple):
    """What a file names from elsewhere, as written: `module` and the names taken from it."""

    line: int
    module: str
    names: tuple[str, ...] = ()


class Chunk(NamedTuple):
    """A piece of a file as the search sees it: three fields of text."""

    range: Range
    names: str
    doc: str
    body: str
    symbol: int | None = None


class ParsedFile(NamedTuple):
    """Everything read from one content; a text file has chunks only.

    `node_hash` covers the whole file, `module_hash` what lies outside its top-level symbols;
    both ignore white space and comments like `Symbol.node_hash`.
    """

    language: str
    grammar: str
    lines: int
    node_hash: int
    module_hash: int
    symbols: tuple[Symbol, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    has_error: bool = False


class Changes(NamedTuple):
    """What a reconcile did. `parsed` counts contents never seen before."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    parsed: int = 0
    seconds: float = 0.0

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path whose content is not what it was, in order."""
        return tuple(sorted((*self.added, *self.changed, *self.removed)))


# --- 2b history -------------------------------------------------------------------------------


class Commit(NamedTuple):
    """One commit as `git log` tells it; `author` is a hash, never a name or an address."""

    oid: str
    time: int
    author: str
    subject: str
    body: str = ""
    paths: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()  # (old path, new path)
    is_merge: bool = False


class CoChange(NamedTuple):
    """Of the `touches` commits that changed `path`, `together` changed `other` as well."""

    path: str
    other: str
    together: int
    touches: int

    @property
    def confidence(self) -> float:
        """P(other changes | path changes)."""
        return self.together / self.touches


# --- notes ------------------------------------------------------------------------------------


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
    MODULE = "module"  # a file whose code outside its symbols has this hash exists
    FILE = "file"  # a file with this content hash exists
    PATH = "path"  # the path exists; for notes that are counted afresh anyway


class Evidence(NamedTuple):
    """A quote, its place, and the hash that must still be there.

    `hash` is the node hash or module hash in decimal, the content hash in hex, or empty,
    according to `anchor`.
    """

    path: str
    range: Range
    quote: str
    anchor: Anchor = Anchor.PATH
    hash: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
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


@dataclass(frozen=True, slots=True)
class Revision:
    """What a note should say instead."""

    id: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Retirement:
    """That a note is wrong, and the lines that show it."""

    id: str
    why: str
    evidence: tuple[DraftEvidence, ...]


@dataclass(frozen=True, slots=True)
class Operations:
    """What a reply asks for: new notes, and what to do with those it was shown."""

    added: tuple[Draft, ...] = ()
    revised: tuple[Revision, ...] = ()
    retired: tuple[Retirement, ...] = ()


# --- thoughts ---------------------------------------------------------------------------------


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


# --- the model --------------------------------------------------------------------------------


class Usage(NamedTuple):
    """Tokens of one call as the provider reports them, clamped; `cached` is part of `sent`."""

    sent: int = 0
    received: int = 0
    cached: int = 0


class Price(NamedTuple):
    """US dollars per million tokens; None means nobody knows, never free."""

    sent: float | None = None
    received: float | None = None
    cached: float | None = None

    @property
    def known(self) -> bool:
        """Whether a cost in money can be stated at all."""
        return self.sent is not None and self.received is not None

    def cost(self, usage: Usage) -> float:
        """US dollars for these tokens; 0.0 when the price is unknown."""
        if self.sent is None or self.received is None:
            return 0.0
        cached = self.sent if self.cached is None else self.cached
        fresh = max(usage.sent - usage.cached, 0)
        total = fresh * self.sent + usage.cached * cached + usage.received * self.received
        return total / 1_000_000

    def most(self, usage: Usage) -> float:
        """The most that so many tokens can cost, whatever share of them is cached."""
        return max(self.cost(usage._replace(cached=count)) for count in (0, usage.sent))


class Prompt(NamedTuple):
    """What is sent: one system text and one user text, already redacted.

    `ranges` says which lines of which files the user text shows; `redactions` how many secrets
    were taken out.
    """

    system: str
    user: str
    max_tokens: int
    ranges: tuple[tuple[str, Range], ...] = ()
    redactions: int = 0

    @property
    def estimated_tokens(self) -> int:
        """What it will rather be than not: a third of the UTF-8 bytes, rounded up."""
        return -(-self._size // 3) + 16

    @property
    def most_tokens(self) -> int:
        """What it can be at worst: no tokenizer makes more tokens than bytes.

        The rest is for what a provider's chat format and its JSON mode add to our words.
        """
        return self._size + 512

    @property
    def _size(self) -> int:
        return len(self.system.encode()) + len(self.user.encode())


class Reply(NamedTuple):
    """What came back, verbatim but for characters that cannot be stored.

    `usage` is None when the provider did not say or said nonsense; then the whole reservation
    is what the call cost.
    """

    text: str
    usage: Usage | None
    model: str
    finish: str = "stop"
    seconds: float = 0.0


# --- recall -----------------------------------------------------------------------------------


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


# --- spending and the agenda ------------------------------------------------------------------


class Amount(NamedTuple):
    """What calls have cost, or may cost at worst."""

    usd: float = 0.0
    tokens: int = 0
    calls: int = 0


class Spent(NamedTuple):
    """What counts against the caps of today, of this month and of a subject."""

    day: Amount = Amount()
    month: Amount = Amount()
    subject: Amount = Amount()  # this month, about what the next call is about


class TooDear(str):
    """Why this very call may not be made, while a smaller one or one elsewhere still may."""

    __slots__ = ()


class LastError(NamedTuple):
    """The newest failure of a model call, verbatim but for secrets."""

    kind: str
    message: str
    at: float


class Pause(NamedTuple):
    """Why no call is made. `until` is None when only a person can end it."""

    kind: str
    message: str
    at: float
    until: float | None = None
    failures: int = 0


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


def note_id(kind: NoteKind, *about: str) -> str:
    """The id of a note: the same kind about the same thing is a new version, not a new note."""
    key = "\0".join((kind.value, *about))
    return sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:12]
