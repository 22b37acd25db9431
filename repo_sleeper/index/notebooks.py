"""Jupyter notebooks: the source of their cells, and on which line of the file each line stands.

Pure. The lines of a cell are strings of a JSON file, usually one on each line of it. What is read
is what the strings say, and what is found there is given the line of the file, so that `path:line`
opens where the code stands. Outputs are stepped over and never kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from repo_sleeper.index.languages import TEXT
from repo_sleeper.index.regions import Region, Span, language_called

_DECODER = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"[\s,:]*")
_KERNEL = re.compile(r'"(?:kernelspec|language_info)"\s*:\s*(?=\{)')
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_CELL_MAGIC = re.compile(r"%%(\w+)")
# These run the cell in the kernel's language, or look on while it runs.
_TRANSPARENT = frozenset({"time", "timeit", "capture", "prun", "memit", "mprun", "debug", "px"})
_LINE_MAGIC = re.compile(r"[ \t]*(?:%[A-Za-z]|!(?!=)|\?|[\w.]+\?{1,2}\s*$)")


class Sheet(NamedTuple):
    """A notebook as one text: `rows` has the line of the file for each line of the text.

    `is_whole` is False where the file ended or broke before its last cell: what came before
    counts.
    """

    text: bytes
    rows: list[int]
    regions: list[Region]
    is_whole: bool


class _Cell(NamedTuple):
    kind: str
    language: str  # of old formats, where each cell says it
    lines: list[tuple[int, str]]  # line of the file, what stands on it


def read_notebook(data: bytes) -> Sheet:
    """The cells of a notebook, in order."""
    text = data.decode("utf-8", "replace")
    kernel = _kernel_language(text)
    cells, is_whole = _cells(text)
    parts: list[bytes] = []
    rows: list[int] = []
    regions: list[Region] = []
    size = 0
    for cell in cells:
        lines = [one.encode("utf-8", "replace") for _, one in cell.lines]
        region = _region(cell, kernel, len(rows), size, lines)
        size += sum(map(len, lines))
        parts += lines
        rows += [row for row, _ in cell.lines]
        regions += [] if region is None else [region]
    return Sheet(b"".join(parts), rows, regions, is_whole)


def _region(cell: _Cell, kernel: str, row: int, at: int, lines: list[bytes]) -> Region | None:
    """The lines of a cell; without those that only IPython understands, where it is code."""
    if not any(line.strip() for line in lines):
        return None
    end = row + len(lines)
    if cell.kind != "code":
        return Region(TEXT, row, end)
    first = cell.lines[0][1]
    language = _cell_language(first, language_called(cell.language) if cell.language else kernel)
    spans: list[Span] = []
    for line in lines:
        if language == "python" and _LINE_MAGIC.match(line.decode("utf-8", "replace")):
            pass
        elif not (line is lines[0] and first.startswith("%%")):
            spans.append((at, at + len(line)))
        at += len(line)
    if language == TEXT or not spans:
        return Region(TEXT, row, end)
    return Region(language, row, end, tuple(spans))


def _cell_language(first: str, kernel: str) -> str:
    magic = _CELL_MAGIC.match(first)
    if magic is None or magic[1] in _TRANSPARENT:
        return kernel
    return language_called(magic[1])


def _kernel_language(text: str) -> str:
    """What the metadata names; Python where it names nothing, as Jupyter itself has it."""
    for found in _KERNEL.finditer(text):
        try:
            said, _ = _DECODER.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            continue
        name = said.get("language") or said.get("name")
        if isinstance(name, str):
            return language_called(name)
    return "python"


# --- JSON with places ---------------------------------------------------------------------------


class _Cursor:
    """Walks through JSON text; raises ValueError where it is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._counted = self._row = 0

    def next(self) -> str:
        """The character that the next value begins with; empty at the end."""
        found = _BETWEEN.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def row(self) -> int:
        """The line that the cursor is on."""
        self._row += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._row

    def value(self) -> object:
        """The next value, whole."""
        self.next()
        found, self._at = _DECODER.raw_decode(self._text, self._at)
        return found

    def inside(self, closing: str) -> Iterator[None]:
        """Once for each thing in an object or array, which the caller has to take."""
        self._at += 1
        while self.next() != closing:
            if not self.next():
                raise ValueError("it ends too early")
            yield
        self._at += 1

    def members(self) -> Iterator[str]:
        """Each key of an object; the caller has to take the value."""
        for _ in self.inside("}"):
            key = self.value()
            if not isinstance(key, str):
                raise ValueError("a key that is no text")  # noqa: TRY004 -- no JSON, as above
            self.next()
            yield key


def _cells(text: str) -> tuple[list[_Cell], bool]:
    """The cells as far as the file can be read, and whether that was all of it."""
    found: list[_Cell] = []
    cursor = _Cursor(text)
    try:
        if cursor.next() != "{":
            return found, False
        for cell in _each_cell(cursor):
            found += [cell]  # one by one: those before a break are kept
    except (ValueError, RecursionError):
        return found, False
    return found, True


def _each_cell(cursor: _Cursor) -> Iterator[_Cell]:
    for key in cursor.members():
        if key == "cells" and cursor.next() == "[":
            for _ in cursor.inside("]"):
                yield _cell(cursor)
        elif key == "worksheets" and cursor.next() == "[":  # before format 4
            for _ in cursor.inside("]"):
                yield from _each_cell(cursor)
        else:
            cursor.value()


def _cell(cursor: _Cursor) -> _Cell:
    kind = language = ""
    strings: list[tuple[int, str]] = []
    if cursor.next() != "{":
        cursor.value()
        return _Cell("", "", [])
    for key in cursor.members():
        if key in ("source", "input"):
            strings = list(_strings(cursor))
        elif key in ("cell_type", "language"):
            value = cursor.value()
            kind = str(value) if key == "cell_type" else kind
            language = str(value) if key == "language" else language
        else:
            cursor.value()
    return _Cell(kind, language, list(_lines(strings)))


def _strings(cursor: _Cursor) -> Iterator[tuple[int, str]]:
    if cursor.next() == "[":
        for _ in cursor.inside("]"):
            yield from _string(cursor)
    else:
        yield from _string(cursor)


def _string(cursor: _Cursor) -> Iterator[tuple[int, str]]:
    row = cursor.row()
    value = cursor.value()
    if isinstance(value, str):
        yield row, value


def _lines(strings: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines of a cell, each ended, with the row of the string in which it begins."""
    begun, row = "", 0
    for place, text in strings:
        for part in _LINE.findall(text.replace("\r\n", "\n")):
            row = row if begun else place
            begun += part
            if part.endswith("\n"):
                yield row, begun
                begun = ""
    if begun:
        yield row, begun + "\n"
