from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repo_sleeper.config.settings import BudgetSettings
from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.spending import Amount, KeptAnswer, Refused, Spent
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.errors import (
    BudgetError,
    ModelOfflineError,
    ModelReplyError,
    ModelServerError,
    StoreError,
    TooDearError,
)
from repo_sleeper.sleep.budget import Caps, refusal
from repo_sleeper.store import bugs, ledger, spending, thoughts
from repo_sleeper.store.bugs import Step
from repo_sleeper.store.counting import day_of
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.ledger import Refusal
from repo_sleeper.store.thoughts import Job

NOON = datetime(2026, 3, 14, 12).timestamp()  # noqa: DTZ001 -- local, as the caps are
DAY = 86_400.0
PRICE = Price(sent=1.0, received=10.0, cached=0.1)
PROMPT = Prompt("system", "user" * 100, 100, redactions=1)
CAPS = Caps(
    usd_per_day=0.01,
    usd_per_month=0.05,
    tokens_per_day=5_000,
    tokens_per_month=15_000,
    calls_per_day=8,
    calls_per_month=20,
)


def may(spent: Spent, usd: float, tokens: int) -> str:
    return refusal(CAPS, spent, usd, tokens)


def reserve(
    db: Database, *, now: float = NOON, prompt: Prompt = PROMPT, price: Price = PRICE
) -> int:
    return ledger.reserve(db, prompt, ledger.Terms("think", "m", "h", price, may), now=now)


def reply(sent: int, received: int, cached: int = 0, text: str = "answer") -> Reply:
    return Reply(text, Usage(sent, received, cached), "m-1")


def test_a_reservation_counts_for_the_worst_case(db: Database) -> None:
    reserve(db)

    worst = Usage(PROMPT.most_tokens, PROMPT.max_tokens)
    expected = Amount(PRICE.cost(worst), worst.sent + worst.received, 1)
    assert ledger.spent(db, NOON) == Spent(expected, expected)


def test_settling_counts_what_was_used(db: Database) -> None:
    call = reserve(db)

    usd = ledger.settle(db, call, reply(60, 20, 50), PRICE, 1.5)

    assert usd == pytest.approx((10 * 1.0 + 50 * 0.1 + 20 * 10.0) / 1e6)
    assert ledger.spent(db, NOON).day == Amount(usd, 80, 1)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        pytest.param(None, PROMPT.most_tokens + 100, id="none: the reservation stands"),
        pytest.param(Usage(0, 0), PROMPT.most_tokens + 100, id="zeros are no report"),
        pytest.param(Usage(-5, 10**12), PROMPT.most_tokens + 100, id="nonsense is clamped"),
        pytest.param(Usage(10**12, 50), 406 + 512 + 50, id="no token without a byte"),
        pytest.param(Usage(60, 20, 10**9), 80, id="cached is part of sent"),
    ],
)
def test_incredible_usage_is_never_believed(db: Database, usage: Usage | None, tokens: int) -> None:
    call = reserve(db)

    ledger.settle(db, call, Reply("answer", usage, "m"), PRICE, 0.0)

    assert ledger.spent(db, NOON).day.tokens == tokens


def test_what_counts_is_the_price_of_the_tier_that_was_served(db: Database) -> None:
    cheap = reply(60, 20)._replace(price=Price(0.5, 5.0))

    usd = ledger.settle(db, reserve(db), cheap, PRICE, 0.0)

    assert usd == pytest.approx((60 * 0.5 + 20 * 5.0) / 1e6)


@pytest.mark.parametrize(
    ("usage", "worth"),
    [(Usage(60, 20), ""), (None, "missing"), (Usage(10**12, 20), "clamped")],
)
def test_a_call_says_what_its_report_of_usage_is_worth(
    db: Database, usage: Usage | None, worth: str
) -> None:
    call = reserve(db)

    ledger.settle(db, call, Reply("answer", usage, "m"), PRICE, 0.0)

    assert spending.call(db, call)["usage"] == worth


