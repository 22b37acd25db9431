"""What the books say of questions, and whether the notes have paid: measured, or said to be not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from repo_sleeper.cli import cost_even
from repo_sleeper.domain.model import Price, Reply, Usage
from repo_sleeper.store import ledger, questions
from repo_sleeper.store.database import Database
from repo_sleeper.store.habit import Answers, Habit, habit
from tests.unit.test_spending import PRICE, call, thought


def asked(db: Database, *, received: int, notes: Sequence[str] = ()) -> None:
    """A question that a model answered, with these notes before it."""
    question = questions.remember(db, "why?", now=1.0, paths=["a.py"], notes=notes)
    number = call(db, "ask")
    ledger.settle(db, number, Reply("so", Usage(1_000, received), "m"), PRICE, 1.0)
    questions.answered(db, question, by="model", call=number)


def test_answers_with_notes_are_told_from_those_without(db: Database) -> None:
    thought(db, "aaaa")
    for received in (20, 40):
        asked(db, received=received, notes=["aaaa", "survey"])
    asked(db, received=90, notes=["survey"])
    questions.remember(db, "context alone", now=1.0, paths=["a.py"], notes=["aaaa"])

    found = habit(db)

    assert (found.received_asleep, found.tokens_asleep) == (80, 280)
    assert (found.asks, found.free, found.answers.count) == (4, 0, 3)
    assert (found.noted.count, found.noted.received) == (2, 30.0)
    assert found.noted.notes == len("titlebody") / 4, "not spread over questions without any"
    assert (found.bare.count, found.bare.received, found.bare.notes) == (1, 90.0, 0.0)


def test_a_note_that_was_put_aside_since_was_sent_nevertheless(db: Database) -> None:
    thought(db, "aaaa")
    asked(db, received=20, notes=["aaaa"])
    db.execute("update notes set state = 'dismissed'")

    assert habit(db).noted.notes == len("titlebody") / 4


def test_answers_that_took_no_call_are_counted_by_where_they_are_from(db: Database) -> None:
    questions.remember(db, "who calls total?", now=1.0, paths=[], notes=[], answered="index")
    again = questions.remember(db, "why?", now=1.0, paths=[], notes=[])
    questions.answered(db, again, by="kept", call=None)

    found = habit(db)

    assert (found.asks, found.kept, found.from_index, found.free) == (2, 1, 1, 2)
    assert found.answers == Answers()


# --- what follows -----------------------------------------------------------------------------


def told(found: Habit, *, without: float | None = None, spares: float | None = None) -> str:
    return "\n".join(cost_even._lines(cost_even._case(found, Price(1.0, 10.0), without, spares)))


def figures(found: Habit, **said: float | None) -> dict[str, object]:
    both = {"without": None, "spares": None, **said}
    case = cost_even._case(found, Price(1.0, 10.0), both["without"], both["spares"])
    even = cost_even._object(case)["questions_to_even"]
    assert isinstance(even, dict)
    return even


def test_programs_are_told_the_price_that_a_question_has() -> None:
    dear = Price(1.0, 10.0, longer=((100, Price(2.0, 20.0)),))

    told = cost_even._object(cost_even._case(Habit(), dear, None, None))["price"]

    assert told == {"sent": 1.0, "received": 10.0, "cached": None, "written": None}


SPENT = Habit(usd=1.0, received_asleep=60_000, asks=10)
NOTED = Answers(count=6, usd=0.02, received=2_000.0, notes=500.0)
BARE = Answers(count=6, usd=0.12, received=8_000.0)


def with_(found: Habit, **changed: object) -> Habit:
    from dataclasses import replace

    return replace(found, **changed)  # type: ignore[arg-type]  # each is of its field's type


def test_without_measurements_nothing_is_made_up() -> None:
    assert set(figures(SPENT).values()) == {None}
    assert "not known yet" in told(SPENT)
    assert "0 answers so far, 5 are needed" in told(SPENT)


def test_what_is_assumed_is_said_to_be() -> None:
    noted = with_(SPENT, noted=NOTED)

    assert figures(noted, spares=4)["paper"] == 1
    assert "B = 8,000 tokens an answer takes without notes (assumed: b x 4" in told(noted, spares=4)
    assert "b = 2,000 tokens with them (measured, 6 answers)" in told(noted, spares=4)
    assert figures(SPENT, without=8_000, spares=4)["paper_at_one_price"] == 10
    assert "(assumed: --without says so)" in told(SPENT, without=8_000, spares=4)


def test_what_is_assumed_is_worth_money_less_what_its_notes_cost_to_read() -> None:
    assert figures(with_(SPENT, noted=NOTED), spares=4)["money"] == 17


@pytest.mark.parametrize("one", [{"noted": NOTED}, {"bare": BARE}], ids=["noted", "bare"])
def test_one_of_the_two_is_not_enough(one: dict[str, Answers]) -> None:
    found = with_(SPENT, **one)

    assert set(figures(found).values()) == {None}
    assert told(found).count("not known yet") == 3


def test_where_both_are_measured_the_ledger_says_what_notes_spare() -> None:
    both = with_(SPENT, noted=NOTED, bare=BARE, answers=Answers(12, 0.07, 5_000.0))

    assert figures(both) == {"paper": 1, "paper_at_one_price": 10, "money": 20}
    assert "assumed" not in told(both)


def test_an_answer_without_a_call_is_credited_with_what_it_replaced() -> None:
    free = with_(SPENT, noted=NOTED, kept=4, from_index=2, answers=Answers(6, 0.02, 2_000.0))

    # Half the questions spare 0.02, the others read notes for 0.0005 and spare who knows what.
    assert figures(free)["money"] == 103
    assert "103 questions, by answers that took no call alone" in told(free)
    assert "6: 4 from kept replies, 2 from the index" in told(free)
    assert "which spared $0.12" in told(free)


def test_what_a_person_says_goes_before_what_was_measured() -> None:
    noted = with_(SPENT, noted=NOTED)

    assert figures(noted, without=9_000, spares=3)["paper_at_one_price"] == 10


def test_how_many_times_something_unknown_is_unknown() -> None:
    assert set(figures(SPENT, spares=4).values()) == {None}


def test_before_the_first_question_each_is_taken_to_get_notes() -> None:
    assert figures(with_(SPENT, asks=0), without=8_000, spares=4)["money"] == 17


def spared(found: Habit) -> object:
    case = cost_even._case(found, Price(1.0, 10.0), None, None)
    return cost_even._object(case)["spared_by_no_call_usd"]


def test_answers_of_an_unknown_price_are_credited_with_nothing() -> None:
    unknown = Answers(12, None, 5_000.0)
    both = with_(SPENT, noted=NOTED, bare=BARE, kept=4, answers=unknown)

    assert figures(both)["money"] == 27
    assert spared(both) is None
    assert spared(with_(both, kept=0)) == 0.0


def test_where_calls_had_no_price_there_is_no_money_to_count() -> None:
    both = with_(SPENT, noted=NOTED, bare=BARE, unpriced=2)

    assert figures(both) == {"paper": 1, "paper_at_one_price": 10, "money": None}
    assert "unknown: nobody knows what 2 calls cost" in told(both)


@pytest.mark.parametrize("price", [Price(), Price(1.0)])
def test_without_a_price_there_is_no_money_to_count(price: Price) -> None:
    case = cost_even._case(with_(SPENT, noted=NOTED, bare=BARE), price, None, None)

    assert case.money is None
    assert "nobody knows the price" in "\n".join(cost_even._lines(case))
