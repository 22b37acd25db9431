"""The lines of a file that matter most to a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.recall.question import held

_WHOLE = 16  # lines: what is this short is shown whole
_AROUND = 2  # lines kept on either side of one that matches
_MOST = 14
_HEAD = 8  # lines that a signature may take
_OPENS = (":", "{", "=>")
_WIDTH = 160
_END = r"end(?:block|case|def|for|foreach|function|if|switch|while)?"
_CLOSING = re.compile(rf"\W*(?:(?:begin|do|done|else|{_END}|esac|fi|then)\b\W*)*")


class Excerpt(NamedTuple):
    """Lines of a file, each with its 0-based number; there may be gaps between them.

    `line` is the one that the question is about, which is there however few of them are shown.
    """

    path: str
    lines: tuple[tuple[int, str], ...]
    line: int | None = None

    @property
    def range(self) -> Range:
        """From the first line shown to the last."""
        return Range(self.lines[0][0], self.lines[-1][0] + 1)


def excerpt(
    path: str,
    source: Sequence[str],
    place: Range,
    words: Sequence[str],
    *,
    line: int | None = None,
) -> Excerpt | None:
    """The head of a place and the lines of it that have the question's words; `line` before all.

    None when the place does not lie within the source or says nothing: a lone `end` or `}`.
    """
    inside = range(place.start, min(place.end, len(source)))
    chosen = _chosen(source, inside, words, line)
    while chosen and not source[chosen[-1]].strip():
        chosen.pop()
    if all(_CLOSING.fullmatch(source[line]) for line in chosen):
        return None
    lines = tuple((number, source[number].rstrip()[:_WIDTH]) for number in chosen)
    return Excerpt(path, lines, line if line in chosen else None)


def line_that_says(source: Sequence[str], place: Range, said: str) -> int | None:
    """The line of a place that has most of the words, the first of several."""
    words = said.lower().split()
    inside = range(place.start, min(place.end, len(source)))
    counts = {line: len(held(source[line], words)) for line in inside}
    best = max(counts, key=lambda line: (counts[line], -line), default=None)
    return best if best is not None and counts[best] else None


def _chosen(
    source: Sequence[str], inside: range, words: Sequence[str], line: int | None
) -> list[int]:
    if len(inside) <= _WHOLE:
        return list(inside)
    worth = _worth(source, inside, words)
    if line is not None:
        worth[line] = math.inf
    if not worth:
        return list(inside[:_MOST])
    chosen = set(_head(source, inside))
    for at in sorted(worth, key=lambda one: (-worth[one], one)):
        around = set(range(max(at - _AROUND, inside[0]), min(at + _AROUND + 1, inside[-1] + 1)))
        if len(chosen | around) > _MOST:
            break
        chosen |= around
    holes = {line for line in inside if {line - 1, line + 1} <= chosen}
    return sorted(chosen | holes)


def _head(source: Sequence[str], inside: range) -> range:
    """The line that names a definition, or the few until its parameters end."""
    for line in inside[:_HEAD]:
        if source[line].rstrip().endswith(_OPENS):
            return range(inside[0], line + 1)
    return inside[:1]


def _worth(source: Sequence[str], inside: range, words: Sequence[str]) -> dict[int, float]:
    """The lines with any of the words; a word that every other line has says little."""
    has = {line: found for line in inside if (found := held(source[line], words))}
    count = Counter(word for found in has.values() for word in found)
    return {line: sum(1 / count[word] for word in found) for line, found in has.items()}