def test_the_calls_of_this_month_that_count_for_the_most_are_summed_apart(db: Database) -> None:
    unreported = Reply("answer", None, "m")
    ledger.settle(db, reserve(db, now=NOON - 40 * DAY), unreported, PRICE, 0.0)
    ledger.settle(db, reserve(db), reply(60, 20), PRICE, 0.0)
    ledger.fail(db, reserve(db), ModelOfflineError("no route"), charge=False)
    assert ledger.in_full(db, NOON) == Amount()

    ledger.settle(db, reserve(db), unreported, PRICE, 0.0)
    ledger.fail(db, reserve(db), ModelServerError("500"), charge=True)
    reserve(db)

    found = ledger.in_full(db, NOON)
    assert (found.calls, found.tokens) == (3, 3 * (PROMPT.most_tokens + PROMPT.max_tokens))


def test_settling_a_call_that_was_never_made_is_a_mistake_of_ours(db: Database) -> None:
    with pytest.raises(StoreError, match="there is no call 7"):
        ledger.settle(db, 7, reply(1, 1), PRICE, 0.0)


def test_a_failure_counts_in_full_if_anything_was_sent_and_not_at_all_if_not(db: Database) -> None:
    before = ledger.spent(db, NOON)
    ledger.fail(db, reserve(db), ModelOfflineError("no route"), charge=False, seconds=1.0)
    assert ledger.spent(db, NOON) == before

    ledger.fail(db, reserve(db), ModelServerError("500"), charge=True)
    assert ledger.spent(db, NOON).day.calls == 1
    assert ledger.spent(db, NOON).day.tokens == PROMPT.most_tokens + 100


def test_the_last_error_is_told_verbatim_with_its_time(db: Database) -> None:
    assert ledger.last_error(db) is None
    ledger.fail(db, reserve(db), ModelServerError("500 oops"), charge=True, seconds=2.0)
    ledger.settle(db, reserve(db, now=NOON + 60), reply(1, 1), PRICE, 0.0)

    error = ledger.last_error(db)

    assert error is not None
    assert (error.kind, error.message, error.at) == ("server", "500 oops", NOON + 2.0)


def test_a_useless_answer_is_paid_for_and_complained_about(db: Database) -> None:
    call = reserve(db)
    ledger.settle(db, call, reply(60, 20), PRICE, 1.0)

    ledger.complain(db, call, ModelReplyError("not JSON"))

    assert ledger.spent(db, NOON).day.tokens == 80
    error = ledger.last_error(db)
    assert error is not None
    assert error.message == "not JSON"


def test_a_refused_call_writes_nothing(db: Database) -> None:
    big = Prompt("s", "u", 5_000)
    before = db.connection.total_changes

    with pytest.raises(BudgetError, match="5,000 tokens per day"):
        reserve(db, prompt=big, price=Price())

    assert db.connection.total_changes == before


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        (Refused("too much", "raise the cap"), "raise the cap"),
        ("too much", "`sleeper cost` shows where it went"),
    ],
)
def test_a_refused_call_says_what_to_do(db: Database, reason: str, hint: str) -> None:
    terms = ledger.Terms("think", "m", "h", PRICE, lambda *_: reason)

    with pytest.raises(BudgetError) as caught:
        ledger.reserve(db, PROMPT, terms, now=NOON)

    assert caught.value.hint == hint


def test_an_unknown_price_costs_tokens_only(db: Database) -> None:
    reserve(db, price=Price())

    day = ledger.spent(db, NOON).day
    assert (day.usd, day.tokens > 0, day.unpriced) == (0.0, True, 1)


def test_a_new_day_starts_afresh_and_the_month_goes_on(db: Database) -> None:
    ledger.settle(db, reserve(db), reply(60, 20), PRICE, 0.0)

    tomorrow = ledger.spent(db, NOON + DAY)

    assert tomorrow.day == Amount()
    assert tomorrow.month.tokens == 80
    assert ledger.spent(db, NOON + 40 * DAY).month == Amount()


