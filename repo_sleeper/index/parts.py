"""Syntax to rows: what was parsed at once, and what several such parts of one file give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from tree_sitter import Node

from repo_sleeper.domain.statements import pack
from repo_sleeper.index.chunks import code_chunks, line_offsets
from repo_sleeper.index.definitions import Definition, definitions, signature
from repo_sleeper.index.doc_comments import document
from repo_sleeper.index.hashes import Tokens
from repo_sleeper.index.references import ReferenceRow, imports, references
from repo_sleeper.index.rows import Rows, SymbolRow
from repo_sleeper.index.statements import statements
from repo_sleeper.index.syntax import Captures, Span, parse


class Part(NamedTuple):
    """One parsed piece of a file; most files are one."""

    language: str
    root: Node
    captures: Captures
    found: list[Definition]


def part_of(
    data: bytes, language: str, spans: Sequence[Span] = (), *, lines: Sequence[int] = ()
) -> Part:
    """Parse the spans, or everything."""
    root, captures = parse(data, language, spans, lines=lines)
    found = definitions(data, captures)
    document(data, found, captures)
    return Part(language, root, captures, found)


def numbered(parts: Iterable[Part]) -> None:
    """Give the symbols of parts in order the positions that they have in the file."""
    symbols = (one for part in parts for one in part.found if one.position is not None)
    for position, one in enumerate(symbols):
        one.position = position


def code_rows(data: bytes, language: str) -> Rows:
    """A file in one language."""
    part = part_of(data, language)
    lines = line_offsets(data)
    rows = rows_of(data, [part], lines=lines)
    chunks = code_chunks(data, part.found, lines=lines, comments=prose_of([part]))
    return rows._replace(chunks=chunks)


def rows_of(data: bytes, parts: Sequence[Part], *, lines: Sequence[int]) -> Rows:
    """Everything but the chunks."""
    comments = [
        (node.start_byte, node.end_byte)
        for part in parts
        for node in part.captures.get("comment", ())
    ]
    found = [one for part in parts for one in part.found]
    outermost = _outermost(found)
    others = [one for part in parts for one in statements(part.root, outermost)]
    tokens = Tokens(
        data,
        cuts=chain(
            (cut for one in found for cut in (one.start, one.end)),
            (cut for one in others for span in one.spans for cut in span),
        ),
        comments=comments,
        strings=[node for part in parts for node in part.captures.get("string", ())],
    )
    return Rows(
        len(lines) - 1,
        tokens.hash(0, len(data)),
        tokens.hash_outside(outermost),
        [_symbol(data, one, tokens, comments) for one in found if one.position is not None],
        merged([references(data, one.found, one.captures, lines=lines) for one in parts]),
        [row for one in parts for row in imports(data, one.captures)],
        chunks=[],
        has_error=any(one.root.has_error for one in parts),
        statements=pack(one.hashed(tokens) for one in others),
    )


def merged(rows: Sequence[list[ReferenceRow]]) -> list[ReferenceRow]:
    """One row for each name, whichever parts use it."""
    if len(rows) == 1:
        return rows[0]
    places: dict[str, list[str]] = {}
    for name, uses in (row for part in rows for row in part):
        places.setdefault(name, []).append(uses[1:-1])
    return [(name, f"[{','.join(uses)}]") for name, uses in places.items()]


def prose_of(parts: Iterable[Part]) -> list[tuple[int, int, int]]:
    """Row, start and end of every comment and docstring, in order."""
    return sorted(
        (node.start_point.row, node.start_byte, node.end_byte)
        for part in parts
        for capture in ("comment", "doc")
        for node in part.captures.get(capture, ())
    )


def _outermost(found: Sequence[Definition]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for one in found:
        if one.position is not None and (not ranges or one.start >= ranges[-1][1]):
            ranges.append((one.start, one.end))
    return ranges


def _symbol(
    data: bytes, one: Definition, tokens: Tokens, comments: list[tuple[int, int]]
) -> SymbolRow:
    owner = one.owner
    return (
        one.name,
        one.qualified,
        one.kind,
        one.row,
        one.end_row,
        tokens.hash(one.start, one.end),
        None if owner is None else owner.position,
        signature(data, one, comments),
        one.doc,
    )
