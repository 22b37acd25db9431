"""Which commits make fair questions, what they ask and what they should find; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from repo_sleeper.domain.code import Range, Symbol, SymbolKind
from repo_sleeper.words import parts

MAX_TARGETS = 10
MAX_FILES = 30
MIN_WORDS = 3
MANY_TARGETS = 3

# What a commit can be about. Tables of data, prose and locks change along with code and would
# only measure who guesses them.
_SUFFIXES = """
    .bash .c .cc .cjs .clj .cpp .cs .cts .cxx .dart .el .erl .ex .exs .go .groovy .h .hh .hpp .hs
    .hxx .java .jl .js .jsx .kt .kts .lua .m .mjs .ml .mli .mm .mts .nim .php .pl .pm .py .pyi .pyx
    .r .rb .rs .scala .sh .svelte .swift .tcl .ts .tsx .v .vala .vue .zig .zsh
"""
SOURCE_SUFFIXES = frozenset(_SUFFIXES.split())

# Definitions with a body a hunk can lie in; a constant or a field is part of what surrounds it.
_BODIES = frozenset(SymbolKind) - {
    *(SymbolKind.CONSTANT, SymbolKind.DECLARATION, SymbolKind.FIELD, SymbolKind.VARIABLE)
}

_REVERT = re.compile(r"\W*(?:revert|reapply)\b", re.IGNORECASE)
_BUMP = re.compile(
    r"""
    \W*(?:v?\d+\.\d+(?:\.\w+)*\W*$                       # 1.2.3 and nothing else
       |(?:chore\W+|build\W+)?(?:release|publish|prepare|tag|cut|start|begin)\b
            .*\b(?:release\b|version\b|development\b|v?\d+\.\d+)
       |(?:chore|build|ci)\s*\((?:deps|release)[^)]*\)
       |(?:chore|build)\W+(?:release|version)\b
       |(?:release|version)\s+v?\d
       |(?:set|update|increment|increase)\s+(?:the\s+)?version\b
       |(?:auto-?)?bump\b|\S+:\s+bump\b|upgrade\s+\S+\s+(?:from|to)\s+v?\d
       |update\s+(?:dependenc\w+|pre-?commit\s+hooks)\b
       |.*pre-commit[\s.]*(?:ci\b|autoupdate|auto-?fix)
       |.*\bbump\s+\S+\s+from\s+\S+\s+to\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NUMBERS = re.compile(r"\(?(?:\b(?:close[sd]?|fix(?:es|ed)?|refs?|see)\s+)?#\d+\)?", re.IGNORECASE)

_EMPTY = """
    a about after again all also an and any are as at be because been before being but by can could
    did do does doing don for from had has have how if in into is it its just may more most must no
    nor not now of off on once only or other our out over own same should so some such than that
    the their them then there these they this those to too under until up use used using very via
    was we were what when where which while who why will with without would you your s t
"""
STOP_WORDS = frozenset(_EMPTY.split())


class Slice(StrEnum):
    """A set of queries that is looked at separately."""

    ALL = "all"
    NO_LEAK = "no-leak"  # the query does not name a target file
    MULTI = "multi"  # three or more targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A commit as the log tells it, before it is known whether it makes a fair query."""

    oid: str
    parents: tuple[str, ...]
    author: str
    subject: str
    statuses: tuple[tuple[str, str], ...]  # (status letter, path)


@dataclass(frozen=True, slots=True, order=True)
class GoldSymbol:
    """A symbol that the commit changed inside."""

    path: str
    qualified: str
    range: Range

    @property
    def name(self) -> str:
        """Its last name, the one a reader searches for."""
        return re.split(r"[.:#]+", self.qualified)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What would have been asked at `parent`, and what the commit then modified."""

    oid: str
    parent: str
    text: str
    targets: tuple[str, ...]
    symbols: tuple[GoldSymbol, ...] = ()

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Where it counts."""
        found = [Slice.ALL]
        if not leaks(self.text, self.targets):
            found.append(Slice.NO_LEAK)
        if len(self.targets) >= MANY_TARGETS:
            found.append(Slice.MULTI)
        return tuple(found)


