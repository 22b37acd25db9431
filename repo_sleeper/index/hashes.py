"""Node hashes: the identity of a piece of syntax, whatever its layout and comments."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from struct import Struct

from tree_sitter import Node

from repo_sleeper.digest import blake2b
from repo_sleeper.index.syntax import END, START

_NUMBER = Struct("<q")
_MARK = b"\x00"
_WORDS_APART = b"\x01"
# Both begin with a plain byte, so that they are looked for at the speed of memchr. White space
# has become single spaces by then, and there is one on either side of a mark.
_GAP = re.compile(rb" (?<=[\w\x80-\xff] )(?=[\w\x80-\xff])")
_CUT_GAP = re.compile(rb"\x00(?<=[\w\x80-\xff] \x00) (?:\x00 )*(?=[\w\x80-\xff])")
_CONTROL = bytes.maketrans(b"\x00\x01", b"  ")


class Tokens:
    """The tokens of a file, from which any range between two cuts can be hashed.

    White space between tokens is dropped, but for one mark where it separates two words, and so
    are comments. String contents count verbatim: they are hashed a second time as written. That
    indentation is syntax in Python is not seen: moving a statement to another level without any
    other change keeps the hash.

    Walking every leaf of the tree would take as long as parsing; this takes a tenth of it.
    """

    def __init__(
        self,
        data: bytes,
        *,
        cuts: Iterable[int],
        comments: Sequence[tuple[int, int]],
        strings: Sequence[Node],
    ) -> None:
        clean = data.translate(_CONTROL) if b"\x00" in data or b"\x01" in data else data
        ordered = sorted({0, len(data), *cuts})
        pieces = _squeezed(clean, ordered, comments).split(_MARK)
        self._flat = b"".join(pieces)
        self._end = len(data)
        self._offsets = dict(zip(ordered, accumulate(map(len, pieces), initial=0), strict=False))
        self._starts, self._strings = _verbatim(data, strings)

    def hash(self, start: int, end: int) -> int:
        """Of the tokens between two cuts."""
        return _hash(self._between(start, end) + _joined(self._strings_in(start, end)))

    def hash_outside(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Of the tokens outside ranges that are in order and apart."""
        starts = [0, *(end for _, end in ranges)]
        ends = [*(start for start, _ in ranges), self._end]
        rest = list(zip(starts, ends, strict=True))
        strings = [one for start, end in rest for one in self._strings_in(start, end)]
        return _hash(b"".join(self._between(*one) for one in rest) + _joined(strings))

    def _between(self, start: int, end: int) -> bytes:
        return self._flat[self._offsets[start] : self._offsets[end]].strip(_WORDS_APART)

    def _strings_in(self, start: int, end: int) -> list[bytes]:
        first = bisect_left(self._starts, start)
        return self._strings[first : bisect_left(self._starts, end, first)]


def _hash(tokens: bytes) -> int:
    number: int = _NUMBER.unpack(blake2b(tokens, digest_size=8).digest())[0]
    return number


def _joined(strings: Sequence[bytes]) -> bytes:
    return b"\x02".join(strings)


def _squeezed(data: bytes, cuts: Sequence[int], comments: Sequence[tuple[int, int]]) -> bytes:
    """The code without comments and layout, a mark at every cut but the first and the last."""
    parts: list[bytes] = []
    at = 0
    comment = iter(comments)
    gone = next(comment, None)
    for cut in cuts[1:]:
        while gone is not None and gone[0] < cut:
            if gone[0] >= at:
                parts += (data[at : gone[0]], b" ")
                at = gone[1]
            gone = next(comment, None)
        if at < cut:
            parts.append(data[at:cut])
            at = cut
        parts.append(b" \x00 ")
    code = b" ".join(b"".join(parts[:-1]).split())
    # Two words with a cut between them are apart, cut or not: what is found must not matter.
    return _CUT_GAP.sub(_WORDS_APART + rb"\g<0>", _GAP.sub(_WORDS_APART, code)).translate(
        None, b" "
    )


def _verbatim(data: bytes, strings: Sequence[Node]) -> tuple[list[int], list[bytes]]:
    starts: list[int] = []
    texts: list[bytes] = []
    done = -1
    for start, end in zip(map(START, strings), map(END, strings), strict=True):
        if start >= done:  # one inside another is part of it
            done = end
            starts.append(start)
            texts.append(data[start:done])
    return starts, texts
