"""Which commits make fair questions, and what they should find."""

from __future__ import annotations

import pytest

from repo_sleeper.domain.code import Range, Symbol, SymbolKind
from repo_sleeper.evaluate.queries import (
    Candidate,
    GoldSymbol,
    Query,
    Slice,
    around,
    content_words,
    existing,
    is_routine,
    is_source,
    query_of,
    with_symbols,
)


def candidate(
    subject: str = "Round totals before tax",
    *,
    statuses: tuple[tuple[str, str], ...] = (("M", "shop/cart.py"),),
    parents: tuple[str, ...] = ("p" * 40,),
    author: str = "Ada",
) -> Candidate:
    return Candidate(
        oid="c" * 40, parents=parents, author=author, subject=subject, statuses=statuses
    )


def query(
    text: str = "Round totals before tax",
    targets: tuple[str, ...] = ("shop/cart.py",),
    symbols: tuple[GoldSymbol, ...] = (),
) -> Query:
    return Query(oid="c" * 40, parent="p" * 40, text=text, targets=targets, symbols=symbols)


def symbol(name: str, start: int, end: int, kind: SymbolKind = SymbolKind.FUNCTION) -> Symbol:
    return Symbol(name, name, kind, Range(start, end), node_hash=start)


def test_a_commit_asks_its_subject_and_should_find_the_source_it_modified() -> None:
    statuses = (
        ("M", "shop/tax.py"),
        ("M", "shop/cart.py"),
        ("A", "shop/new.py"),
        ("D", "shop/old.py"),
        ("M", "README.md"),
    )

    found = query_of(candidate(statuses=statuses))

    assert found == query(targets=("shop/cart.py", "shop/tax.py"))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(candidate(parents=("a" * 40, "b" * 40)), id="a merge"),
        pytest.param(candidate(parents=()), id="the first commit has no state before it"),
        pytest.param(candidate('Revert "Round totals before tax"'), id="a revert"),
        pytest.param(candidate(author="dependabot[bot]"), id="a bot"),
        pytest.param(candidate("Fix tax (#12)"), id="fewer than three words that say something"),
        pytest.param(candidate("fix the of and in tax"), id="stop words say nothing"),
        pytest.param(candidate(statuses=(("M", "README.md"),)), id="no source"),
        pytest.param(candidate(statuses=(("A", "new.py"),)), id="nothing modified"),
        pytest.param(
            candidate(statuses=tuple(("M", f"{n}.py") for n in range(11))), id="too many targets"
        ),
        pytest.param(
            candidate(statuses=(("M", "a.py"), *(("A", f"{n}.md") for n in range(30)))),
            id="a sweep over many files",
        ),
    ],
)
def test_what_would_not_be_a_fair_question_is_none(other: Candidate) -> None:
    assert query_of(other) is None


@pytest.mark.parametrize(
    "subject",
    [
        "Bump flask from 2.0 to 2.1",
        "bump version to 1.2.3",
        "chore(deps): update dependency eslint to v9",
        "build(deps): bump actions/checkout",
        "Release 3.1.0 of everything good",
        "release: v3.5.1",
        "v2.0.1",
        "2.0.1",
        "Prepare release of the next version",
        "[pre-commit.ci] pre-commit autoupdate",
        "Upgrade mypy from 1.0 to 1.1",
        "Set version for the next cycle",
        "reapply the rounding of totals",
        "\N{UPWARDS BLACK ARROW} Bump ruff from 0.1 to 0.2",
    ],
)
def test_releases_bumps_and_reverts_are_routine(subject: str) -> None:
    assert is_routine(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Release the lock before waiting",
        "Support version 2 of the protocol",
        "Prepare statements once",
        "fix(deps graph): cycles are shown",
        "Tag releases of memory in the profiler",
    ],
)
def test_work_that_only_sounds_like_a_release_is_not_routine(subject: str) -> None:
    assert not is_routine(subject)


def test_numbers_of_issues_and_single_letters_are_no_content() -> None:
    assert content_words("Fix a bug in x (#123), closes #7") == {"fix", "bug"}


def test_source_is_told_by_the_ending_whatever_its_case() -> None:
    assert is_source("a/B.PY")
    assert not is_source("Makefile")
    assert not is_source("docs/guide.rst")


def test_a_query_that_names_a_target_is_not_in_the_slice_without_leaks() -> None:
    assert query("Round the cart total").slices == (Slice.ALL,)
    assert query("Round totals before tax").slices == (Slice.ALL, Slice.NO_LEAK)


def test_parts_of_a_file_name_leak_as_well() -> None:
    assert Slice.NO_LEAK not in query("Round carts in view", ("a/cartView.ts",)).slices


def test_three_targets_are_many() -> None:
    assert Slice.MULTI in query(targets=("a.py", "b.py", "d.py")).slices
    assert Slice.MULTI not in query(targets=("a.py", "b.py")).slices


def test_targets_that_the_index_cannot_know_are_not_asked_for() -> None:
    both = query(targets=("a.py", "b.py"))

    assert existing(both, {"b.py", "c.py"}) == query(targets=("b.py",))
    assert existing(both, {"c.py"}) is None


def test_the_innermost_symbol_around_a_hunk_is_what_changed() -> None:
    cart, total = symbol("Cart", 0, 20, SymbolKind.CLASS), symbol("Cart.total", 5, 10)

    assert around(Range(6, 8), [cart, total]) == {total}
    assert around(Range(12, 13), [cart, total]) == {cart}
    assert around(Range(30, 31), [cart, total]) == set()


def test_a_constant_is_part_of_what_surrounds_it() -> None:
    cart, rate = symbol("Cart", 0, 20, SymbolKind.CLASS), symbol("RATE", 2, 3, SymbolKind.CONSTANT)

    assert around(Range(2, 3), [cart, rate]) == {cart}


def test_an_insertion_is_inside_a_symbol_only_between_its_lines() -> None:
    total, tax = symbol("total", 0, 5), symbol("tax", 5, 9)

    assert around(Range(3, 3), [total, tax]) == {total}
    assert around(Range(5, 5), [total, tax]) == set()


def test_a_hunk_across_several_symbols_touches_each_of_them() -> None:
    total, tax = symbol("total", 0, 5), symbol("tax", 5, 9)

    assert around(Range(4, 6), [total, tax]) == {total, tax}


def test_a_query_learns_the_symbols_of_its_targets_only() -> None:
    total = symbol("total", 0, 5)

    found = with_symbols(
        query(),
        hunks={"shop/cart.py": [Range(1, 2), Range(3, 3)], "other.py": [Range(1, 2)]},
        symbols={"shop/cart.py": [total], "other.py": [total]},
    )

    assert found.symbols == (GoldSymbol("shop/cart.py", "total", Range(0, 5)),)


@pytest.mark.parametrize(
    ("qualified", "name"), [("Cart.total", "total"), ("cart::total", "total"), ("total", "total")]
)
def test_a_symbol_is_searched_for_by_its_last_name(qualified: str, name: str) -> None:
    assert GoldSymbol("a.py", qualified, Range(0, 1)).name == name
