"""Statements outside symbols: where they are, and what keeps their hashes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.statements import Statement, pack, unpack
from repo_sleeper.index.reading import read_rows


def found(text: str, language: str = "python") -> list[tuple[str, Range]]:
    return [(one.hash, one.range) for one in unpack(read_rows(text.encode(), language).statements)]


def hashes(text: str, language: str = "python") -> list[str]:
    return [hash_ for hash_, _ in found(text, language)]


def test_every_statement_outside_symbols_has_its_lines_and_a_hash() -> None:
    text = "import os\nRATE = 1\nregister(\n    RATE,\n)\ndef f(): pass\nstart()\n"

    assert [range_ for _, range_ in found(text)] == [Range(0, 1), Range(2, 5), Range(6, 7)]
    assert len(set(hashes(text))) == 3


def test_layout_and_comments_keep_a_hash_and_nothing_else_does() -> None:
    (one,) = hashes('register("a  b", RATE)\n')

    assert hashes('# why\nregister( "a  b",\n   RATE )  # now\n') == [one]
    assert hashes('register("a b", RATE)\n') != [one]
    assert hashes('register("a  b", RATES)\n') != [one]


def test_statements_that_read_the_same_have_the_same_hash() -> None:
    one, two = hashes("start()\nstart()\n")

    assert one == two


def test_a_function_inside_a_statement_is_not_part_of_it() -> None:
    text = "try:\n    import a\nexcept ImportError:\n    def a(): return 1\n"

    assert hashes(text) == hashes(text.replace("return 1", "return 2"))
    assert hashes(text) != hashes(text.replace("import a", "import b"))


def test_an_include_guard_is_no_statement() -> None:
    text = "#ifndef A_H\n#define A_H\n#include <b.h>\nREGISTER(x);\nint f(void) { }\n#endif\n"

    ranges = [range_ for _, range_ in found(text, "c")]

    assert ranges == [Range(0, 1), Range(2, 3), Range(3, 4)]


def test_what_cannot_be_parsed_is_no_statement() -> None:
    assert [range_ for _, range_ in found("start()\nx = = (\n")] == [Range(0, 1)]


def test_cells_of_a_notebook_have_the_lines_of_the_file() -> None:
    text = '{"cells": [\n{"cell_type": "code", "source": [\n"a()\\n",\n"b()"\n]}]}'

    assert [range_ for _, range_ in found(text, "notebook")] == [Range(2, 3), Range(3, 4)]


LINES = st.integers(0, 10_000)
HASHES = st.text("abcXYZ019-_", min_size=8, max_size=8)


@given(st.lists(st.tuples(HASHES, LINES, st.integers(1, 50))))
def test_packing_loses_nothing(rows: list[tuple[str, int, int]]) -> None:
    statements = [Statement(hash_, Range(start, start + n)) for hash_, start, n in rows]

    assert list(unpack(pack(statements))) == statements
