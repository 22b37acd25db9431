"""What the index reads from one content: symbols, references, imports, chunks."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Range(NamedTuple):
    """Lines of a file: 0-based, end-exclusive. Printed 1-based."""

    start: int
    end: int

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.start <= line < self.end


class SymbolKind(StrEnum):
    """What a definition is, the same words in every language."""

    CLASS = "class"
    CONSTANT = "constant"
    DECLARATION = "declaration"  # a prototype: the definition is elsewhere
    ENUM = "enum"
    FIELD = "field"
    FUNCTION = "function"
    INTERFACE = "interface"
    MACRO = "macro"
    METHOD = "method"
    MODULE = "module"
    STRUCT = "struct"
    TRAIT = "trait"
    TYPE = "type"
    VARIABLE = "variable"


class Symbol(NamedTuple):
    """A definition. `parent` is the position of the enclosing symbol in its file's list.

    `node_hash` is 64 bits (signed, as SQLite stores integers) over the leaf tokens of the syntax
    node, white space and comments left out: it survives reformatting and moves.
    """

    name: str
    qualified: str
    kind: SymbolKind
    range: Range
    node_hash: int
    parent: int | None = None
    signature: str = ""
    doc: str = ""


class Reference(NamedTuple):
    """A name used at a line; `symbol` is the position of the innermost symbol around it."""

    name: str
    kind: str
    line: int
    symbol: int | None = None


class Import(NamedTuple):
    """What a file names from elsewhere, as written: `module` and the names taken from it."""

    line: int
    module: str
    names: tuple[str, ...] = ()


class Chunk(NamedTuple):
    """A piece of a file as the search sees it: three fields of text."""

    range: Range
    names: str
    doc: str
    body: str
    symbol: int | None = None


class ParsedFile(NamedTuple):
    """Everything read from one content; a text file has chunks only.

    `node_hash` covers the whole file, `module_hash` what lies outside its top-level symbols;
    both ignore white space and comments like `Symbol.node_hash`.
    """

    language: str
    grammar: str
    lines: int
    node_hash: int
    module_hash: int
    symbols: tuple[Symbol, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    has_error: bool = False