def is_source(path: str) -> bool:
    """Whether the file is code that a person edits."""
    return PurePosixPath(path).suffix.lower() in SOURCE_SUFFIXES


def content_words(text: str) -> set[str]:
    """The words that say something: no stop words, no issue numbers, no single letters."""
    words = parts(_NUMBERS.sub(" ", text))
    return {word for word in words if len(word) > 1 and word not in STOP_WORDS}


def query_of(candidate: Candidate) -> Query | None:
    """The query this commit makes, or None when it would not be a fair one."""
    if len(candidate.parents) != 1 or is_routine(candidate.subject, author=candidate.author):
        return None
    if len(candidate.statuses) > MAX_FILES or len(content_words(candidate.subject)) < MIN_WORDS:
        return None
    targets = sorted(
        path for status, path in candidate.statuses if status == "M" and is_source(path)
    )
    if not 1 <= len(targets) <= MAX_TARGETS:
        return None
    return Query(
        oid=candidate.oid,
        parent=candidate.parents[0],
        text=candidate.subject,
        targets=tuple(targets),
    )


def is_routine(subject: str, *, author: str = "") -> bool:
    """A revert, a release, a version bump, or the work of a bot."""
    if author.endswith("[bot]"):
        return True
    return bool(_REVERT.match(subject) or _BUMP.match(subject))


def leaks(text: str, targets: Sequence[str]) -> bool:
    """Whether the query contains a word of a target's file name."""
    asked = set(parts(text))
    return any(asked & set(parts(PurePosixPath(path).stem)) for path in targets)


def existing(query: Query, paths: Collection[str]) -> Query | None:
    """The query with the targets that exist in the index it is asked of; None if none does."""
    kept = tuple(path for path in query.targets if path in paths)
    if not kept:
        return None
    return Query(
        oid=query.oid, parent=query.parent, text=query.text, targets=kept, symbols=query.symbols
    )


def with_symbols(
    query: Query, *, hunks: Mapping[str, Sequence[Range]], symbols: Mapping[str, Sequence[Symbol]]
) -> Query:
    """The query with the symbols its hunks lie in, as they stand in the parent."""
    found: set[GoldSymbol] = set()
    for path in query.targets:
        for hunk in hunks.get(path, ()):
            found |= {_gold(path, symbol) for symbol in around(hunk, symbols.get(path, ()))}
    return Query(
        oid=query.oid,
        parent=query.parent,
        text=query.text,
        targets=query.targets,
        symbols=tuple(sorted(found)),
    )


def around(hunk: Range, symbols: Sequence[Symbol]) -> set[Symbol]:
    """The innermost symbol that contains the hunk; one that spans several touches each of them.

    An insertion is an empty range; it is inside a symbol only strictly between its lines.
    """
    bodies = [symbol for symbol in symbols if symbol.kind in _BODIES]
    if hunk.start == hunk.end:
        holding = [one for one in bodies if one.range.start < hunk.start < one.range.end]
        return _innermost(holding)
    holding = [one for one in bodies if one.range.start <= hunk.start and hunk.end <= one.range.end]
    if holding:
        return _innermost(holding)
    lines = range(hunk.start, hunk.end)
    return set().union(
        *(_innermost([one for one in bodies if line in one.range]) for line in lines)
    )


def _innermost(symbols: Sequence[Symbol]) -> set[Symbol]:
    if not symbols:
        return set()
    return {min(symbols, key=lambda one: (one.range.end - one.range.start, -one.range.start))}


def _gold(path: str, symbol: Symbol) -> GoldSymbol:
    return GoldSymbol(path, symbol.qualified, symbol.range)
