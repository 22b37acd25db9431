"""Notebooks, components and Markdown: what is read of them where they are odd or broken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from repo_sleeper.domain.code import ParsedFile
from repo_sleeper.index.chunks import line_offsets
from repo_sleeper.index.contents import skip_by_content
from repo_sleeper.index.languages import BY_NAME, TEXT
from repo_sleeper.index.regions import fenced, language_called, scripts
from repo_sleeper.index.tags import extract

PYTHON = {"kernelspec": {"name": "python3", "language": "python"}}


def code(*source: str, outputs: object = ()) -> dict[str, Any]:
    return {"cell_type": "code", "source": list(source), "outputs": outputs, "metadata": {}}


def notebook(*cells: Any, metadata: object = None, indent: int | None = 1) -> bytes:
    whole = {"cells": list(cells), "metadata": PYTHON if metadata is None else metadata}
    return json.dumps({**whole, "nbformat": 4}, indent=indent).encode()


def names(data: bytes, language: str = "notebook") -> list[str]:
    return [one.qualified for one in extract(data, language).symbols]


def body_of(parsed: ParsedFile) -> str:
    return " ".join(f"{one.names} {one.doc} {one.body}" for one in parsed.chunks)


TOTAL = ("def total(items):\n", "    return sum(items)\n")


def test_a_line_of_a_cell_is_the_line_of_the_file_that_says_it() -> None:
    data = notebook(code("x = 1\n", outputs=[{"text": ["a\n"] * 9}]), code(*TOTAL))

    (_, total) = extract(data, "notebook").symbols

    written = data.decode().split("\n")
    assert "def total" in written[total.range.start]
    assert "return sum" in written[total.range.end - 1]


def test_a_cell_on_one_line_has_that_line() -> None:
    data = notebook(code(*TOTAL), indent=None)

    (total,) = extract(data, "notebook").symbols

    assert (total.range.start, total.range.end) == (0, 1)


def test_a_cell_may_be_one_string_and_have_ends_of_windows() -> None:
    cell = {"cell_type": "code", "source": "def a():\r\n    b()\r\n"}

    parsed = extract(notebook(cell).replace(b"\n", b"\r\n"), "notebook")

    assert [one.name for one in parsed.symbols] == ["a"]
    assert [one.name for one in parsed.references] == ["b"]
    assert not parsed.has_error


def test_outputs_change_nothing_that_is_read() -> None:
    before = extract(notebook(code(*TOTAL)), "notebook")
    ran = extract(notebook(code(*TOTAL, outputs=[{"text": ["printed_by_it"]}])), "notebook")

    assert (ran.node_hash, ran.module_hash) == (before.node_hash, before.module_hash)
    assert ran.symbols[0].node_hash == before.symbols[0].node_hash
    assert "printed" not in body_of(ran)


def test_the_size_of_outputs_makes_a_notebook_neither_minified_nor_slow() -> None:
    picture = {"data": {"image/png": "iVBORw0KGgo" * 20_000}}
    data = notebook(code(*TOTAL, outputs=[picture]))

    assert skip_by_content("a.ipynb", data, "notebook") is None
    assert names(data) == ["total"]


@pytest.mark.parametrize(
    "data",
    [b"", b"<<<<<<< HEAD\n", b"[]", b"3", b'{"cells": 3}', b'{"cells": [3, {}, []]}', b"{" * 5_000],
)
def test_what_is_no_notebook_has_nothing_to_find(data: bytes) -> None:
    parsed = extract(data, "notebook")

    assert (parsed.symbols, parsed.chunks) == ((), ())
    assert parsed.lines == len(data.splitlines())


def test_of_a_broken_notebook_what_comes_before_the_break_is_read() -> None:
    data = notebook(code("def one(): pass"), code("def two(): pass"))
    broken = data.replace(b"def two", b'"\n<<<<<<< HEAD\n"')

    parsed = extract(broken, "notebook")

    assert [one.name for one in parsed.symbols] == ["one"]
    assert parsed.has_error


def test_a_cell_that_does_not_parse_leaves_the_others_alone() -> None:
    data = notebook(code("def one(: ((("), code("def two(): pass"))

    assert names(data) == ["two"]
    assert extract(data, "notebook").has_error


@pytest.mark.parametrize(
    ("metadata", "source", "found"),
    [
        ({}, "def total(): pass", ["total"]),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "def total(): pass", []),
        ({"language_info": {"name": "scala"}}, "def total() = 1", ["total"]),
        ({"kernelspec": {"name": "xcpp17", "language": "C++17"}}, "int total() { }", ["total"]),
        ({"kernelspec": 3}, "def total(): pass", ["total"]),
    ],
)
def test_the_kernel_says_the_language_of_the_cells(
    metadata: object, source: str, found: list[str]
) -> None:
    parsed = extract(notebook(code(source), metadata=metadata), "notebook")

    assert [one.name for one in parsed.symbols] == found
    assert "total" in body_of(parsed)


def test_lines_for_the_notebook_itself_do_not_break_the_code() -> None:
    cell = code("%load_ext sql\n", "!ls\n", "total?\n", "x = (7\n", "  % 3)\n", "y = total()")

    parsed = extract(notebook(cell), "notebook")

    assert [one.name for one in parsed.symbols] == ["x", "y"]
    assert not parsed.has_error


def test_a_notebook_of_format_3_is_read() -> None:
    cell = {"cell_type": "code", "language": "python", "input": ["def old(): pass"]}
    data = json.dumps({"worksheets": [{"cells": [cell]}], "nbformat": 3}, indent=1).encode()

    assert names(data) == ["old"]


# --- Markdown and components --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("py", "python"),
        ("Python3", "python"),
        ("c++17", "cpp"),
        ("C#", "csharp"),
        ("golang", "go"),
        ("sh", "bash"),
        ("ts", "typescript"),
        ("h", "c"),
        ("text", TEXT),
        ("md", TEXT),
        ("", TEXT),
        ("brainfuck", TEXT),
    ],
)
def test_languages_are_known_by_the_names_that_people_write(word: str, language: str) -> None:
    assert language_called(word) == language


def test_every_language_goes_by_its_own_name() -> None:
    assert [language_called(name) for name in BY_NAME] == list(BY_NAME)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("```py\na\n```\n", [(1, 2)]),
        ("```py\na\n", [(1, 2)]),
        ("```py\n```\n", []),
        ("```py", []),
        ("````py\n```py\n```\n````\n", [(1, 3)]),
        ("~~~py\n```\n~~~\n", [(1, 2)]),
        ("```py\na\n``` \n```js\nb\n```", [(1, 2), (4, 5)]),
        ("> ```py\n> a\nb\n", [(1, 2)]),
        ("> ```py\n> a\n```js\nb\n```\n", [(1, 2), (3, 4)]),
        ("```\na\n```\n", []),
        ("a ```py b\n", []),
        ("```py\r\na\r\n```\r\n", [(1, 2)]),
    ],
)
def test_fences(text: str, rows: list[tuple[int, int]]) -> None:
    data = text.encode()

    assert [(one.start, one.end) for one in fenced(data, line_offsets(data))] == rows


def test_markdown_is_found_as_before_whatever_its_fences_hold() -> None:
    plain = extract(b"# Guide\n\n```py\ndef total(: (\n```\n", TEXT)
    parsed = extract(b"# Guide\n\n```py\ndef total(: (\n```\n", "markdown")

    assert parsed.chunks == plain.chunks
    assert (parsed.node_hash, parsed.has_error) == (plain.node_hash, False)


def test_a_name_used_in_several_blocks_is_one_row_with_every_line() -> None:
    data = b"```py\nf()\n```\n\n```js\nf();\nfunction g() { f(); }\n```\n"

    found = [(one.name, one.line, one.symbol) for one in extract(data, "markdown").references]

    assert found == [("f", 1, None), ("f", 5, None), ("f", 6, 0)]


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("<script>a()</script>", ["javascript"]),
        ("<script lang=tsx>a()</script>", ["tsx"]),
        ("<script lang='coffee'>a()</script>", ["text"]),
        ("<script type='module'>a()", ["javascript"]),
        ("<script src='./a.js' />\n<p>", ["text"]),
        ("<script>\n</script>\n", ["text"]),
        ("<p>\n<script>\na()\n</script>\n<p>", ["text", "javascript", "text"]),
        ("<!-- <script>a()</script>", ["text"]),
        ("", []),
    ],
)
def test_scripts_of_components(text: str, languages: list[str]) -> None:
    data = text.encode()
    lines = line_offsets(data)

    found = scripts(data, lines)

    assert [one.language for one in found] == languages
    assert [row for one in found for row in range(one.start, one.end)] == list(
        range(len(lines) - 1)
    )


def test_a_component_without_a_script_is_text() -> None:
    parsed = extract(b"<template>\n  <PriceTag/>\n</template>\n", "vue")

    assert [(one.name, one.line) for one in parsed.references] == [("PriceTag", 1)]
    assert "template" in body_of(parsed)
