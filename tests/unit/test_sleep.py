from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.spending import Amount, Refused, Spent, TooDear
from repo_sleeper.domain.thoughts import Candidate, Subject
from repo_sleeper.sleep.agenda import plan, tokens
from repo_sleeper.sleep.budget import Caps, refusal
from repo_sleeper.sleep.idle import why_awake, within

QUIET: dict[str, Any] = {
    "now": 1_000.0,
    "last_activity": 0.0,
    "last_ask": 0.0,
    "load_per_core": 0.1,
    "battery": False,
    "operation": "",
    "quiet_s": 120.0,
    "max_load": 0.7,
    "on_battery": False,
}


def test_when_nothing_happens_we_may_think() -> None:
    assert why_awake(**QUIET) == ""


def test_what_the_machine_does_not_tell_keeps_nobody_awake() -> None:
    assert why_awake(**{**QUIET, "load_per_core": None, "battery": None}) == ""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"last_activity": 990.0}, "files changed 10 s ago (waits for 120 s)"),
        ({"last_ask": 900.0}, "asked 100 s ago (waits for 120 s)"),
        ({"last_activity": 5_000.0}, "files changed 0 s ago (waits for 120 s)"),
        ({"last_ask": 5_000.0}, "asked 0 s ago (waits for 120 s)"),
        ({"load_per_core": 0.9}, "the machine is busy: load 0.90 per core (limit 0.70)"),
        ({"battery": True}, "on battery"),
        ({"operation": "rebase", "last_ask": 990.0}, "a rebase is in progress"),
    ],
    ids=[
        "files",
        "a question",
        "files, and a clock set back",
        "a question, and a clock set back",
        "load",
        "battery",
        "a rebase before all else",
    ],
)
def test_what_keeps_us_awake_is_said(changed: dict[str, Any], reason: str) -> None:
    assert why_awake(**{**QUIET, **changed}) == reason


def test_what_is_at_its_limit_and_not_beyond_keeps_nobody_awake() -> None:
    at_limit = {"last_activity": 880.0, "last_ask": 880.0, "typed_ago": 120.0, "load_per_core": 0.7}

    assert why_awake(**{**QUIET, **at_limit}) == ""


def test_a_battery_is_no_reason_for_who_allows_it() -> None:
    assert why_awake(**{**QUIET, "battery": True, "on_battery": True}) == ""


CAPS = Caps(
    usd_per_day=1.0,
    usd_per_month=5.0,
    tokens_per_day=1_000,
    tokens_per_month=5_000,
    calls_per_day=10,
    calls_per_month=50,
)


def test_up_to_the_cap_a_call_may_be_made() -> None:
    assert refusal(CAPS, Spent(), 1.0, 1_000) == ""


@pytest.mark.parametrize(
    ("spent", "usd", "tokens", "reason"),
    [
        (Spent(), 1.01, 10, "budget of $1.00 per day would be passed"),
        (Spent(Amount(0.5), Amount(4.8)), 0.3, 10, "budget of $5.00 per month"),
        (Spent(), 0.0, 1_001, "budget of 1,000 tokens per day"),
        (Spent(month=Amount(tokens=4_999)), 0.0, 2, "budget of 5,000 tokens per month"),
        (Spent(Amount(calls=10)), 0.0, 1, "budget of 10 calls per day"),
        (Spent(month=Amount(calls=50)), 0.0, 1, "budget of 50 calls per month"),
    ],
)
def test_each_cap_refuses_in_its_own_words(
    spent: Spent, usd: float, tokens: int, reason: str
) -> None:
    assert reason in refusal(CAPS, spent, usd, tokens)


def test_a_budget_of_nothing_sends_nothing_even_where_no_price_is_known() -> None:
    assert "nothing is sent" in refusal(replace(CAPS, usd_per_day=0.0), Spent(), 0.0, 1)


def test_a_subject_with_no_budget_gets_nothing_while_another_still_may() -> None:
    without = replace(CAPS, usd_per_subject=0.0)

    said = refusal(without, Spent(), 0.0, 1)

    assert said == "the budget is $0.00 a month for one subject, so nothing is sent"
    assert isinstance(said, TooDear)


