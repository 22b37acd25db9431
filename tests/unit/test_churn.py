"""Churn: changes counted, each worth half after a half-life of commits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.history.churn import decayed_churn


def test_a_change_is_worth_half_after_a_half_life() -> None:
    churn = decayed_churn({"a.py": [0, 100], "b.py": [100]}, half_life=100)

    assert churn == {"a.py": 1.5, "b.py": 0.5}


def test_a_path_without_changes_has_no_churn() -> None:
    assert decayed_churn({"a.py": []}) == {"a.py": 0}


@given(st.lists(st.integers(0, 5_000), max_size=20), st.integers(0, 5_000))
def test_another_change_never_takes_away(ages: list[int], age: int) -> None:
    before = decayed_churn({"a.py": ages})["a.py"]

    assert decayed_churn({"a.py": [*ages, age]})["a.py"] >= before
