"""Node hashes: the identity of a piece of syntax, whatever its layout and comments."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from tree_sitter import Node

from repo_sleeper.index.syntax import END, START

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
        self._cuts = sorted({0, len(data), *cuts})
        pieces = _squeezed(clean, self._cuts, comments).split(_MARK)
        self._flat = b"".join(pieces)
        self._offsets = [0]
        for piece in pieces:
            self._offsets.append(self._offsets[-1] + len(piece))
        self._starts, self._strings = _verbatim(data, strings)

    def hash(self, start: int, end: int) -> int:
        """Of the tokens between two cuts."""
        return self.hash_of([(start, end)])

    def hash_of(self, ranges: Iterable[tuple[int, int]]) -> int:
        """Of the tokens in several ranges between cuts, one after the other."""
        state = blake2b(digest_size=8)
        strings: list[bytes] = []
        for start, end in ranges:
            state.update(self._flat[self._offset(start) : self._offset(end)].strip(_WORDS_APART))
            first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
            strings += self._strings[first:last]
        state.update(b"\x02".join(strings))
        return int.from_bytes(state.digest(), "little", signed=True)

    def hash_outside(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Of the tokens outside ranges that are in order and apart."""
        rest = []
        at = 0
        for start, end in ranges:
            rest.append((at, start))
            at = end
        rest.append((at, self._cuts[-1]))
        return self.hash_of(rest)

    def _offset(self, cut: int) -> int:
        return self._offsets[bisect_left(self._cuts, cut)]


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
