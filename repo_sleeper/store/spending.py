"""What calls have cost, summed as people ask for it, and single calls as they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repo_sleeper.domain.spending import Amount
from repo_sleeper.errors import NotFoundError, StoreError
from repo_sleeper.store.counting import CALLS, TOKENS, UNPRICED, USD
from repo_sleeper.store.database import Database, Row, read_database
from repo_sleeper.store.migrations import UNPRICED_BEFORE

_KEYS = {
    "day": "c.day",
    "kind": "coalesce(t.kind, c.purpose)",
    "model": "c.model",
    "subject": "coalesce(t.subject_path, k.path, c.purpose)",
}
_FROM = f"""from (
    select *, {USD} as counted_usd, {TOKENS} as counted_tokens, {CALLS} as counted_calls,
        {UNPRICED} as unpriced
    from calls
) c left join thoughts t on t.call_id = c.id
left join (
    select call_id, min(path) as path, min(symbol) as symbol from bug_checks group by call_id
) k on k.call_id = c.id"""
# The place a call is about: of a thought its subject, of a second look that of the finding.
_PLACE = """coalesce(t.subject_path, k.path, '') || case
    when coalesce(t.subject_symbol, k.symbol, '') = '' then ''
    else '::' || coalesce(t.subject_symbol, k.symbol) end"""

# A call is shared by the notes it made or looked at.
_NOTES = f"""
with counted as (
    select id, {USD} as usd, {TOKENS} as tokens, {UNPRICED} as unpriced from calls
), paid as (
    select t.id as thought, c.usd / max(t.grounded, 1) as usd, c.unpriced,
        c.tokens / max(t.grounded, 1) as tokens
    from thoughts t join counted c on c.id = t.call_id
), looked as (
    select b.note_id as note, sum(c.usd / b.among) as usd, sum(c.tokens / b.among) as tokens,
        max(c.unpriced) as unpriced
    from (
        select note_id, call_id, count(*) over (partition by call_id) as among from bug_checks
    ) b join counted c on c.id = b.call_id group by b.note_id
), shown as (
    select used.value as note, count(*) as times
    from questions q, json_each(q.notes) used group by used.value
)
select n.id, n.kind, n.title, n.subject_path as path,
    case when p.unpriced or l.unpriced then null
        else coalesce(p.usd, 0.0) + coalesce(l.usd, 0.0) end as usd,
    coalesce(p.tokens, 0) + coalesce(l.tokens, 0) as tokens, coalesce(s.times, 0) as used
from notes n left join paid p on p.thought = n.thought_id
left join looked l on l.note = n.id left join shown s on s.note = n.id
where n.state = 'active' and n.origin = 'model'
order by used desc, usd desc, n.id limit ?"""


@dataclass(frozen=True, slots=True)
class Sum:
    """What the calls of one day, kind, model or subject come to.

    `tokens` is what counts against the caps: more than was reported where nobody knows. `usd` is
    what is known; None where that is nothing because `unpriced` calls had no price.
    """

    key: str
    calls: int
    sent: int
    cached: int
    received: int
    tokens: int
    usd: float | None
    unpriced: int
    notes: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call in a line. `tokens` and `usd` are what counts; `usd` is None where nobody knows."""

    id: int
    at: float
    purpose: str
    model: str
    state: str
    subject: str
    sent: int
    received: int
    tokens: int
    usd: float | None
    error: str


@dataclass(frozen=True, slots=True)
class NoteCost:
    """What a note cost, and how many questions used it.

    That is its share of the thought that made it, and the second looks that were taken at it.

    `usd` is None where nobody knows.
    """

    id: str
    kind: str
    title: str
    path: str
    usd: float | None
    tokens: int
    used: int


def note_costs(db: Database, *, limit: int) -> list[NoteCost]:
    """Every note that a model made: the most used first, then the dearest."""
    return [NoteCost(*row) for row in db.rows(_NOTES, (limit,))]


