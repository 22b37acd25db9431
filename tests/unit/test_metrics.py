"""The numbers an evaluation reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.domain.code import Range
from repo_sleeper.evaluate.metrics import (
    Interval,
    Piece,
    context_scores,
    f1_at,
    file_scores,
    macro,
    mean,
    paired_interval,
    recall_at,
    reciprocal_rank,
)
from repo_sleeper.evaluate.queries import GoldSymbol

TOTAL = GoldSymbol("cart.py", "Cart.total", Range(10, 13))
PRICE = GoldSymbol("cart.py", "Cart.price", Range(20, 22))


def words(text: str) -> int:
    return len(text.split())


def test_a_perfect_ranking_scores_one_where_its_length_allows() -> None:
    scores = file_scores(["a", "b", "x", "y", "z"], {"a", "b"})

    assert scores == {"R@5": 1.0, "R@10": 1.0, "F1@5": 4 / 7, "MRR": 1.0, "RPrec": 1.0}


def test_an_empty_ranking_scores_nothing() -> None:
    assert set(file_scores([], {"a"}).values()) == {0.0}


def test_recall_counts_the_first_k_only() -> None:
    assert recall_at(2, ["x", "a", "b"], {"a", "b"}) == 0.5


def test_f1_of_a_shorter_list_is_judged_by_its_own_length() -> None:
    assert f1_at(5, ["a"], {"a"}) == 1.0
    assert f1_at(5, ["a", "v", "w", "x", "y"], {"a"}) == pytest.approx(2 / 6)


def test_the_reciprocal_rank_is_of_the_first_hit() -> None:
    assert reciprocal_rank(["x", "a", "b"], {"a", "b"}) == 0.5
    assert reciprocal_rank(["x"], {"a"}) == 0.0


def test_a_symbol_is_recalled_when_its_own_file_names_it() -> None:
    pieces = [Piece("cart.py", "1. cart.py\n"), Piece("cart.py", "   def total(self)\n")]

    scores = context_scores(pieces, [TOTAL, PRICE], count=words)

    assert scores["SymRecall"] == 0.5
    assert scores["CtxEff"] == pytest.approx(2 / 4)


def test_the_same_name_in_another_file_is_not_that_symbol() -> None:
    scores = context_scores([Piece("tax.py", "def total(): ...")], [TOTAL], count=words)

    assert scores == {"SymRecall": 0.0, "CtxEff": 0.0}


def test_part_of_a_name_is_not_the_name() -> None:
    scores = context_scores([Piece("cart.py", "def subtotal_of(): ...")], [TOTAL], count=words)

    assert scores["SymRecall"] == 0.0


def test_lines_that_lie_in_a_gold_symbol_are_useful() -> None:
    shown = Piece("cart.py", "a b\nc d\ne f\n", start=11)

    assert context_scores([shown], [TOTAL], count=words)["CtxEff"] == pytest.approx(4 / 6)


def test_an_empty_context_is_of_no_use() -> None:
    assert context_scores([], [TOTAL], count=words) == {"SymRecall": 0.0, "CtxEff": 0.0}


def test_a_long_history_does_not_count_more_than_a_short_one() -> None:
    assert macro([[1.0], [0.0, 0.0, 0.0], []]) == 0.5
    assert mean([]) == 0.0
    assert macro([]) == 0.0


def test_an_interval_is_about_pairs_and_the_same_every_time() -> None:
    ours, theirs = [[1.0, 0.5, 1.0, 0.0]], [[0.5, 0.0, 0.5, 0.0]]

    found = paired_interval(ours, theirs)

    assert found == paired_interval(ours, theirs)
    assert found.low <= found.mean == 0.375 <= found.high


def test_a_difference_that_never_varies_has_no_width() -> None:
    assert paired_interval([[1.0, 1.0], []], [[0.5, 0.5], []]) == Interval(0.5, 0.5, 0.5)


def test_a_difference_is_real_when_its_low_end_is_above_zero() -> None:
    assert Interval(0.2, 0.1, 0.3).is_real
    assert not Interval(0.2, 0.0, 0.3).is_real


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdxyz")))
def test_every_score_lies_between_nothing_and_all(ranked: list[str], gold: set[str]) -> None:
    for value in file_scores(ranked, gold or {"a"}).values():
        assert 0.0 <= value <= 1.0
