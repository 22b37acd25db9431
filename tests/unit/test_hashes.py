"""Node hashes: what keeps them, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.domain.code import ParsedFile
from repo_sleeper.index.tags import extract

BEFORE = """
import os

def total(items, tax=0.2):
    # with tax
    text = "a  b"
    return sum(items) * (1 + tax) + len(text)

def other():
    return 1
"""
REFORMATTED = """
import   os
# moved up
def other(): return 1


def total(
    items,   tax = 0.2
):
    text = "a  b"   # why

    return (sum)(items)*(1+tax)+len(text)
""".replace("(sum)", "sum")


def node(parsed: ParsedFile, name: str) -> int:
    (found,) = [one.node_hash for one in parsed.symbols if one.name == name]
    return found


def python(text: str) -> ParsedFile:
    return extract(text.encode(), "python")


def test_layout_comments_and_moves_keep_a_node_hash() -> None:
    before, after = python(BEFORE), python(REFORMATTED)

    assert node(before, "total") == node(after, "total")
    assert node(before, "other") == node(after, "other")
    assert before.module_hash == after.module_hash
    assert before.node_hash != after.node_hash  # the order in the file is part of the file


def test_string_contents_count_verbatim() -> None:
    assert node(python(BEFORE), "total") != node(python(BEFORE.replace("a  b", "a b")), "total")
    assert node(python(BEFORE), "other") == node(python(BEFORE.replace("a  b", "a b")), "other")


def test_white_space_between_words_separates_them() -> None:
    before, after = "def f(x):\n    return not x\n", "def f(x):\n    return notx\n"
    assert node(python(before), "f") != node(python(after), "f")


def test_code_outside_symbols_has_the_module_hash() -> None:
    before, changed = python(BEFORE), python(BEFORE.replace("import os", "import sys"))

    assert before.module_hash != changed.module_hash
    assert node(before, "total") == node(changed, "total")


def test_a_decorator_is_part_of_what_it_decorates() -> None:
    plain = "class A:\n    def x(self): pass\n"
    assert node(python(plain), "x") != node(
        python(plain.replace("    def", "    @once\n    def")), "x"
    )


def test_the_indentation_of_python_is_not_seen() -> None:
    inside = "def f(x):\n    if x:\n        a()\n        b()\n"
    outside = "def f(x):\n    if x:\n        a()\n    b()\n"
    assert node(python(inside), "f") == node(python(outside), "f")  # the documented limit


def test_text_between_tags_counts_verbatim() -> None:
    def component(text: str) -> int:
        source = f"function A() {{ return <p>{text}</p>; }}\n"
        return node(extract(source.encode(), "tsx"), "A")

    assert component("it's  all") != component("it's all")


def test_control_characters_in_a_file_do_no_harm() -> None:
    parsed = extract(b"def f():\n    return '\x01'\n\x00\ndef g(): pass\n", "python")
    assert [one.name for one in parsed.symbols] == ["f", "g"]


@pytest.mark.parametrize("character", ["\x00", "\x01"])
def test_a_control_character_counts_as_white_space(character: str) -> None:
    before, after = (python(f"run()\n{one}\n{BEFORE}") for one in (character, " "))

    assert [one.node_hash for one in before.symbols] == [one.node_hash for one in after.symbols]
    assert (before.node_hash, before.module_hash) == (after.node_hash, after.module_hash)


# Only of code without errors: how tree-sitter recovers depends on how far things are apart.
@given(st.lists(st.sampled_from(["x = 1", "# c", "def f(): pass", "y = 'a  b'", "g(x)"])))
def test_blank_lines_never_change_the_hash_of_a_file(lines: list[str]) -> None:
    close, apart = python("\n".join(lines)), python("\n\n".join(lines))

    assert not close.has_error
    assert close.node_hash == apart.node_hash


PIECES = ["function f(){return 1}", "class A{m(){return 2}}", "g();", "const text='/*c*/';"]


@given(
    st.lists(st.sampled_from(PIECES)),
    st.sampled_from(["/*c*/", "/*c*//*d*/", "//c\n", " /*c*/ ", "/** c */"]),
)
def test_comments_never_change_a_hash_wherever_they_touch_the_code(
    pieces: list[str], comment: str
) -> None:
    plain = extract("".join(pieces).encode(), "javascript")
    text = comment.join(["", *pieces, ""]).replace("{", f"{{{comment}").replace("}", f"{comment}}}")

    commented = extract(text.encode(), "javascript")

    assert commented.node_hash == plain.node_hash
    assert commented.module_hash == plain.module_hash
    assert [one.node_hash for one in commented.symbols] == [one.node_hash for one in plain.symbols]
