"""The lines of a file that matter most to a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.recall.question import held

_WHOLE = 16  # lines: what is this short is shown whole
_AROUND = 2  # lines kept on either side of one that matches
_MOST = 14
_WIDTH = 160


class Excerpt(NamedTuple):
    """Lines of a file, each with its 0-based number; there may be gaps between them."""

    path: str
    lines: tuple[tuple[int, str], ...]

    @property
    def range(self) -> Range:
        """From the first line shown to the last."""
        return Range(self.lines[0][0], self.lines[-1][0] + 1)


def excerpt(path: str, source: Sequence[str], place: Range, words: Sequence[str]) -> Excerpt | None:
    """The head of a place and the lines of it that have the question's words.

    None when the place does not lie within the source or holds only white space.
    """
    inside = range(place.start, min(place.end, len(source)))
    chosen = _chosen(source, inside, words)
    while chosen and not source[chosen[-1]].strip():
        chosen.pop()
    if not chosen:
        return None
    return Excerpt(path, tuple((line, source[line].rstrip()[:_WIDTH]) for line in chosen))


def _chosen(source: Sequence[str], inside: range, words: Sequence[str]) -> list[int]:
    if len(inside) <= _WHOLE:
        return list(inside)
    counts = {line: len(held(source[line], words)) for line in inside}
    chosen = {inside[0]}
    for line in sorted(inside, key=lambda one: (-counts[one], one)):
        around = set(range(max(line - _AROUND, inside[0]), min(line + _AROUND + 1, inside[-1] + 1)))
        if not counts[line] or len(chosen | around) > _MOST:
            break
        chosen |= around
    holes = {line for line in inside if {line - 1, line + 1} <= chosen}
    return sorted(chosen | holes)
