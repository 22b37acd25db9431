"""Pieces of a file for the search: cut at definitions, taken apart into words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import sub

from repo_sleeper.index.definitions import SCOPE, Definition
from repo_sleeper.words import parts

LINES_MAX = 60
_LINES_WHOLE = 40  # a class no longer than this stays in one piece
_LINES_OWN = 4  # a definition shorter than this shares a piece with its neighbours
_NAME_MAX = 80
_CACHE_MAX = 50_000
_SHORT = 200  # bytes; a longer piece has other words than these
_CLOSINGS = frozenset({b"done", b"end", b"esac", b"fi"})
_LINE_LONG = 1_000  # characters; then there may be data in it, which nobody would type

_TEXT_MAX = 128 << 10  # bytes of a text; a longer one is a log or a table more often than prose
_CATALOGUE_MAX = 4 << 10
_CATALOGUE = re.compile(rb'^msgid "', re.MULTILINE)
_RUN = re.compile(rb"[\w+/=]{81,}")
_HEADING = re.compile(rb"^(?:#{1,6}[ \t]+(.+)|(\S.*)\n[=\-~^]{3,}[ \t]*)$", re.MULTILINE)
_WITH_ITS_END = (1).__add__  # a function of our own takes four times as long
# Everything that the search's own tokenizer takes for the end of a word, as a space.
_APART = re.sub(rb"[^A-Za-z\d\x80-\xff]", b" ", bytes(range(256)))

# A word that may have parts: one that is more than `total`, `Total`, `TOTAL` or `2`.
_COMPOUND = re.compile(rb" ((?>[A-Z]?[a-z]++|[A-Z]++|\d++|)[^ ]+)")

ChunkRow = tuple[int | None, int, int, str, str, str]
Piece = tuple[int, int, Definition | None]


def text_chunks(data: bytes) -> list[ChunkRow]:
    """Windows of a text that is no code; its headings count as names."""
    text = _beginning(data)
    lines = text.removesuffix(b"\n").split(b"\n")
    if max(map(len, lines)) >= _LINE_LONG:  # as `_typed`, without saying where lines begin
        lines = _RUN.sub(_blank, text).removesuffix(b"\n").split(b"\n")
    rows: list[ChunkRow] = []
    for start in range(0, len(lines), LINES_MAX):
        window = b"\n".join(lines[start : start + LINES_MAX])
        if not window or window.isspace():
            continue
        headings = b" ".join(one[0] or one[1] for one in _HEADING.findall(window))
        end = min(start + LINES_MAX, len(lines))
        rows.append((None, start, end, words(headings), "", words(window)))
    return rows


def _beginning(data: bytes) -> bytes:
    """As much of a text as is worth searching, in whole lines.

    A catalogue of translations says what the code says, once more for each language.
    """
    limit = _CATALOGUE_MAX if _CATALOGUE.search(data, 0, _CATALOGUE_MAX) else _TEXT_MAX
    if len(data) <= limit:
        return data
    return data[: data.rfind(b"\n", 0, limit) + 1 or limit]


def code_chunks(
    data: bytes,
    found: Sequence[Definition],
    *,
    lines: Sequence[int],
    comments: Sequence[tuple[int, int, int]],
    within: tuple[int, int] | None = None,
) -> list[ChunkRow]:
    """Pieces of a source file; `comments` are (row, start, end) of comments and docstrings.

    `within` are the rows to cut, where not all of the file is code.
    """
    prose = _typed(data, lines).translate(_APART)
    code = _without(prose, comments)
    symbols = [one for one in found if one.kind != SCOPE]
    rows = [one.row for one in symbols]
    comment_rows = [row for row, _, _ in comments]
    chunks: list[ChunkRow] = []
    for start, end, owner in _windows(_pieces(symbols, *(within or (0, len(lines) - 1)))):
        body = code[lines[start] : lines[end]]
        said = comments[bisect_left(comment_rows, start) : bisect_left(comment_rows, end)]
        if not said and _only_closes(body):
            continue
        doc = b" ".join([prose[a:b] for _, a, b in said])
        around = [
            one.qualified for one in symbols[bisect_left(rows, start) : bisect_left(rows, end)]
        ]
        place = None
        if owner is not None:
            place = owner.position
            around.append(owner.qualified)
        names = sorted(set(".".join(around).split(".")))
        named = words(" ".join(names).encode())
        chunks.append((place, start, end, named, _with_parts(doc), _with_parts(body)))
    return chunks


def line_offsets(data: bytes) -> list[int]:
    """Where each line begins, and where the last one ends."""
    if not data:
        return [0]
    lengths = map(len, data.removesuffix(b"\n").split(b"\n"))
    offsets = list(accumulate(map(_WITH_ITS_END, lengths), initial=0))
    offsets[-1] = len(data)  # whether or not the last line is ended
    return offsets


def _only_closes(body: bytes) -> bool:
    """Whether there is nothing to find: the last lines of a class that is cut at its methods."""
    return body.isspace() or (len(body) < _SHORT and _CLOSINGS.issuperset(body.split()))


class _Parts(dict[bytes, str]):
    """Word -> what it is made of; remembers, because the same come again and again."""

    def __missing__(self, word: bytes) -> str:
        if len(self) > _CACHE_MAX:
            self.clear()
        apart = self[word] = _apart(word.decode("utf-8", "replace"))
        return apart


_parts_of = _Parts()


def words(text: bytes) -> str:
    """The words of a text as the search's tokenizer parts them, then the parts of camel case."""
    return _with_parts(text.translate(_APART))


def _with_parts(text: bytes) -> str:
    # The hot path of a first index: nothing in it is done in Python for each word, and most
    # words are passed by without being looked up.
    apart = b" ".join(text.split())
    extra = " ".join(filter(None, map(_parts_of.__getitem__, _COMPOUND.findall(b" " + apart))))
    plain = apart.decode("utf-8", "replace")
    return f"{plain} {extra}" if extra else plain


def _apart(word: str) -> str:
    if len(word) > _NAME_MAX:
        return ""
    found = parts(word)
    if len(found) < 2:  # noqa: PLR2004 -- it is its only part
        return ""
    return " ".join(part for part in found if len(part) > 1 or not part.isascii())


def _typed(data: bytes, lines: Sequence[int]) -> bytes:
    """The same without long runs of characters, such as encoded pictures; places stay."""
    if max(map(sub, lines[1:], lines), default=0) < _LINE_LONG:
        return data
    return _RUN.sub(_blank, data)


def _blank(run: re.Match[bytes]) -> bytes:
    return b" " * (run.end() - run.start())


# --- where to cut -----------------------------------------------------------------------------


def _pieces(symbols: Sequence[Definition], start: int, end: int) -> list[Piece]:
    """Consecutive pieces that cover the file, each with the definition it is, if it is one."""
    children: dict[int | None, list[Definition]] = {}
    for one in symbols:
        owner = one.owner
        children.setdefault(None if owner is None else owner.position, []).append(one)
    return list(_cut(children, None, start, end))


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


def _without(data: bytes, comments: Sequence[tuple[int, int, int]]) -> bytes:
    if not comments:
        return data
    blank = bytearray(data)
    for _, start, end in comments:
        blank[start:end] = b" " * (end - start)
    return bytes(blank)
