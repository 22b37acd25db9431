"""What one content gives, as plain values: all that can be computed away from the writer."""

from __future__ import annotations

from typing import NamedTuple

SymbolRow = tuple[str, str, str, int, int, int, int | None, str, str]
ReferenceRow = tuple[str, str]  # name, places as JSON
ImportRow = tuple[int, str, str]
ChunkRow = tuple[int | None, int, int, str, str, str]


class Rows(NamedTuple):
    """What one content gives; a plain tuple of plain values, so that it crosses a pipe fast.

    `language` is that of the code in a file that holds other languages; empty where the file's own
    name says it.
    """

    lines: int
    node_hash: int
    module_hash: int
    symbols: list[SymbolRow]
    references: list[ReferenceRow]
    imports: list[ImportRow]
    chunks: list[ChunkRow]
    has_error: bool = False
    language: str = ""
    statements: str = ""  # outside all symbols, as `domain.statements` packs them
