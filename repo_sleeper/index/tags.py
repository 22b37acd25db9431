"""One content to a ParsedFile: the rows of the index as values, for whoever reads a single file."""

from __future__ import annotations

import json

from repo_sleeper.domain.code import Chunk, Import, ParsedFile, Range, Reference, Symbol, SymbolKind
from repo_sleeper.index.languages import grammar_label
from repo_sleeper.index.reading import read_rows
from repo_sleeper.index.rows import Rows


def extract(data: bytes, language: str) -> ParsedFile:
    """Parse in this process: only for content that is trusted, such as a test's."""
    return parsed_file(read_rows(data, language), language)


def parsed_file(rows: Rows, language: str) -> ParsedFile:
    """The same as values."""
    return ParsedFile(
        language=language,
        grammar=grammar_label(language),
        lines=rows.lines,
        node_hash=rows.node_hash,
        module_hash=rows.module_hash,
        symbols=symbols_of(rows),
        references=tuple(
            sorted(
                (
                    Reference(name, kind, int(line), symbol)
                    for name, places in rows.references
                    for symbol, kind, lines in json.loads(places)
                    for line in lines.split()
                ),
                key=lambda one: (one.line, one.name, one.kind),
            )
        ),
        imports=tuple(
            Import(line, module, tuple(names.split())) for line, module, names in rows.imports
        ),
        chunks=tuple(
            Chunk(Range(start, end), names, doc, body, symbol)
            for symbol, start, end, names, doc, body in rows.chunks
        ),
        has_error=rows.has_error,
    )


def symbols_of(rows: Rows) -> tuple[Symbol, ...]:
    """The definitions alone, for who reads many files for nothing else."""
    return tuple(
        Symbol(name, qualified, SymbolKind(kind), Range(start, end), hash_, parent, head, doc)
        for name, qualified, kind, start, end, hash_, parent, head, doc in rows.symbols
    )