def sums(db: Database, by: str, *, limit: int) -> list[Sum]:
    """The sums over `by`: the newest days, or whatever cost most, first."""
    key = _KEYS[by]
    order = "key desc" if by == "day" else "usd desc, tokens desc, key"
    rows = db.rows(
        f"""
        select {key} as key, sum(c.counted_calls) as calls, sum(c.tokens_sent) as sent,
            sum(c.tokens_cached) as cached, sum(c.tokens_received) as received,
            sum(c.counted_usd) as usd, sum(c.counted_tokens) as tokens,
            sum(c.unpriced) as unpriced,
            sum(coalesce(t.grounded, 0)) as notes
        {_FROM} group by 1 order by {order} limit ?
        """,
        (limit,),
    )
    return [_sum(row) for row in rows]


def _sum(row: Row) -> Sum:
    counted = Amount(row["usd"], row["tokens"], row["calls"], row["unpriced"])
    return Sum(
        key=row["key"],
        calls=counted.calls,
        sent=row["sent"],
        cached=row["cached"],
        received=row["received"],
        tokens=counted.tokens,
        usd=counted.known_usd,
        unpriced=counted.unpriced,
        notes=row["notes"],
    )


def cached_share(db: Database) -> float:
    """Of all that was ever sent, how much the provider still had: prompts are ordered for it."""
    share = "1.0 * coalesce(sum(tokens_cached), 0) / max(coalesce(sum(tokens_sent), 0), 1)"
    return float(db.value(f"select {share} from calls"))


def calls(db: Database, *, limit: int) -> list[Call]:
    """The last calls, the newest first."""
    rows = db.rows(
        f"""
        select c.id, c.at, c.purpose, c.model, c.state, {_PLACE} as subject,
            c.tokens_sent, c.tokens_received, c.counted_tokens,
            case when c.unpriced then null else c.counted_usd end as usd, c.error
        {_FROM} order by c.id desc limit ?
        """,
        (limit,),
    )
    return [Call(*row) for row in rows]


def call(db: Database, call_id: int) -> dict[str, Any]:
    """Everything known of one call, with exactly what was sent and came back."""
    row = db.row(
        f"""
        select c.*, t.subject_path, t.subject_symbol, t.kind, t.prompt_version,
            t.request as thought_request,
            t.reply as thought_reply, t.drafts, t.grounded, t.state as thought_state
        {_FROM} where c.id = ?
        """,
        (call_id,),
    )
    if row is None:
        raise NotFoundError(f"no call {call_id}", hint="`sleeper cost calls` lists them")
    found = dict(row)
    if not found["priced"]:
        found |= {"usd": None, "reserved_usd": None}
    for name in ("request", "reply"):  # a thought keeps them itself
        found[name] = found.pop(f"thought_{name}") or found[name]
    return found


def take_over(db: Database, old: Path) -> int:
    """Copy the calls of an older store into this new one, so that caps go on; how many they are.

    Only what both know of a call is copied. Raises StoreError when the old store cannot be read.
    """
    try:
        with closing(read_database(old, older=True)) as before:
            rows = before.rows("select * from calls")
    except (NotFoundError, sqlite3.Error) as error:
        raise StoreError(f"{old} cannot be read: {error}") from error
    if not rows:
        return 0
    known = {row["name"] for row in db.rows("select name from pragma_table_info('calls')")}
    names = [name for name in rows[0].keys() if name in known]  # noqa: SIM118 -- a Row has values
    marks = ", ".join("?" * len(names))
    with db.transaction():
        db.many(
            f"insert into calls ({', '.join(names)}) values ({marks})",
            ([row[name] for name in names] for row in rows),
        )
        if "priced" not in names:
            db.execute(UNPRICED_BEFORE)
    return len(rows)


def as_dicts(values: list[Sum] | list[Call] | list[NoteCost]) -> list[dict[str, Any]]:
    """As JSON wants them."""
    return [asdict(value) for value in values]
