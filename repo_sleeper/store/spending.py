"""What calls have cost, summed as people ask for it, and single calls as they were."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from repo_sleeper.errors import NotFoundError
from repo_sleeper.store.database import Database
from repo_sleeper.store.ledger import _CALLS, _TOKENS, _USD  # what counts is decided there alone

_KEYS = {
    "day": "c.day",
    "kind": "coalesce(t.kind, c.purpose)",
    "model": "c.model",
    "subject": "coalesce(t.subject_path, c.purpose)",
}
_FROM = f"""from (
    select *, {_USD} as counted_usd, {_TOKENS} as counted_tokens, {_CALLS} as counted_calls
    from calls
) c left join thoughts t on t.call_id = c.id"""


@dataclass(frozen=True, slots=True)
class Sum:
    """What the calls of one day, kind, model or subject come to."""

    key: str
    calls: int
    sent: int
    cached: int
    received: int
    usd: float
    notes: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call in a line."""

    id: int
    at: float
    purpose: str
    model: str
    state: str
    subject: str
    sent: int
    received: int
    usd: float
    error: str


def sums(db: Database, by: str, *, limit: int) -> list[Sum]:
    """The sums over `by`: the newest days, or whatever cost most, first."""
    key = _KEYS[by]
    order = "key desc" if by == "day" else "usd desc, tokens desc, key"
    rows = db.rows(
        f"""
        select {key} as key, sum(c.counted_calls) as calls, sum(c.tokens_sent) as sent,
            sum(c.tokens_cached) as cached, sum(c.tokens_received) as received,
            sum(c.counted_usd) as usd, sum(c.counted_tokens) as tokens,
            sum(coalesce(t.grounded, 0)) as notes
        {_FROM} group by 1 order by {order} limit ?
        """,
        (limit,),
    )
    return [
        Sum(
            row["key"],
            row["calls"],
            row["sent"],
            row["cached"],
            row["received"],
            row["usd"],
            row["notes"],
        )
        for row in rows
    ]


def calls(db: Database, *, limit: int) -> list[Call]:
    """The last calls, the newest first."""
    rows = db.rows(
        f"""
        select c.id, c.at, c.purpose, c.model, c.state, coalesce(t.subject_path, '') as subject,
            c.tokens_sent, c.tokens_received, c.counted_usd as usd, c.error
        {_FROM} order by c.id desc limit ?
        """,
        (limit,),
    )
    return [Call(*row) for row in rows]


def call(db: Database, call_id: int) -> dict[str, Any]:
    """Everything known of one call; what was sent and came back only where it was a thought."""
    row = db.row(
        f"""
        select c.*, t.subject_path, t.subject_symbol, t.kind, t.prompt_version,
            t.request, t.reply, t.drafts, t.grounded, t.state as thought_state
        {_FROM} where c.id = ?
        """,
        (call_id,),
    )
    if row is None:
        raise NotFoundError(f"no call {call_id}", hint="`sleeper cost calls` lists them")
    return dict(row)


def as_dicts(values: list[Sum] | list[Call]) -> list[dict[str, Any]]:
    """As JSON wants them."""
    return [asdict(value) for value in values]
