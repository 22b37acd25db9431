"""Which lines of a file are shown when not all of it fits: the definitions that matter most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from repo_sleeper.domain.code import Range
from repo_sleeper.store.subjects import KnownSymbol

_HEAD_SHARE = 4  # the lines above the first definition get at most a quarter
_WORTHWHILE = 3  # a definition cut to fewer lines than this says nothing


@dataclass(frozen=True, slots=True)
class _Piece:
    range: Range
    changed: bool
    references: int


def excerpt(
    sizes: Sequence[int],
    symbols: Sequence[KnownSymbol],
    *,
    seen: Collection[int],
    budget: int,
    part: int = 0,
) -> tuple[Range, ...]:
    """The ranges of lines to show, in order, whose `sizes` add up to at most `budget`.

    Each range costs `part` besides, for what it is delimited with.

    First what no earlier thought has seen as it is now, then what is used most elsewhere. A
    class is taken apart: its first lines and each of its members stand for themselves.
    """
    if sum(sizes) + part <= budget:
        return (Range(0, len(sizes)),)
    page = _Page(sizes, part)
    left = budget - page.take(_head(symbols, len(sizes)), max(budget // _HEAD_SHARE, 1))
    for piece in sorted(_pieces(symbols, seen, len(sizes)), key=_rank):
        left -= page.take(piece.range, left)
    if not symbols:
        page.take(Range(0, len(sizes)), left)
    return _runs(page.shown)


def _head(symbols: Sequence[KnownSymbol], lines: int) -> Range:
    return Range(0, min([lines, *(symbol.range.start for symbol in symbols)]))


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


class _Page:
    """The lines chosen so far."""

    def __init__(self, sizes: Sequence[int], part: int) -> None:
        self._sizes = sizes
        self._part = part
        self.shown: set[int] = set()

    def take(self, wanted: Range, budget: int) -> int:
        """Show as much of the beginning of `wanted` as fits; what it costs."""
        lines: list[int] = []
        cost = 0
        for line in range(wanted.start, wanted.end):
            if line in self.shown:
                continue
            size = self._sizes[line]
            if line - 1 not in self.shown and (not lines or lines[-1] != line - 1):
                size += self._part
            if cost + size > budget:
                break
            cost += size
            lines.append(line)
        if len(lines) < min(_WORTHWHILE, wanted.end - wanted.start):
            return 0
        self.shown.update(lines)
        return cost


def _runs(lines: Collection[int]) -> tuple[Range, ...]:
    runs: list[Range] = []
    for line in sorted(lines):
        if runs and runs[-1].end == line:
            runs[-1] = Range(runs[-1].start, line + 1)
        else:
            runs.append(Range(line, line + 1))
    return tuple(runs)
