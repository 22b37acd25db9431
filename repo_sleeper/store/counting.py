"""What calls count for, and what that comes to against the caps of a day, a month, a subject."""

from __future__ import annotations

from datetime import UTC, datetime

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
_MONTH = "substr(day, 1, 7) = :period"
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
    day = day_of(db, now)
    return Spent(
        _amount(db, "day = :period", day),
        _amount(db, _MONTH, day[:7]),
        _amount(db, f"{_MONTH} and {_ABOUT}", day[:7], subject) if subject else Amount(),
    )


def in_full(db: Database, now: float) -> Amount:
    """The calls of this month that count for the most they can have taken: nobody knows better."""
    return _amount(db, f"{_MONTH} and {_IN_FULL}", day_of(db, now)[:7])


def spent_by_subject(db: Database, now: float) -> dict[tuple[str, str], Amount]:
    """What counts this month against the caps of each path and symbol that had a call."""
    rows = db.rows(
        f"""
        select about.path, about.symbol, {_AMOUNT} from calls join (
            select call_id, subject_path as path, subject_symbol as symbol from thoughts
            union select call_id, path, symbol from bug_checks
        ) about on about.call_id = calls.id where {_MONTH} group by about.path, about.symbol
        """,
        {"period": day_of(db, now)[:7]},
    )
    return {(row["path"], row["symbol"]): _amount_of(row) for row in rows}


def day_of(db: Database, now: float) -> str:
    """The day that a call made now counts for: 'YYYY-MM-DD', local time."""
    # Never earlier than a day already seen: a clock set back does not give the budget twice.
    seen: str | None = db.value("select max(day) from calls")
    return max(seen or "", local_day(now))


def local_day(now: float) -> str:
    return datetime.fromtimestamp(now, tz=UTC).astimezone().date().isoformat()


def _amount(db: Database, where: str, period: str, about: Subject | None = None) -> Amount:
    path, symbol = ("", "") if about is None else (about.path, about.symbol)
    values = {"period": period, "path": path, "symbol": symbol}
    row = db.row(f"select {_AMOUNT} from calls where {where}", values)
    return Amount() if row is None else _amount_of(row)


def _amount_of(row: Row) -> Amount:
    return Amount(row["usd"], row["tokens"], row["calls"], row["unpriced"])
