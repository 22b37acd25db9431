"""Which lines of a file are shown when not all of it fits: the definitions that matter most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from repo_sleeper.domain import Range
from repo_sleeper.store.subjects import KnownSymbol

_HEAD_SHARE = 4  # the lines above the first definition get at most a quarter
_WORTHWHILE = 3  # a definition cut to fewer lines than this says nothing


@dataclass(frozen=True, slots=True)
class _Piece:
    range: Range
    changed: bool
    references: int


def excerpt(
    sizes: Sequence[int], symbols: Sequence[KnownSymbol], *, seen: Collection[int], budget: int
) -> tuple[Range, ...]:
    """The ranges of lines to show, in order, whose `sizes` add up to at most `budget`.

    First what no earlier thought has seen as it is now, then what is used most elsewhere. A
    class is taken apart: its first lines and each of its members stand for themselves.
    """
    if sum(sizes) <= budget:
        return (Range(0, len(sizes)),)
    shown: set[int] = set()
    head = _head(symbols, len(sizes))
    left = budget - _take(shown, sizes, head, min(budget, max(budget // _HEAD_SHARE, 1)))
    for piece in sorted(_pieces(symbols, seen, len(sizes)), key=_rank):
        left -= _take(shown, sizes, piece.range, left)
    if not symbols:
        _take(shown, sizes, Range(0, len(sizes)), left)
    return _runs(shown)


def _head(symbols: Sequence[KnownSymbol], lines: int) -> Range:
    return Range(0, min((s.range.start for s in symbols), default=lines))


def _pieces(symbols: Sequence[KnownSymbol], seen: Collection[int], lines: int) -> list[_Piece]:
    starts = sorted(symbol.range.start for symbol in symbols)
    found = []
    for symbol in symbols:
        end = min(symbol.range.end, lines)
        if symbol.has_children:
            end = min(end, next((s for s in starts if s > symbol.range.start), end))
        where = Range(symbol.range.start, end)
        found.append(_Piece(where, symbol.node_hash not in seen, symbol.references))
    return found


def _rank(piece: _Piece) -> tuple[bool, int, Range]:
    return (not piece.changed, -piece.references, piece.range)


def _take(shown: set[int], sizes: Sequence[int], wanted: Range, budget: int) -> int:
    """Show as much of the beginning of `wanted` as fits; what it costs."""
    lines, cost = [], 0
    for line in range(wanted.start, wanted.end):
        if line in shown:
            continue
        if cost + sizes[line] > budget:
            break
        cost += sizes[line]
        lines.append(line)
    whole = len(lines) == wanted.end - wanted.start
    if not whole and len(lines) < _WORTHWHILE:
        return 0
    shown.update(lines)
    return cost


def _runs(lines: Collection[int]) -> tuple[Range, ...]:
    runs: list[Range] = []
    for line in sorted(lines):
        if runs and runs[-1].end == line:
            runs[-1] = Range(runs[-1].start, line + 1)
        else:
            runs.append(Range(line, line + 1))
    return tuple(runs)
