from __future__ import annotations

import pytest

from repo_sleeper.domain.spending import Pause
from repo_sleeper.errors import (
    ModelAuthError,
    ModelError,
    ModelOfflineError,
    ModelQuotaError,
    ModelRateError,
    ModelRefusedError,
    ModelReplyError,
    ModelRequestError,
    ModelServerError,
    ModelTooLongError,
)
from repo_sleeper.store import ledger, pause
from repo_sleeper.store.database import Database


@pytest.mark.parametrize("error", [ModelAuthError, ModelQuotaError, ModelRequestError])
def test_what_only_a_person_can_mend_stops_until_one_acts(
    db: Database, error: type[ModelError]
) -> None:
    pause.failed(db, error("told so"), now=1_000.0)

    stopped = ledger.paused(db)
    assert stopped is not None
    assert (stopped.message, stopped.until) == ("told so", None)
    assert pause.waiting(db, 9e9) == stopped
    assert ledger.not_before(db) == 0.0

    assert ledger.resume(db) == stopped
    assert pause.waiting(db, 1_000.0) is None
    assert ledger.resume(db) is None


def test_a_pause_says_what_happened_and_when(db: Database) -> None:
    assert pause.failed(db, ModelServerError("503"), now=5.0) == Pause(
        "server", "503", 5.0, 35.0, 1
    )
    assert pause.failed(db, ModelAuthError("401"), now=6.0) == Pause("auth", "401", 6.0)


def waits(db: Database, *errors: ModelError) -> list[float]:
    found = []
    for error in errors:
        pause.failed(db, error, now=0.0)
        found.append(ledger.not_before(db))
    return found


def test_a_busy_provider_is_left_alone_longer_each_time_up_to_an_hour(db: Database) -> None:
    assert waits(db, *[ModelRateError("429")] * 9) == [
        30, 60, 900, 900, 900, 960, 1920, 3600, 3600,
    ]  # fmt: skip


def test_a_provider_that_is_away_is_asked_every_quarter_of_an_hour(db: Database) -> None:
    down = [ModelServerError("503"), ModelOfflineError("refused"), *[ModelServerError("503")] * 8]

    assert waits(db, *down) == [30, 60] + [900] * 8


@pytest.mark.parametrize(
    ("asked", "waited"), [(3_600.0, 3_600.0), (-5.0, 30.0), (1e12, 21_600.0), (1.0, 30.0)]
)
def test_retry_after_is_a_hint_within_reason(db: Database, asked: float, waited: float) -> None:
    assert waits(db, ModelRateError("429", retry_after=asked)) == [waited]
    assert pause.waiting(db, 0.0) is not None


def test_only_the_third_useless_answer_in_a_row_is_a_reason_to_wait(db: Database) -> None:
    assert waits(db, *[ModelReplyError("prose")] * 3) == [0, 0, 900]


@pytest.mark.parametrize("error", [ModelTooLongError("x"), ModelRefusedError("x")])
def test_what_is_wrong_with_one_content_says_nothing_of_the_next(
    db: Database, error: ModelError
) -> None:
    assert pause.failed(db, error, now=0.0) is None
    assert pause.waiting(db, 0.0) is None


def test_a_useful_answer_ends_the_counting(db: Database) -> None:
    waits(db, ModelServerError("503"), ModelServerError("503"))

    pause.succeeded(db)

    assert waits(db, ModelServerError("503")) == [30]


def test_the_time_to_wait_passes(db: Database) -> None:
    pause.failed(db, ModelServerError("503"), now=1_000.0)

    assert pause.waiting(db, 1_029.0) is not None
    assert pause.waiting(db, 1_030.0) is None
    assert ledger.paused(db) is None


def test_a_clock_set_back_does_not_turn_a_minute_into_a_year(db: Database) -> None:
    pause.failed(db, ModelServerError("503"), now=1e9)

    assert pause.waiting(db, 1e9 - 1e7) is None


# --- what a question tells --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (ModelAuthError("401"), ["auth"]),
        (ModelQuotaError("402"), ["quota"]),
        (ModelRequestError("400"), []),
        (ModelServerError("503"), []),
        (None, []),
    ],
    ids=str,
)
def test_a_question_stops_thoughts_only_for_what_is_wrong_with_the_account(
    db: Database, error: ModelError | None, kinds: list[str]
) -> None:
    pause.asked(db, error, now=5.0)

    found = pause.waiting(db, 5.0)
    assert [(one.kind, one.at) for one in (found,) if one] == [(kind, 5.0) for kind in kinds]


def test_a_question_that_failed_otherwise_ends_no_pause(db: Database) -> None:
    pause.failed(db, ModelAuthError("401"), now=5.0)

    pause.asked(db, ModelServerError("503"), now=6.0)

    assert pause.paused(db) is not None


# --- nothing comes of it ----------------------------------------------------------------------


def thought(db: Database, *, notes: int, state: str = "applied", kind: str = "") -> None:
    db.execute(
        "insert or ignore into calls (id, at, day, purpose, model, state, reserved_usd,"
        " reserved_tokens, max_tokens, prompt_hash, bytes, ranges, redactions)"
        " values (1, 0, '', '', '', '', 0, 0, 0, '', 0, '', 0)"
    )
    db.execute(
        "insert into thoughts (call_id, subject_path, subject_symbol, subject_hash, kind,"
        " prompt_version, state, request, at, grounded, error_kind)"
        " values (1, '', '', '', '', '', ?, '', 0, ?, ?)",
        (state, notes, kind),
    )


def test_thoughts_that_never_leave_a_note_end_in_a_pause_for_a_person(db: Database) -> None:
    thought(db, notes=1)
    for state in ("applied", "failed", "unknown"):
        assert pause.if_fruitless(db, most=3, now=5.0) is None
        thought(db, notes=0, state=state)

    found = pause.if_fruitless(db, most=3, now=5.0)

    assert found is not None
    assert (found.kind, found.until) == ("no-progress", None)
    assert pause.paused(db) == found
    assert pause.if_fruitless(db, most=3, now=6.0) is None, "it is said once"


def test_after_a_person_acted_it_is_counted_afresh(db: Database) -> None:
    for _ in range(3):
        thought(db, notes=0)
    pause.if_fruitless(db, most=3, now=5.0)
    pause.succeeded(db)
    assert pause.paused(db) is None
    for _ in range(2):
        thought(db, notes=0)

    assert pause.if_fruitless(db, most=3, now=6.0) is None


def test_who_must_act_already_is_not_told_another_reason(db: Database) -> None:
    stopped = pause.failed(db, ModelAuthError("401"), now=4.0)
    for _ in range(3):
        thought(db, notes=0)

    assert pause.if_fruitless(db, most=3, now=5.0) is None
    assert pause.paused(db) == stopped


def test_a_time_to_wait_does_not_hide_that_nothing_comes_of_it(db: Database) -> None:
    pause.failed(db, ModelServerError("503"), now=4.0)
    for _ in range(3):
        thought(db, notes=0)

    assert pause.if_fruitless(db, most=3, now=5.0) is not None


def test_being_offline_is_no_lack_of_progress(db: Database) -> None:
    for _ in range(3):
        thought(db, notes=0, state="failed", kind="offline")

    assert pause.if_fruitless(db, most=3, now=5.0) is None