@pytest.mark.parametrize(
    ("cap", "spent", "worst", "said"),
    [
        (0.001, Amount(), 0.02583, "this call may cost $0.02583, and a call may cost $0.001"),
        (0.25, Amount(), 0.9999, "this call may cost $0.9999, and a call may cost $0.25"),
        (9.0, Amount(0.99996), 0.00006, "$1.00 per day would be passed: $1.00 spent, this"),
        (9.0, Amount(0.5), 1.0, "$1.00 per day would be passed: $0.50 spent, this call may"),
    ],
)
def test_sums_have_the_digits_that_tell_them_apart(
    cap: float, spent: Amount, worst: float, said: str
) -> None:
    assert said in refusal(replace(CAPS, usd_per_call=cap), Spent(spent), worst, 1)


@pytest.mark.parametrize(
    ("changed", "spent", "setting"),
    [
        ({"usd_per_day": 0.0}, Spent(Amount(0.3)), "budget.usd_per_day"),
        ({"usd_per_month": 0.001}, Spent(), "budget.usd_per_month"),
        ({"tokens_per_day": 1}, Spent(), "budget.tokens_per_day"),
        ({"calls_per_month": 0}, Spent(), "budget.calls_per_month"),
        ({"usd_per_call": 0.001}, Spent(Amount(0.3)), "budget.usd_per_call"),
        ({"tokens_per_call": 1}, Spent(Amount(0.3)), "budget.tokens_per_call"),
        ({"usd_per_subject": 0.0}, Spent(), "budget.usd_per_subject"),
        ({}, Spent(Amount(0.9999)), ""),
        ({}, Spent(Amount(tokens=999)), ""),
        ({"calls_per_day": 1}, Spent(Amount(calls=1)), ""),
    ],
)
def test_where_nothing_was_spent_the_cap_is_what_to_look_at(
    changed: dict[str, Any], spent: Spent, setting: str
) -> None:
    said = refusal(replace(CAPS, **changed), spent, 0.01, 10)

    assert isinstance(said, Refused)
    assert said.hint.removeprefix("raise ").partition(" ")[0] == setting


def candidate(path: str, kind: NoteKind = NoteKind.ARCHITECTURE, **known: Any) -> Candidate:
    return Candidate(subject=Subject(path, path), kind=kind, **{"size": 3_000, **known})


def order(*candidates: Candidate) -> list[str]:
    return [item.subject.path for item in plan(candidates)]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param({"dirty_at": 5.0}, {"churn": 9.0, "references": 99.0}, id="just changed"),
        pytest.param({"churn": 3.0}, {"churn": 0.3}, id="often changed"),
        pytest.param({"references": 30.0}, {"references": 0.0}, id="much used"),
        pytest.param({"coverage": 0.1}, {"coverage": 0.9}, id="little covered"),
        pytest.param({"size": 12_000}, {"size": 500}, id="worth what a call costs anyway"),
        pytest.param({"failures": 0}, {"failures": 1}, id="not failed before"),
        pytest.param({"looks": 1}, {"looks": 2}, id="looked at less often"),
        pytest.param({"looks": 1}, {"looks": 1, "failures": 1}, id="looked at and not failed"),
    ],
)
def test_the_subject_worth_most_per_token_comes_first(
    better: dict[str, Any], worse: dict[str, Any]
) -> None:
    assert order(candidate("worse.py", **worse), candidate("zbetter.py", **better)) == [
        "zbetter.py",
        "worse.py",
    ]


def test_a_change_that_was_thought_about_is_no_change() -> None:
    thought = candidate("a.py", dirty_at=5.0, thought_at=6.0)

    assert order(thought, candidate("b.py", churn=1.0)) == ["b.py", "a.py"]
    assert plan([thought])[0].factors["changed"] == 0.0


def test_the_kinds_of_a_subject_stay_together_because_their_prompts_begin_alike() -> None:
    kinds = [NoteKind.DEBUGGING_STRATEGY, NoteKind.LIKELY_BUG, NoteKind.ARCHITECTURE]
    items = plan([candidate(p, k, churn=c) for p, c in (("a", 1.0), ("b", 1.1)) for k in kinds])

    assert [item.subject.path for item in items] == ["b"] * 3 + ["a"] * 3
    assert [item.kind for item in items[:3]] == kinds[::-1]


