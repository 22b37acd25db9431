from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.domain.code import Range
from repo_sleeper.store.subjects import KnownSymbol
from repo_sleeper.think.excerpt import excerpt


def symbol(
    start: int, end: int, *, node: int = 0, references: int = 0, has_children: bool = False
) -> KnownSymbol:
    return KnownSymbol("s", "s", Range(start, end), node, has_children, references)


def lines_of(ranges: tuple[Range, ...]) -> list[int]:
    return [line for where in ranges for line in range(where.start, where.end)]


def test_a_file_that_fits_is_shown_whole() -> None:
    assert excerpt([10] * 5, [symbol(1, 3)], seen=(), budget=50) == (Range(0, 5),)


def test_what_changed_comes_before_what_is_used_most() -> None:
    symbols = [symbol(0, 10, node=1, references=9), symbol(10, 20, node=2)]

    assert excerpt([1] * 20, symbols, seen={1}, budget=10) == (Range(10, 20),)
    assert excerpt([1] * 20, symbols, seen={1, 2}, budget=10) == (Range(0, 10),)


def test_the_lines_above_the_first_definition_get_a_quarter() -> None:
    ranges = excerpt([1] * 100, [symbol(40, 80, node=1)], seen=(), budget=40)

    assert ranges == (Range(0, 10), Range(40, 70))


def test_a_class_is_taken_apart() -> None:
    symbols = [
        symbol(0, 30, references=9, has_children=True),
        symbol(3, 10, references=1),
        symbol(10, 30, references=5),
    ]

    assert excerpt([1] * 30, symbols, seen=(), budget=23) == (Range(0, 3), Range(10, 30))


def test_a_file_without_definitions_is_shown_from_its_beginning() -> None:
    assert excerpt([1] * 100, [], seen=(), budget=40) == (Range(0, 40),)


def test_a_stump_of_two_lines_is_not_worth_showing() -> None:
    symbols = [symbol(0, 8, references=2), symbol(8, 20, references=1)]

    assert excerpt([1] * 20, symbols, seen=(), budget=10) == (Range(0, 8),)


SYMBOLS = st.builds(
    lambda start, size, node, references, has_children: symbol(
        start, start + size, node=node, references=references, has_children=has_children
    ),
    st.integers(0, 40),
    st.integers(1, 30),
    st.integers(0, 3),
    st.integers(0, 3),
    st.booleans(),
)


@given(
    st.lists(st.integers(1, 30), max_size=40),
    st.lists(SYMBOLS, max_size=8),
    st.integers(1, 400),
    st.integers(0, 30),
)
def test_no_excerpt_is_larger_than_its_budget_or_leaves_the_file(
    sizes: list[int], symbols: list[KnownSymbol], budget: int, part: int
) -> None:
    ranges = excerpt(sizes, symbols, seen={1}, budget=budget, part=part)
    shown = lines_of(ranges)

    assert shown == sorted(set(shown))
    assert all(0 <= line < len(sizes) for line in shown)
    assert sum(sizes[line] for line in shown) + part * len(ranges) <= budget
