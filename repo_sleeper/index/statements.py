"""Statements of a file that are in none of its symbols: what evidence outside them hangs on."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tree_sitter import Node

from repo_sleeper.digest import blake2b
from repo_sleeper.domain.code import Range
from repo_sleeper.domain.statements import Statement
from repo_sleeper.index.hashes import Tokens
from repo_sleeper.index.syntax import Span

# These only hold what is really at the top: an include guard around a whole header.
_AROUND = frozenset(
    {"preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef"}
    | {"linkage_specification", "declaration_list"}
)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Found(NamedTuple):
    """A statement's rows, and the bytes of it that belong to no symbol."""

    rows: Range
    spans: tuple[Span, ...]

    def hashed(self, tokens: Tokens) -> Statement:
        """With the hash of its tokens."""
        parts = [tokens.hash(*span).to_bytes(8, "little", signed=True) for span in self.spans]
        digest = parts[0] if len(parts) == 1 else blake2b(b"".join(parts), digest_size=8).digest()
        text = b2a_base64(digest[:6], newline=False).translate(_URL_SAFE).decode()
        return Statement(text, self.rows)


def statements(root: Node, symbols: Sequence[Span]) -> list[Found]:
    """The top-level statements below a root; `symbols` are the outermost ones, in order.

    What could not be parsed is no statement: nobody can say where it ends.
    """
    return list(_within(root, _Symbols(symbols)))


class _Symbols:
    """The symbols still ahead, for a walk that only goes forward."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._at = 0

    def inside(self, start: int, end: int) -> list[Span]:
        """Those that share bytes with a node."""
        while self._at < len(self._spans) and self._spans[self._at][1] <= start:
            self._at += 1
        at = self._at
        found = []
        while at < len(self._spans) and self._spans[at][0] < end:
            found.append(self._spans[at])
            at += 1
        return found


def _within(node: Node, symbols: _Symbols) -> Iterator[Found]:
    for child in node.named_children:
        start, end = child.start_byte, child.end_byte
        inner = symbols.inside(start, end)
        if inner and inner[0][0] <= start and inner[0][1] >= end:
            continue
        kind = child.type
        if kind in _AROUND:
            yield from _within(child, symbols)
        elif not (kind.endswith("comment") or child.has_error):
            yield _found(child, inner)


def _found(node: Node, inner: Sequence[Span]) -> Found:
    edges = [node.start_byte, *(edge for span in inner for edge in span), node.end_byte]
    spans = tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)
    first, last = node.start_point.row, node.end_point
    end = last.row + (last.column > 0 or last.row == first)
    return Found(Range(first, end), spans)
