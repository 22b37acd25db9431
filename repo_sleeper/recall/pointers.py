"""Which definitions the pointers name: those that match, and what else is there; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.recall.file_kinds import is_aside, is_prose, is_test

_PER_FILE = 10
_PER_OTHER = 5  # of a test, an example, a page: what is asked about is rarely in there
ALSO = 24
_READ_WHOLE = 300  # lines; a longer function is rather a place that others stand in
TELLING = frozenset(
    {
        *(SymbolKind.CLASS, SymbolKind.ENUM, SymbolKind.FUNCTION, SymbolKind.INTERFACE),
        *(SymbolKind.MACRO, SymbolKind.METHOD, SymbolKind.STRUCT, SymbolKind.TRAIT),
        SymbolKind.TYPE,
    }
)


def chosen(symbols: Sequence[SymbolHit], *, wants_tests: bool) -> list[SymbolHit]:
    """The few of each file, best first; what lies inside a function that is shown says little."""
    kept: dict[str, list[SymbolHit]] = {}
    for one in symbols:
        same = kept.setdefault(one.path, [])
        most = _PER_OTHER if is_minor(one.path) and not wants_tests else _PER_FILE
        if len(same) < most and not any(_inside(one, other) for other in same):
            same.append(one)
    return [one for one in symbols if one in kept[one.path]]


def is_minor(path: str) -> bool:
    """Whether a file is about the code rather than the code."""
    return is_test(path) or is_prose(path) or is_aside(path)


def also(largest: Iterable[SymbolHit], shown: Sequence[SymbolHit]) -> tuple[SymbolHit, ...]:
    """What else a file defines: the largest of it, in the order of the file, each name once."""
    known = {one.name.rpartition(".")[2] for one in shown}
    by_name: dict[str, SymbolHit] = {}
    for one in largest:
        name = one.name.rpartition(".")[2]
        if name not in known:
            by_name.setdefault(name, one)
    return tuple(sorted(list(by_name.values())[:ALSO], key=lambda one: (one.range, one.name)))


def grouped(symbols: Iterable[SymbolHit]) -> Mapping[str, list[SymbolHit]]:
    """By the path they are in."""
    found: dict[str, list[SymbolHit]] = {}
    for one in symbols:
        found.setdefault(one.path, []).append(one)
    return found


def _inside(one: SymbolHit, other: SymbolHit) -> bool:
    is_read_whole = other.range.end - other.range.start <= _READ_WHOLE
    if other.kind not in {SymbolKind.FUNCTION, SymbolKind.METHOD} or not is_read_whole:
        return False
    return other.range.start <= one.range.start and one.range.end <= other.range.end