def test_a_clock_set_back_does_not_give_the_day_twice(db: Database) -> None:
    ledger.settle(db, reserve(db), reply(60, 20), PRICE, 0.0)

    assert ledger.spent(db, NOON - DAY).day.tokens == 80


def test_a_clock_set_right_again_gives_no_month_twice(db: Database) -> None:
    """A person thinks while the clock is a month behind."""
    ledger.settle(db, reserve(db), reply(60, 20), PRICE, 0.0)
    ledger.resume(db, now=NOON - 31 * DAY)
    ledger.settle(db, reserve(db, now=NOON - 31 * DAY), reply(30, 10), PRICE, 0.0)
    assert ledger.spent(db, NOON - 31 * DAY).month.tokens == 120

    ledger.resume(db, now=NOON)

    assert ledger.spent(db, NOON).day.tokens == 120
    assert ledger.spent(db, NOON).month.tokens == 120


def test_a_clock_that_was_ahead_stops_nobody_for_longer_than_the_day(db: Database) -> None:
    """Nobody acts: the caps are looked at, and that is all."""
    ledger.settle(db, reserve(db, now=NOON + 400 * DAY), reply(60, 20), PRICE, 0.0)
    assert ledger.spent(db, NOON).day.tokens == 80

    ledger.redate(db, NOON)

    assert ledger.spent(db, NOON).day.tokens == 80
    assert ledger.spent(db, NOON + DAY).day == Amount()
    assert ledger.spent(db, NOON + DAY).month.tokens == 80


def test_a_call_has_its_own_day_again_once_a_clock_that_was_behind_is_right(db: Database) -> None:
    """A machine may start in 1970, and knows better a minute later."""
    ledger.settle(db, reserve(db), reply(60, 20), PRICE, 0.0)
    days = [db.value("select day from calls")]

    for now in (0.0, NOON + DAY):
        ledger.redate(db, now)
        days.append(db.value("select day from calls"))

    assert days == [day_of(NOON), day_of(0.0), day_of(NOON)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(-45, 45), st.booleans()), max_size=40))
def test_however_the_clock_jumps_each_day_and_month_is_given_once(
    jumps: list[tuple[int, bool]],
) -> None:
    db = open_database()
    now, days, months = NOON, Counter[str](), Counter[str]()
    for jump, person in jumps:
        now += jump * DAY
        if person:
            ledger.resume(db, now=now)
        with suppress(BudgetError):
            while True:
                call = reserve(db, now=now)
                ledger.settle(db, call, reply(200, 90), PRICE, 0.0)
                days[day_of(now)] += 1
                months[day_of(now)[:7]] += 1
    db.close()
    assert max(days.values(), default=0) <= CAPS.calls_per_day
    assert max(months.values(), default=0) <= CAPS.calls_per_month


def test_a_clock_that_was_ahead_is_forgiven_when_a_person_acts(db: Database) -> None:
    ledger.settle(db, reserve(db, now=NOON + 400 * DAY), reply(60, 20), PRICE, 0.0)

    ledger.resume(db, now=NOON)

    assert ledger.spent(db, NOON).day.tokens == 80
    assert ledger.spent(db, NOON + DAY).day == Amount()


def test_after_a_crash_what_was_under_way_counts_in_full(tmp_path: Path) -> None:
    file = tmp_path / "sleeper.db"
    db = open_database(file)
    reserve(db)
    before = ledger.spent(db, NOON)
    db.close()

    db = open_database(file)

    assert ledger.recover(db) == 1
    assert ledger.recover(db) == 0
    assert ledger.spent(db, NOON) == before
    db.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["settle", "no usage", "charge", "free", "crash", "leave"]),
        st.integers(0, 400),  # tokens received at most
        st.floats(0, 3 * DAY),  # time that passes
        st.builds(Usage, *[st.integers(-10, 10**13)] * 4),
    ),
    max_size=40,
)
PRICES = st.builds(Price, *[st.none() | st.floats(0, 50)] * 4)


