"""Pieces of a file for the search."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from repo_sleeper.domain.code import ParsedFile, Range
from repo_sleeper.index.chunks import LINES_MAX, words
from repo_sleeper.index.languages import LANGUAGES, TEXT
from repo_sleeper.index.tags import extract


def python(text: str) -> ParsedFile:
    return extract(text.encode(), "python")


def body(lines: int, indent: str = "    ") -> str:
    return "".join(f"{indent}step_{number}()\n" for number in range(lines))


def test_words_stay_in_order_and_the_parts_of_camel_case_follow() -> None:
    assert words(b"getHTTPUrl(add_to_cart)") == "getHTTPUrl add to cart get http url"


def test_the_words_beside_an_underscore_are_taken_apart_as_well() -> None:
    assert words(b"test_getUrl sha256") == "test getUrl sha256 get url sha 256"


def test_one_word_in_capitals_is_one_word() -> None:
    assert words(b"HTTP x1 v2 42 MAX_SIZE") == "HTTP x1 v2 42 MAX SIZE"


def test_a_part_counts_as_often_as_it_occurs() -> None:
    assert words(b"taxRate tax taxRate") == "taxRate tax taxRate tax rate tax rate"


def test_what_nobody_would_type_is_left_out() -> None:
    picture = b"data = '" + b"iVBORw0KGgo+" * 200 + b"'\nname = 1\n"

    (only,) = extract(picture, "python").chunks

    assert only.body.split() == ["data", "name", "1"]
    assert words(b"aB" * 50) == "aB" * 50


def test_other_scripts_are_words_too() -> None:
    assert words("größe = 価格".encode()) == "größe 価格"


def test_the_cache_of_words_does_not_grow_for_ever() -> None:
    for start in range(0, 60_000, 10_000):
        text = " ".join(f"name{'abcdefghij'[start // 10_000]}{number}" for number in range(10_000))
        assert words(text.encode())
    assert words(b"getHTTPUrl") == "getHTTPUrl get http url"


def test_a_definition_is_a_piece_of_its_own_with_its_names_and_comments() -> None:
    parsed = python(
        "import os\n\n# Sums up.\ndef total(items):\n"
        '    """With tax."""\n    # rounded\n    value = sum(items)\n    return value\n'
    )

    top, total = parsed.chunks
    assert (top.range, top.body.split(), top.doc) == (Range(0, 2), ["import", "os"], "")
    assert (total.range, total.names) == (Range(2, 8), "total")
    assert total.doc == "Sums up With tax rounded"
    assert total.body == "def total items value sum items return value"
    assert total.symbol == 0


def test_a_long_function_is_cut_into_windows_of_the_same_symbol() -> None:
    parsed = python(f"def f():\n{body(130)}")

    assert [one.range for one in parsed.chunks] == [Range(0, 60), Range(60, 120), Range(120, 131)]
    assert [one.symbol for one in parsed.chunks] == [0, 0, 0]


def test_a_long_class_is_cut_at_its_methods_and_a_short_one_is_not() -> None:
    method = f"    def {{}}(self):\n{body(12, '        ')}"
    long = python(
        "class Cart:\n    tax = 1\n"
        + "".join(method.format(name) for name in ("add", "pay", "end"))
    )
    short = python("class Cart:\n" + "".join(method.format(name) for name in ("add", "pay")))

    assert [one.names for one in long.chunks] == ["Cart tax", "Cart add", "Cart pay", "Cart end"]
    assert [one.range for one in short.chunks] == [Range(0, 27)]


def test_the_last_line_of_a_class_that_was_cut_is_no_piece() -> None:
    methods = "".join(f"  def m{number}\n{body(9)}  end\n" for number in range(5))

    found = extract(f"class A\n{methods}end\n".encode(), "ruby").chunks

    assert [one.range.end for one in found] == [1, 12, 23, 34, 45, 56]


def test_definitions_of_a_line_or_two_share_a_piece() -> None:
    parsed = python("A = 1\nB = 2\ndef f(): pass\ndef g(): pass\n")

    (only,) = parsed.chunks
    assert only.symbol is None
    assert only.range == Range(0, 4)


def test_headings_of_a_text_are_names() -> None:
    parsed = extract(b"# The Cart\n\nHow it sums.\n\nPrices\n======\n\nRounded up.\n", TEXT)

    (only,) = parsed.chunks
    assert only.names == "The Cart Prices"
    assert "Rounded" in only.body.split()


def test_a_text_is_cut_into_windows() -> None:
    parsed = extract(b"word\n" * 100, TEXT)
    assert [one.range for one in parsed.chunks] == [Range(0, 60), Range(60, 100)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([one.name for one in LANGUAGES] + [TEXT]), st.data())
def test_any_bytes_give_ranges_within_the_file(language: str, data: st.DataObject) -> None:
    pieces = [
        b"class A {",
        b"def f(x):\n",
        b"}\n",
        b"\n",
        b"'",
        b"# c\n",
        b"/* */",
        b"\xff(",
        b"x=1\n",
    ]
    source = b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=40)))

    parsed = extract(source, language)

    lines = source.count(b"\n") + 1
    for place in [one.range for one in parsed.symbols] + [one.range for one in parsed.chunks]:
        assert 0 <= place.start < place.end <= lines
    for chunk in parsed.chunks:
        assert chunk.range.end - chunk.range.start <= LINES_MAX
    for number, symbol in enumerate(parsed.symbols):
        assert symbol.parent is None or symbol.parent < number
    for reference in parsed.references:
        assert reference.symbol is None or reference.symbol < len(parsed.symbols)


def test_of_a_long_text_the_beginning_is_searched() -> None:
    chunks = extract(b"line of a log\n" * 20_000, TEXT).chunks

    assert 100_000 < sum(len(one.body) for one in chunks) <= 128 << 10
    assert chunks[-1].body.endswith("log\n") or chunks[-1].body.endswith("log")


def test_of_a_catalogue_of_translations_only_the_head_is_searched() -> None:
    chunks = extract(b'msgid ""\nmsgstr ""\n\nmsgid "total"\nmsgstr "Summe"\n' * 1_000, TEXT).chunks

    assert sum(len(one.body) for one in chunks) <= 4 << 10


def test_a_text_of_one_long_line_is_cut_inside_it() -> None:
    (only,) = extract(b"word " * 50_000, TEXT).chunks
    assert len(only.body) <= 128 << 10
