"""Co-change: how surely one path changes when another does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.domain.history import CoChange
from repo_sleeper.history.cochange import confidences


def test_confidence_has_a_direction() -> None:
    pairs = confidences([("a", "b")] * 3 + [("b",)] * 3)

    assert pairs == [CoChange("a", "b", 3, 3), CoChange("b", "a", 3, 6)]
    assert [pair.confidence for pair in pairs] == [1.0, 0.5]


def test_two_commits_are_chance() -> None:
    assert confidences([("a", "b")] * 2) == []


def test_a_sweep_says_nothing_of_pairs_but_counts_as_a_change() -> None:
    sweep = tuple(f"f{number}" for number in range(31))

    assert confidences([sweep] * 5) == []
    assert CoChange("f1", "x", 3, 4) in confidences([("f1", "x")] * 3 + [sweep])


@given(st.lists(st.frozensets(st.sampled_from("abcd"), max_size=4), max_size=30))
def test_confidence_is_a_probability(baskets: list[frozenset[str]]) -> None:
    assert all(0 < pair.confidence <= 1 for pair in confidences(baskets, support=1))
