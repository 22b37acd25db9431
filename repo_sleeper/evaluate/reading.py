"""What an injected text shows of which file, read back from the text alone; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from repo_sleeper.evaluate.metrics import Piece

_POINTER = re.compile(r"\d+\. (?P<path>.+?)(?: -- .*)?$")
_NOTE = re.compile(r"- .*; (?P<path>[^;\]]+?)(?::\d+)?(?:, [^\]]*)?\]$")
_CODE = re.compile(r'<file path="(?P<path>[^"]+)" lines="(?P<start>\d+)-\d+">$')
_NUMBERED = re.compile(r" *(?P<number>\d+)\| ")


def pieces(text: str) -> list[Piece]:
    """A packed context, line by line: each line belongs to the file that was named last."""
    found: list[Piece] = []
    path = ""
    for line in text.splitlines(keepends=True):
        path = _path_of(line, path)
        numbered = _NUMBERED.match(line)
        start = int(numbered["number"]) - 1 if numbered else None
        found.append(Piece(path, line, start))
    return found


def _path_of(line: str, current: str) -> str:
    bare = line.rstrip("\n")
    for form in (_CODE, _POINTER, _NOTE):
        if named := form.match(bare):
            return named["path"]
    return "" if bare.startswith("#") else current


def whole_files(
    ranked: Sequence[str],
    texts: Mapping[str, str],
    *,
    budget: int,
    count: Callable[[str], int],
) -> list[Piece]:
    """The files themselves, best first, the last one cut where the budget ends."""
    found: list[Piece] = []
    left = budget
    for path in ranked:
        kept = _fitting(f"{path}\n", texts.get(path, ""), left, count)
        if not kept:
            break
        found += [Piece(path, kept[0]), Piece(path, "".join(kept[1:]), 0)]
        left -= sum(count(line) for line in kept)
    return found


def _fitting(head: str, text: str, room: int, count: Callable[[str], int]) -> list[str]:
    kept = []
    for line in _lines(head, text):
        room -= count(line)
        if room < 0:
            break
        kept.append(line)
    return kept


def _lines(head: str, text: str) -> Iterator[str]:
    yield head
    yield from text.splitlines(keepends=True)
