from __future__ import annotations

import math

import pytest

from repo_sleeper.domain.model import Price
from repo_sleeper.sleep.worth import Answering, ours, paper

ANSWERING = Answering(without=8_000, with_notes=2_000, notes=500)
PRICE = Price(1.0, 10.0)


def test_by_the_paper_a_token_asleep_costs_a_tenth() -> None:
    assert paper(60_000, ANSWERING) == 1.0
    assert paper(60_000, ANSWERING, ratio=1.0) == 10.0


def test_in_money_the_notes_that_each_question_reads_are_paid_each_time() -> None:
    saved = (6_000 * 10.0 - 500 * 1.0) / 1e6
    assert ours(1.0, ANSWERING, PRICE) == pytest.approx(1.0 / saved)


def test_notes_that_cost_more_to_read_than_they_spare_never_pay() -> None:
    assert ours(1.0, Answering(without=100, with_notes=90, notes=5_000), PRICE) == math.inf
    assert paper(1.0, Answering(without=1, with_notes=1, notes=0)) == math.inf


def test_what_cost_nothing_has_paid_for_itself() -> None:
    assert paper(0, ANSWERING) == 0.0
    assert ours(0.0, ANSWERING, PRICE) == 0.0
