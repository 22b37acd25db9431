from __future__ import annotations

import math

import pytest

from repo_sleeper.domain.model import Price
from repo_sleeper.sleep.worth import Mix, ours, paper, spared

PRICE = Price(1.0, 10.0)


def test_by_the_paper_a_token_asleep_costs_a_tenth() -> None:
    assert paper(60_000, 8_000, 2_000) == 1.0
    assert paper(60_000, 8_000, 2_000, ratio=1.0) == 10.0
    assert paper(60_000, 2_000, 2_000) == math.inf


def test_the_notes_that_an_answer_reads_are_paid_each_time() -> None:
    usd = spared(PRICE, without=8_000, with_notes=2_000, notes=500)

    assert usd == pytest.approx((6_000 * 10.0 - 500 * 1.0) / 1e6)
    assert spared(PRICE, without=100, with_notes=90, notes=5_000) < 0


def test_in_money_it_is_even_when_all_that_was_spent_is_spared() -> None:
    assert ours(1.0, Mix(noted=1, bare=0, free=0, free_usd=0.0), 0.1) == pytest.approx(10.0)


def test_a_question_that_gets_no_notes_spares_nothing() -> None:
    half = Mix(noted=1, bare=1, free=0, free_usd=0.0)

    assert ours(1.0, half, 0.1) == pytest.approx(20.0)


def test_an_answer_that_took_no_call_spares_what_one_would_have_cost() -> None:
    mix = Mix(noted=1, bare=0, free=3, free_usd=0.2)

    assert ours(1.0, mix, 0.0) == pytest.approx(1.0 / 0.15)


def test_notes_that_cost_more_to_read_than_they_spare_never_pay() -> None:
    assert ours(1.0, Mix(1, 0, 0, 0.0), -0.1) == math.inf
    assert ours(1.0, Mix(0, 0, 0, 0.0), 1.0) == math.inf


def test_what_cost_nothing_has_paid_for_itself() -> None:
    assert paper(0, 8, 2) == 0.0
    assert ours(0.0, Mix(1, 0, 0, 0.0), 0.1) == 0.0
