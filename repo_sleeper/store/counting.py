"""What calls count for, and what that comes to against the caps of a day, a month, a subject."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from repo_sleeper.domain.spending import Amount, Spent
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.store.database import Database, Row

# What a call counts for. One that we know nothing of (still running, or running when we died, or
# failed after something was sent) counts for the most it can have cost.
USD = """case state when 'settled' then usd when 'failed' then charged * reserved_usd
          else reserved_usd end"""
TOKENS = """case state when 'settled' then tokens_sent + tokens_received
             when 'failed' then charged * reserved_tokens else reserved_tokens end"""
CALLS = "case state when 'failed' then charged else 1 end"
UNPRICED = f"case when priced then 0 else {CALLS} end"
# Those that count for the most they can have taken, because nobody knows what they took.
_IN_FULL = "case state when 'settled' then usage = 'missing' when 'failed' then charged else 1 end"
_COUNTED = "calls.id >= :since"
# From the first that was dated into a day or month, or later, or made when the clock was in it.
_SINCE = "select min(id) from calls where day >= :first or (at >= :begins and at < :ends)"
_OWN_DAY = "date(at, 'unixepoch', 'localtime')"
# By more than a day: what was dated in another zone keeps its date.
_BEHIND = "at <= :now and day < date(at, 'unixepoch', 'localtime', '-1 day')"
# A definition is a subject of its own: else those of a long file would use up each other's cap.
# A look that served several findings counts for the one that it was allowed for.
_ABOUT = """id in (
    select call_id from thoughts where subject_path = :path and subject_symbol = :symbol
    union all select call_id from bug_checks where path = :path and symbol = :symbol
)"""
_AMOUNT = f"""coalesce(sum({USD}), 0.0) as usd, coalesce(sum({TOKENS}), 0) as tokens,
              coalesce(sum({CALLS}), 0) as calls, coalesce(sum({UNPRICED}), 0) as unpriced"""


def spent(db: Database, now: float, *, subject: Subject | None = None) -> Spent:
    """What counts against the caps of the day and the month that `now` is in, and of a subject."""
    month = _since_month(db, now)
    return Spent(
        _amount(db, _COUNTED, since_day(db, now)),
        _amount(db, _COUNTED, month),
        _amount(db, f"{_COUNTED} and {_ABOUT}", month, subject) if subject else Amount(),
    )


def in_full(db: Database, now: float) -> Amount:
    """The calls of this month that count for the most they can have taken: nobody knows better."""
    return _amount(db, f"{_COUNTED} and {_IN_FULL}", _since_month(db, now))


def spent_by_subject(db: Database, now: float) -> dict[tuple[str, str], Amount]:
    """What counts this month against the caps of each path and symbol that had a call."""
    rows = db.rows(
        f"""
        select about.path, about.symbol, {_AMOUNT} from calls join (
            select call_id, subject_path as path, subject_symbol as symbol from thoughts
            union select call_id, path, symbol from bug_checks
        ) about on about.call_id = calls.id where {_COUNTED} group by about.path, about.symbol
        """,
        {"since": _since_month(db, now)},
    )
    return {(row["path"], row["symbol"]): _amount_of(row) for row in rows}


# --- days and months --------------------------------------------------------------------------


def day_of(now: float) -> str:
    """The day that a call made now is dated: 'YYYY-MM-DD', local time."""
    return _local_day(now).isoformat()


def since_day(db: Database, now: float) -> int | None:
    """The first call that counts for the day that `now` is in; None when none does.

    Every call after it does too, whatever the clock said: it was made since. So a clock that is
    set back, and set right again, gives no day and no month a second time.
    """
    today = _local_day(now)
    return _since(db, today, today + timedelta(days=1))


def redate(db: Database, now: float) -> None:
    """What a clock running ahead dated into the future counts as today's, and not for longer.

    When the clock says that it was made (`at`) stays: if it is this clock that is behind, as many
    are when a machine starts, the call has its own day again once the clock is right.
    """
    today, last = day_of(now), db.value("select max(day) from calls")
    if last is not None and last > today:
        db.execute("update calls set day = ? where day > ?", (today, today))
    if db.value(f"select exists (select 1 from calls where {_BEHIND})", {"now": now}):
        db.execute(f"update calls set day = {_OWN_DAY} where {_BEHIND}", {"now": now})


def _since_month(db: Database, now: float) -> int | None:
    first = _local_day(now).replace(day=1)
    return _since(db, first, (first + timedelta(days=31)).replace(day=1))


def _since(db: Database, first: date, after: date) -> int | None:
    values = {"first": first.isoformat(), "begins": _midnight(first), "ends": _midnight(after)}
    found: int | None = db.value(_SINCE, values)
    return found


def _local_day(now: float) -> date:
    return datetime.fromtimestamp(now, tz=UTC).astimezone().date()


def _midnight(day: date) -> float:
    return datetime.combine(day, time.min).astimezone().timestamp()


# --- sums -------------------------------------------------------------------------------------


def _amount(db: Database, where: str, since: int | None, about: Subject | None = None) -> Amount:
    path, symbol = ("", "") if about is None else (about.path, about.symbol)
    values = {"since": since, "path": path, "symbol": symbol}
    row = db.row(f"select {_AMOUNT} from calls where {where}", values)
    return Amount() if row is None else _amount_of(row)


def _amount_of(row: Row) -> Amount:
    return Amount(row["usd"], row["tokens"], row["calls"], row["unpriced"])