@settings(max_examples=150, deadline=None)
@given(STEPS, PRICES)
def test_whatever_a_provider_reports_and_however_we_die_no_cap_is_ever_passed(
    steps: list[tuple[str, int, float, Usage]], price: Price
) -> None:
    db = open_database()
    now = NOON
    for what, most, passes, usage in steps:
        now += passes
        try:
            call = reserve(db, now=now, prompt=Prompt("s", "u" * 300, most), price=price)
        except BudgetError:
            assert_within_caps(ledger.spent(db, now))
            continue
        assert_within_caps(ledger.spent(db, now))
        _finish(db, call, what, usage, price)
        assert_within_caps(ledger.spent(db, now))
    db.close()


def _finish(db: Database, call: int, what: str, usage: Usage, price: Price) -> None:
    if what in {"settle", "no usage"}:
        told = usage if what == "settle" else None
        ledger.settle(db, call, Reply("a" * 5_000, told, "m"), price, 0.0)
    elif what in {"charge", "free"}:
        ledger.fail(db, call, ModelServerError("x"), charge=what == "charge")
    elif what == "crash":
        ledger.recover(db)


def test_cached_tokens_that_cost_more_than_fresh_ones_are_the_worst_case(db: Database) -> None:
    price = Price(1.0, 1.0, 5.0)
    call = reserve(db, price=price)

    ledger.settle(db, call, reply(10**9, 10**9, 10**9), price, 0.0)

    expected = (5.0 * PROMPT.most_tokens + 1.0 * PROMPT.max_tokens) / 1e6
    assert ledger.spent(db, NOON).day.usd == pytest.approx(expected)


def test_the_usual_caps_leave_room_for_a_night_of_work(db: Database) -> None:
    budget = BudgetSettings()
    caps = Caps(**{key: getattr(budget, key) for key in Caps.__slots__})
    prompt = Prompt("s" * 4_000, "u" * 14_000, 2_000)
    cheap, calls = Price(0.25, 2.0, 0.025), 0
    with suppress(BudgetError):
        while True:
            call = ledger.reserve(
                db,
                prompt,
                ledger.Terms("think", "m", "h", cheap, lambda *worst: refusal(caps, *worst)),
                now=NOON,
            )
            ledger.settle(db, call, reply(5_000, 600), cheap, 1.0)
            calls += 1

    assert calls > 80


def assert_within_caps(spent: Spent) -> None:
    assert spent.day.usd <= CAPS.usd_per_day + 1e-12
    assert spent.month.usd <= CAPS.usd_per_month + 1e-12
    assert spent.day.tokens <= CAPS.tokens_per_day
    assert spent.month.tokens <= CAPS.tokens_per_month
    assert spent.day.calls <= CAPS.calls_per_day
    assert spent.month.calls <= CAPS.calls_per_month


# --- what was answered before ------------------------------------------------------------------


ASKED = Prompt("system", "why?", 100)


def answered(db: Database, text: str = "so", **other: Any) -> int:
    """A question that was answered, in some way other than `ASKED` to "m" at "h"."""
    said = {"purpose": "ask", "model": "m", "host": "h", "prompt": ASKED, **other}
    terms = ledger.Terms(said["purpose"], said["model"], said["host"], PRICE, may)
    call = ledger.reserve(db, said["prompt"], terms, now=NOON)
    ledger.settle(db, call, reply(60, 20, text=text), PRICE, 1.0)
    return call


def again(db: Database) -> KeptAnswer | None:
    return ledger.kept_answer(db, ASKED, model="m", host="h")


def test_the_newest_answer_to_a_question_is_given_again(db: Database) -> None:
    answered(db, "at first")
    answered(db, "then")

    assert again(db) == KeptAnswer("then", "m-1", NOON)


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": ASKED._replace(user="why not?")},
        {"prompt": ASKED._replace(system="other orders")},
        {"prompt": ASKED._replace(max_tokens=200)},
        {"model": "another"},
        {"host": "elsewhere"},
        {"purpose": "bench"},
        {"text": ""},
    ],
    ids=["user", "system", "length", "model", "host", "purpose", "empty"],
)
def test_an_answer_to_anything_else_is_not_given_again(db: Database, other: dict[str, Any]) -> None:
    answered(db, **other)

    assert again(db) is None


