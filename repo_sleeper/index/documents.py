"""Files that hold other languages to rows: notebooks, components, Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.statements import Statement, pack, unpack
from repo_sleeper.index.chunks import ChunkRow, code_chunks, line_offsets, text_chunks
from repo_sleeper.index.notebooks import read_notebook
from repo_sleeper.index.parts import Part, merged, numbered, part_of, prose_of, rows_of
from repo_sleeper.index.references import ReferenceRow
from repo_sleeper.index.regions import Region, fenced, scripts
from repo_sleeper.index.rows import Rows, SymbolRow

_COMPONENT = re.compile(rb"<([A-Z]\w*)")  # a name in capitals is a component, as in JSX
_FENCES = (b"```", b"~~~")


class _Document(NamedTuple):
    text: bytes
    lines: list[int]
    regions: list[Region]


def markdown_rows(data: bytes, prose: Rows) -> Rows:
    """The text that it is, and the code in its fences.

    Fences of one file have nothing to do with one another, so each is parsed by itself; many are
    fragments, so errors say nothing.
    """
    if not any(mark in data for mark in _FENCES):
        return prose
    lines = line_offsets(data)
    document = _Document(data, lines, fenced(data, lines))
    if not document.regions:
        return prose
    rows = rows_of(data, [part for _, part in _parts(document)], lines=lines)
    return prose._replace(symbols=rows.symbols, references=rows.references, imports=rows.imports)


def component_rows(data: bytes) -> Rows:
    """A Vue or Svelte file: its scripts as code, its template and styles as text."""
    lines = line_offsets(data)
    document = _Document(data, lines, scripts(data, lines))
    rows = _rows(document)
    return rows._replace(references=merged([rows.references, _components(document)]))


def notebook_rows(data: bytes) -> Rows:
    """A notebook: each cell in its language. Outputs are nowhere, and no hash covers them."""
    sheet = read_notebook(data)
    document = _Document(sheet.text, line_offsets(sheet.text), sheet.regions)
    rows = _placed(_rows(document), sheet.rows)
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    return rows._replace(lines=lines, has_error=rows.has_error or not sheet.is_whole)


def _parts(document: _Document) -> list[tuple[Region, Part]]:
    found = [
        (one, part_of(document.text, one.language, one.spans, lines=document.lines))
        for one in document.regions
        if one.spans
    ]
    numbered([part for _, part in found])
    return found


def _rows(document: _Document) -> Rows:
    parts = _parts(document)
    chunks = sorted(_chunks(document, parts), key=lambda row: row[1])
    language = parts[0][1].language if parts else ""
    rows = rows_of(document.text, [part for _, part in parts], lines=document.lines)
    return rows._replace(chunks=chunks, language=language)


def _chunks(document: _Document, parts: Sequence[tuple[Region, Part]]) -> Iterator[ChunkRow]:
    text, lines = document.text, document.lines
    for region, part in parts:
        yield from code_chunks(
            text,
            part.found,
            lines=lines,
            comments=prose_of([part]),
            within=(region.start, region.end),
        )
    for region in document.regions:
        if not region.spans:
            for row in text_chunks(text[lines[region.start] : lines[region.end]]):
                yield (None, row[1] + region.start, row[2] + region.start, *row[3:])


def _components(document: _Document) -> list[ReferenceRow]:
    """Components that a template shows; what else a template names is only text."""
    found: dict[str, list[int]] = {}
    for region in document.regions:
        for row in range(region.start, region.end if not region.spans else region.start):
            line = document.text[document.lines[row] : document.lines[row + 1]]
            for name in _COMPONENT.findall(line) if b"<" in line else ():
                found.setdefault(name.decode("utf-8", "replace"), []).append(row)
    return [
        (name, f'[[null,"call","{" ".join(map(str, sorted(set(rows))))}"]]')
        for name, rows in found.items()
    ]


# --- from lines of the text to lines of the file ------------------------------------------------


def _placed(rows: Rows, places: Sequence[int]) -> Rows:
    """The same with the lines of the file; of lines written as one string, all have its line."""

    def first(row: int) -> int:
        return places[min(row, len(places) - 1)] if places else 0

    def last(row: int) -> int:
        return first(row - 1) + 1

    symbols: list[SymbolRow] = [
        (*one[:3], first(one[3]), last(one[4]), *one[5:]) for one in rows.symbols
    ]
    return rows._replace(
        symbols=symbols,
        references=[(name, _placed_uses(uses, first)) for name, uses in rows.references],
        imports=[(first(line), module, names) for line, module, names in rows.imports],
        chunks=[(one[0], first(one[1]), last(one[2]), *one[3:]) for one in rows.chunks],
        statements=pack(
            Statement(one.hash, Range(first(one.range.start), last(one.range.end)))
            for one in unpack(rows.statements)
        ),
    )


def _placed_uses(uses: str, first: Callable[[int], int]) -> str:
    found = [
        [symbol, kind, " ".join(map(str, dict.fromkeys(first(int(one)) for one in lines.split())))]
        for symbol, kind, lines in json.loads(uses)
    ]
    return json.dumps(found, separators=(",", ":"))