def test_a_subject_comes_where_its_best_kind_does() -> None:
    best, other = NoteKind.ARCHITECTURE, NoteKind.OPTIMIZATION
    both = [candidate("a", best, churn=3.0), candidate("a", other, churn=0.0)]

    assert order(candidate("b", churn=1.0), *both) == ["a", "a", "b"]


def test_a_second_look_is_worth_the_same_however_much_was_seen() -> None:
    seen, unseen = candidate("a", looks=1, coverage=1.0), candidate("b", looks=1)

    assert len({item.value for item in plan([seen, unseen])}) == 1


def test_what_is_being_worked_on_is_touched_for_certain() -> None:
    (item,) = plan([candidate("a", dirty_at=5.0)])

    assert item.factors["touched"] == 1.0


def test_code_beyond_what_is_sent_costs_and_brings_nothing() -> None:
    (large, larger) = plan([candidate("a", size=18_000), candidate("b", size=90_000)])

    assert large.value == larger.value
    assert tokens(18_000) - tokens(0) == 6_000
    assert tokens(3_000) - tokens(0) == 1_000


def test_ties_are_broken_by_path() -> None:
    assert order(candidate("b"), candidate("a"), candidate("c")) == ["a", "b", "c"]


def test_every_factor_is_told() -> None:
    (item,) = plan([candidate("a", churn=1.0)])

    assert item.factors.keys() == {
        "changed", "touched", "reuse", "uncovered", "reach", "worth", "record", "patience",
        "tokens",
    }  # fmt: skip
    assert item.value > 0


# --- the time of day, and terminals -----------------------------------------------------------


@pytest.mark.parametrize(
    ("minute", "may"),
    [(21 * 60 + 59, False), (22 * 60, True), (0, True), (419, True), (420, False)],
)
def test_a_span_may_go_over_midnight(minute: int, *, may: bool) -> None:
    assert within("22:00-07:00", minute) is may


def test_any_of_several_spans_will_do_and_none_at_all_is_always() -> None:
    assert within("22:00-07:00, 12:00-13:00", 12 * 60 + 30)
    assert within("20:00-24:00", 23 * 60 + 59)
    assert [within("12:00-13:00", 60 * hour) for hour in (12, 13)] == [True, False]
    assert within("", 600)


def test_outside_its_hours_it_says_which_they_are() -> None:
    awake = why_awake(**{**QUIET, "hours": "22:00-07:00", "minute": 12 * 60})

    assert awake == "it is not the time: idle.hours is 22:00-07:00"


def test_a_key_pressed_in_a_terminal_is_somebody_at_work() -> None:
    assert (
        why_awake(**{**QUIET, "typed_ago": 12.4}) == "a key was pressed 12 s ago (waits for 120 s)"
    )
    assert why_awake(**{**QUIET, "typed_ago": -3.0}).startswith("a key was pressed 0 s ago")
    assert why_awake(**{**QUIET, "typed_ago": 500.0}) == ""


def test_what_is_expected_counts_before_what_was() -> None:
    (item,) = plan([candidate("a", churn=9.0, expected=0.0)])

    assert item.factors["touched"] == pytest.approx(0.02)


def test_a_file_that_changes_with_a_dirty_one_is_likely_next() -> None:
    first, second = plan([candidate("a"), candidate("b", beside=0.6)])

    assert first.subject.path == "b"
    assert first.factors["touched"] == pytest.approx(math.log1p(0.6))
    assert second.subject.path == "a"


def test_notes_that_nobody_came_near_make_the_next_one_worth_less() -> None:
    missed, hit = candidate("a", misses=2), candidate("b", hits=2)

    assert [item.factors["record"] for item in plan([missed, hit])] == [1.0, 0.5]


def test_questions_that_led_here_count_as_use() -> None:
    asked, used = plan([candidate("a", asked=2.0), candidate("b", references=1.0)])

    assert (asked.subject.path, used.subject.path) == ("a", "b")