@pytest.mark.parametrize(
    "spoil",
    [
        ledger.cut,
        lambda db, call: ledger.complain(db, call, ModelReplyError("no answer")),
        lambda db, call: ledger.fail(db, call, ModelServerError("500"), charge=True),
    ],
    ids=["cut", "of no use", "failed"],
)
def test_an_answer_that_is_not_whole_is_not_given_again(
    db: Database, spoil: Callable[[Database, int], None]
) -> None:
    spoil(db, answered(db))

    assert again(db) is None


# --- one call, one subject --------------------------------------------------------------------


def narrow(**caps: Any) -> Refusal:
    narrowed = replace(CAPS, **caps)
    return lambda spent, usd, tokens: refusal(narrowed, spent, usd, tokens)


def about(db: Database, label: str, may: Refusal) -> int:
    path, _, symbol = label.partition("::")
    subject = Subject(path, "1", symbol)
    call = ledger.reserve(
        db, PROMPT, ledger.Terms("think", "m", "h", PRICE, may), now=NOON, subject=subject
    )
    job = Job(subject=subject, kind=NoteKind.ARCHITECTURE, version="1")
    thoughts.start(
        db, job, call_id=call, tree_id=1, content_hash="", commit="", request="{}", now=NOON
    )
    return call


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        ({"usd_per_call": 0.001}, "a call may cost"),
        ({"tokens_per_call": 1_000}, "a call may take 1,000"),
        ({"usd_per_subject": 0.003}, "for one subject would be passed"),
        ({"tokens_per_subject": 2_000}, "2,000 tokens a month for one subject"),
        ({"calls_per_subject": 1}, "1 call a month for one subject"),
    ],
)
def test_what_is_too_dear_alone_says_that_another_need_not_be(
    db: Database, caps: dict[str, float], reason: str
) -> None:
    about(db, "other.py", may)

    with suppress(TooDearError):
        about(db, "a.py", narrow(**caps))
    with pytest.raises(TooDearError, match=reason):
        about(db, "a.py", narrow(**caps))


def test_a_definition_does_not_use_up_the_cap_of_its_file_or_of_another(db: Database) -> None:
    caps = narrow(calls_per_subject=1)

    for label in ("a.py", "a.py::one", "a.py::two"):
        about(db, label, caps)

    with pytest.raises(TooDearError):
        about(db, "a.py::two", caps)


def test_what_is_about_no_subject_is_not_held_against_the_repository_s_own(db: Database) -> None:
    about(db, "", may)

    assert ledger.spent(db, NOON).subject == Amount()
    assert ledger.spent(db, NOON, subject=Subject("", "1")).subject.calls == 1


def test_what_every_subject_had_this_month_is_what_its_caps_are_held_against(
    db: Database,
) -> None:
    """A look that served two findings at one place is counted there once."""
    wide = narrow(tokens_per_day=50_000)
    about(db, "last month.py", wide)
    db.execute("update calls set day = '2026-02-01', at = 0")
    for label in ("a.py", "a.py::one", "a.py::one"):
        about(db, label, wide)
    look = about(db, "thought.py", wide)
    db.execute("delete from thoughts where call_id = ?", (look,))
    bugs.begin(
        db, ["1", "2"], step=Step.AGAIN, version="", call_id=look, path="b", symbol="", now=0.0
    )

    found = ledger.spent_by_subject(db, NOON)

    assert {place: amount.calls for place, amount in found.items()} == {
        ("a.py", ""): 1,
        ("a.py", "one"): 2,
        ("b", ""): 1,
    }
    for (path, symbol), amount in found.items():
        assert ledger.spent(db, NOON, subject=Subject(path, "", symbol)).subject == amount


def test_the_day_goes_before_the_subject(db: Database) -> None:
    with pytest.raises(BudgetError, match="tokens per day") as caught:
        about(db, "a.py", narrow(tokens_per_day=10, tokens_per_call=10))

    assert not isinstance(caught.value, TooDearError)
