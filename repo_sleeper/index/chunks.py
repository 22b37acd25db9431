"""Pieces of a file for the search: cut at definitions, taken apart into words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from repo_sleeper.index.definitions import SCOPE, Definition
from repo_sleeper.words import parts

LINES_MAX = 60
_LINES_WHOLE = 40  # a class no longer than this stays in one piece
_LINES_OWN = 4  # a definition shorter than this shares a piece with its neighbours
_NAME_MAX = 80
_CACHE_MAX = 50_000

_ASCII_WORD = re.compile(rb"[^\W\d]\w+")
_WORD = re.compile(r"[^\W\d]\w+")
_HEADING = re.compile(rb"^(?:#{1,6}[ \t]+(.+)|(\S.*)\n[=\-~^]{3,}[ \t]*)$", re.MULTILINE)

ChunkRow = tuple[int | None, int, int, str, str, str]
Piece = tuple[int, int, Definition | None]


def text_chunks(data: bytes) -> list[ChunkRow]:
    """Windows of a text that is no code; its headings count as names."""
    lines = data.split(b"\n")
    rows: list[ChunkRow] = []
    for start in range(0, len(lines), LINES_MAX):
        window = b"\n".join(lines[start : start + LINES_MAX])
        body = words(window)
        if body:
            headings = b" ".join(one[0] or one[1] for one in _HEADING.findall(window))
            end = min(start + LINES_MAX, len(lines))
            rows.append((None, start, end, words(headings), "", body))
    return rows


def code_chunks(
    data: bytes,
    found: Sequence[Definition],
    *,
    comments: Sequence[tuple[int, int, int]],
) -> list[ChunkRow]:
    """Pieces of a source file; `comments` are (row, start, end) of comments and docstrings."""
    code, offsets = _without(data, comments), _line_offsets(data)
    symbols = [one for one in found if one.kind != SCOPE]
    rows = [one.row for one in symbols]
    comment_rows = [row for row, _, _ in comments]
    chunks: list[ChunkRow] = []
    for start, end, owner in _windows(_pieces(symbols, len(offsets) - 1)):
        body = words(code[offsets[start] : offsets[end]])
        doc = words(_comment_text(data, comments, comment_rows, start, end))
        if not (body or doc):
            continue
        inside = symbols[bisect_left(rows, start) : bisect_left(rows, end)]
        names = {part for one in inside for part in one.qualified.split(".")}
        if owner is not None:
            names.update(owner.qualified.split("."))
        place = owner.position if owner is not None else None
        chunks.append((place, start, end, words(" ".join(sorted(names)).encode()), doc, body))
    return chunks


class _Words(dict[bytes, str]):
    """Identifier -> its words; remembers, because the same names come again and again."""

    def __missing__(self, name: bytes) -> str:
        if len(self) > _CACHE_MAX:
            self.clear()
        apart = self[name] = _apart(name.decode("utf-8", "replace"))
        return apart


_words_of = _Words()


def words(text: bytes) -> str:
    """Every identifier and word of a text, taken apart, separated by spaces.

    The hot path of a first index: one pass in C over bytes, which is three times as fast as over
    text; only what is not ASCII takes the other way.
    """
    if text.isascii():
        found = _ASCII_WORD.findall(text)
    else:
        found = [name.encode() for name in _WORD.findall(text.decode("utf-8", "replace"))]
    return " ".join(filter(None, map(_words_of.__getitem__, found)))


def _apart(name: str) -> str:
    if len(name) > _NAME_MAX:
        return ""
    found = [part for part in parts(name) if len(part) > 1 or not part.isascii()]
    whole = name.lower()
    if len(found) > 1 and "_" not in name:  # at an underscore the search splits by itself
        found.append(whole)
    return " ".join(found)


# --- where to cut -----------------------------------------------------------------------------


def _pieces(symbols: Sequence[Definition], lines: int) -> list[Piece]:
    """Consecutive pieces that cover the file, each with the definition it is, if it is one."""
    children: dict[int | None, list[Definition]] = {}
    for one in symbols:
        owner = one.owner
        children.setdefault(None if owner is None else owner.position, []).append(one)
    return list(_cut(children, None, 0, lines))


def _cut(
    children: dict[int | None, list[Definition]], owner: Definition | None, start: int, end: int
) -> Iterator[Piece]:
    at = start
    for one in children.get(None if owner is None else owner.position, ()):
        first, last = max(one.top_row, at), min(one.end_row, end)
        if last - first < _LINES_OWN:
            continue
        if at < first:
            yield at, first, owner
        if last - first > _LINES_WHOLE and one.kind not in ("function", "method"):
            yield from _cut(children, one, first, last)
        else:
            yield first, last, one
        at = last
    if at < end:
        yield at, end, owner


def _windows(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for start, end, owner in pieces:
        for first in range(start, end, LINES_MAX):
            yield first, min(first + LINES_MAX, end), owner


# --- text -------------------------------------------------------------------------------------


def _line_offsets(data: bytes) -> list[int]:
    offsets = [0]
    at = data.find(b"\n")
    while at >= 0:
        offsets.append(at + 1)
        at = data.find(b"\n", at + 1)
    if offsets[-1] != len(data):
        offsets.append(len(data))
    return offsets


def _without(data: bytes, comments: Sequence[tuple[int, int, int]]) -> bytes:
    if not comments:
        return data
    blank = bytearray(data)
    for _, start, end in comments:
        blank[start:end] = b" " * (end - start)
    return bytes(blank)


def _comment_text(
    data: bytes,
    comments: Sequence[tuple[int, int, int]],
    rows: Sequence[int],
    start: int,
    end: int,
) -> bytes:
    inside = comments[bisect_left(rows, start) : bisect_left(rows, end)]
    return b"\n".join([data[a:b] for _, a, b in inside])
