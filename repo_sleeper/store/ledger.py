"""The ledger: what may be spent is reserved before a call, and settled after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.spending import KeptAnswer, LastError, Pause, Refused, Spent, TooDear
from repo_sleeper.domain.thoughts import CallState, Subject
from repo_sleeper.errors import BudgetError, ModelError, StoreError, TooDearError
from repo_sleeper.store.counting import day_of, in_full, redate, spent, spent_by_subject
from repo_sleeper.store.database import Database
from repo_sleeper.store.pause import not_before, paused, stop_until_person, succeeded, waiting

# Sums and pauses are part of what the ledger says of the next call; they have their own files.
__all__ = [
    "Refusal",
    "Terms",
    "complain",
    "cut",
    "fail",
    "in_full",
    "kept_answer",
    "last_error",
    "not_before",
    "paused",
    "prompt_hash",
    "recover",
    "redate",
    "reserve",
    "resume",
    "settle",
    "spent",
    "spent_by_subject",
    "stop_until_person",
    "succeeded",
    "waiting",
]

# Says in words why the worst case of a call may not be spent; empty when it may.
Refusal = Callable[[Spent, float, int], str]


class Terms(NamedTuple):
    """What a call is for, which model answers it where, and what refuses to pay for it."""

    purpose: str
    model: str
    host: str
    price: Price
    refusal: Refusal


def reserve(
    db: Database, prompt: Prompt, terms: Terms, *, now: float, subject: Subject | None = None
) -> int:
    """Set aside the worst case of a call and return its id; nothing may be sent without one.

    The check and the reservation are one transaction, so two callers cannot both take what is
    left. Raises BudgetError, and then nothing is written; TooDearError says that only this call
    or this subject is meant. What a question sends is kept here, what a thought sends with it.
    """
    worst = Usage(sent=prompt.most_tokens, received=prompt.max_tokens)
    usd, tokens = terms.price.most(worst), worst.sent + worst.received
    redate(db, now)
    with db.transaction():
        reason = terms.refusal(spent(db, now, subject=subject), usd, tokens)
        if reason:
            refused = TooDearError if isinstance(reason, TooDear) else BudgetError
            hint = reason.hint if isinstance(reason, Refused) else ""
            raise refused(reason, hint=hint or "`sleeper cost` shows where it went")
        return _insert(
            db,
            at=now,
            day=day_of(now),
            purpose=terms.purpose,
            model=terms.model,
            host=terms.host,
            state=CallState.RESERVED.value,
            reserved_usd=usd,
            reserved_tokens=tokens,
            priced=terms.price.known,
            **_sent(prompt, keep=terms.purpose != "think"),
        )


def _sent(prompt: Prompt, *, keep: bool) -> dict[str, Any]:
    """What a row says of the prompt, and the prompt itself where nothing else keeps it."""
    return {
        "max_tokens": prompt.max_tokens,
        "prompt_hash": prompt_hash(prompt),
        "bytes": len(prompt.system.encode()) + len(prompt.user.encode()),
        "ranges": json.dumps([[path, r.start, r.end] for path, r in prompt.ranges]),
        "redactions": prompt.redactions,
        "request": _request(prompt) if keep else "",
    }


def settle(db: Database, call_id: int, reply: Reply, price: Price, seconds: float) -> float:
    """Replace the reservation by what the provider reports; the US dollars that count now.

    They are those of the tier that was served, where the reply tells.
    A report that is missing counts as the reservation, and one that cannot be true is clamped:
    there is no token without a byte, and no more come back than were allowed. So what counts
    never grows by settling, and a cap that held when the call was reserved holds for good.
    """
    row = db.row("select * from calls where id = ?", (call_id,))
    if row is None:
        raise StoreError(f"there is no call {call_id}")
    most = Usage(row["reserved_tokens"] - row["max_tokens"], row["max_tokens"])
    usage = _credible(reply.usage, most)
    worth = "missing" if reply.usage is None else "clamped" if usage != reply.usage else ""
    usd = min((reply.price or price).cost(usage), float(row["reserved_usd"]))
    db.execute(
        """
        update calls set state = 'settled', usd = ?, tokens_sent = ?, tokens_received = ?,
            tokens_cached = ?, usage = ?, model_returned = ?, tier = ?, seconds = ?,
            reply = case purpose when 'think' then '' else ? end
        where id = ?
        """,
        (usd, *usage[:3], worth, reply.model, reply.tier, seconds, reply.text, call_id),
    )
    return usd


def fail(
    db: Database,
    call_id: int,
    error: ModelError,
    *,
    charge: bool,
    seconds: float = 0.0,
) -> None:
    """Keep why a call brought nothing; when it may have been charged it counts in full."""
    db.execute(
        """
        update calls set state = 'failed', charged = ?, error_kind = ?, error = ?, seconds = ?
        where id = ?
        """,
        (charge, error.kind, str(error), seconds, call_id),
    )


def complain(db: Database, call_id: int, error: ModelError) -> None:
    """Keep what was wrong with an answer that is paid for and settled."""
    db.execute(
        "update calls set error_kind = ?, error = ? where id = ?",
        (error.kind, str(error), call_id),
    )


def cut(db: Database, call_id: int) -> None:
    """Keep that an answer, paid for and settled, is only the beginning of one."""
    db.execute("update calls set error = 'cut at its length limit' where id = ?", (call_id,))


def kept_answer(db: Database, prompt: Prompt, *, model: str, host: str) -> KeptAnswer | None:
    """The newest whole answer to exactly this prompt from this model, if it was ever asked."""
    row = db.row(
        """
        select reply, model_returned, at from calls
        where purpose = 'ask' and state = 'settled' and prompt_hash = ? and model = ? and host = ?
            and max_tokens = ? and error = '' and reply != '' order by id desc limit 1
        """,
        (prompt_hash(prompt), model, host, prompt.max_tokens),
    )
    return None if row is None else KeptAnswer(*row)


def recover(db: Database) -> int:
    """After a crash: calls that were under way become unknown, and count in full.

    Those whose reply was stored before the crash are left to be settled with it.
    """
    with db.transaction():
        return db.execute(
            """
            update calls set state = 'unknown' where state = 'reserved' and id not in (
                select call_id from thoughts where state = 'received'
            )
            """
        ).rowcount


def last_error(db: Database) -> LastError | None:
    """The newest failure, if any."""
    row = db.row(
        """
        select error_kind, error, at + seconds as at from calls
        where error_kind != '' order by id desc limit 1
        """
    )
    return None if row is None else LastError(row["error_kind"], row["error"], row["at"])


def resume(db: Database, *, now: float | None = None) -> Pause | None:
    """A person acted: forget the pause and return it. What was spent stays spent.

    Calls that a clock running ahead dated into the future count as today's.
    """
    with db.transaction():
        if now is not None:
            redate(db, now)
        return succeeded(db)


def prompt_hash(prompt: Prompt) -> str:
    """Identifies what was sent."""
    return sha256(f"{prompt.system}\0{prompt.user}".encode()).hexdigest()[:32]


def _request(prompt: Prompt) -> str:
    return json.dumps({"system": prompt.system, "user": prompt.user}, ensure_ascii=False)


def _credible(usage: Usage | None, most: Usage) -> Usage:
    if usage is None:
        return most
    sent = min(usage.sent, most.sent) if usage.sent > 0 else most.sent
    received = min(usage.received, most.received) if usage.received > 0 else most.received
    cached = min(max(usage.cached, 0), sent)
    return Usage(sent, received, cached, min(max(usage.written, 0), sent - cached))


def _insert(db: Database, **values: Any) -> int:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    return db.execute(f"insert into calls ({names}) values ({marks})", values).lastrowid or 0
