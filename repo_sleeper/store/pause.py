"""Why no call is made just now: a person must act, or the provider needs time."""

from __future__ import annotations

import json

from repo_sleeper.domain.spending import Pause
from repo_sleeper.errors import ModelError
from repo_sleeper.store.database import Database

# Whoever is asked next: the same key is refused, and the same purse is empty.
OF_THE_ACCOUNT = frozenset({"auth", "quota"})
_KEY = "pause"
_PROGRESS = "progress-from"
_FIRST_WAIT = 30.0
_LONGEST_WAIT = 3_600.0
_LONGEST_RETRY_AFTER = 6 * 3_600.0
# With the breaker open a single call every quarter of an hour asks whether the provider is back.
_BREAKER = 3
_PROBE = 900.0
# What was sent, or that nothing was: neither says anything about the next call.
_NO_REASON = frozenset({"too-long", "refused", "stopped", "unsent"})


def failed(db: Database, error: ModelError, *, now: float) -> Pause | None:
    """Draw the consequence of a failed call; None when it says nothing about the next one."""
    if error.kind in _NO_REASON:
        return None
    if error.permanent:
        return stop_until_person(db, error.kind, str(error), now=now)
    before = _stored(db)
    failures = 1 + (before.failures if before else 0)
    until = now + _wait(error, failures)
    return _store(db, Pause(error.kind, str(error), now, until, failures))


def asked(db: Database, error: ModelError | None, *, now: float) -> None:
    """How a question of a person ended, as far as it tells how a thought would end."""
    pause = _stored(db)
    if error is not None and error.kind in OF_THE_ACCOUNT:
        stop_until_person(db, error.kind, str(error), now=now)
    elif error is None and pause is not None and pause.kind in OF_THE_ACCOUNT:
        db.set_meta(_KEY, None)


def succeeded(db: Database) -> Pause | None:
    """An answer was of use, or a person acted: whatever was wrong is over."""
    pause = _stored(db)
    if pause is not None:
        db.set_meta(_KEY, None)
    return pause


def stop_until_person(db: Database, kind: str, message: str, *, now: float) -> Pause:
    """No calls until someone acts: a quota, a key, a request the provider will never take."""
    return _store(db, Pause(kind, message, now))


def if_fruitless(db: Database, *, most: int, now: float) -> Pause | None:
    """Stop when the last `most` thoughts that were sent have left no note between them.

    Few of them need leave one, but a model that never does spends for nothing: it may be too
    small, or answer beside the question. A person decides; then it is counted afresh.
    """
    before = _stored(db)
    if before is not None and before.until is None:
        return None
    since = int(db.meta(_PROGRESS) or 0)
    rows = db.rows(
        """
        select grounded from thoughts where call_id is not null and id > ?
        and state in ('applied', 'failed', 'unknown')
        and error_kind not in ('offline', 'rate', 'stopped', 'unsent')
        and prompt_version not like '%~%'  -- a second look that changes nothing is a good end
        order by id desc limit ?
        """,
        (since, most),
    )
    if len(rows) < most or any(row["grounded"] for row in rows):
        return None
    db.set_meta(_PROGRESS, str(db.value("select max(id) from thoughts")))
    message = f"{most} thoughts in a row left no note; `sleeper cost show` has their replies"
    return stop_until_person(db, "no-progress", message, now=now)


def paused(db: Database) -> Pause | None:
    """The pause that only a person can end, if there is one."""
    pause = _stored(db)
    return pause if pause is not None and pause.until is None else None


def waiting(db: Database, now: float) -> Pause | None:
    """Any pause that holds at `now`: for a person, or for a time."""
    pause = _stored(db)
    if pause is None or pause.until is None:
        return pause
    # A clock set back must not turn half a minute into a year.
    holds = now < pause.until and pause.until - now <= _LONGEST_RETRY_AFTER
    return pause if holds else None


def not_before(db: Database) -> float:
    """The time before which no call is made; 0.0 when there is none to wait for."""
    pause = _stored(db)
    return 0.0 if pause is None or pause.until is None else pause.until


def _wait(error: ModelError, failures: int) -> float:
    if error.kind == "reply":  # an unusable answer says little about the next; three say enough
        return _PROBE if failures >= _BREAKER else 0.0
    longest = _LONGEST_WAIT if error.kind == "rate" else _PROBE
    wait = min(_FIRST_WAIT * 2.0 ** min(failures - 1, 20), longest)
    if failures >= _BREAKER:
        wait = max(wait, _PROBE)
    return max(wait, min(max(error.retry_after or 0.0, 0.0), _LONGEST_RETRY_AFTER))


def _stored(db: Database) -> Pause | None:
    text = db.meta(_KEY)
    return None if text is None else Pause(*json.loads(text))


def _store(db: Database, pause: Pause) -> Pause:
    fields = (pause.kind, pause.message, pause.at, pause.until, pause.failures)
    db.set_meta(_KEY, json.dumps(fields))
    return pause
