"""What questions have been like here, and what answering them took: measured, never assumed."""

from __future__ import annotations

from dataclasses import dataclass

from repo_sleeper.domain.spending import Amount
from repo_sleeper.store.counting import TOKENS, UNPRICED, USD
from repo_sleeper.store.database import Database, Row

_CHARACTERS = 4  # of a token of prose
_ASLEEP = f"""
select coalesce(sum({USD}), 0.0) as usd, coalesce(sum({UNPRICED}), 0) as unpriced,
    coalesce(sum(tokens_received), 0) as received,
    coalesce(sum({TOKENS}), 0) as tokens
from calls where purpose != 'ask'"""
_QUESTIONS = """
select count(*) as asks, coalesce(sum(answered = 'kept'), 0) as kept,
    coalesce(sum(answered = 'index'), 0) as from_index
from questions"""
# A price that nobody knew says nothing about the others; where none was known there is no mean.
_MEAN = "case when count(*) then avg(case when priced then usd end) else 0.0 end"
_ANSWERS = f"""
select count(*) as count, {_MEAN} as usd,
    coalesce(avg(tokens_received), 0.0) as received, 0 as characters
from calls where purpose = 'ask' and state = 'settled'"""
# A note is counted as long as it was: a version of it may have been put aside since.
_NOTED = f"""
with asked as (
    select c.usd, c.priced, c.tokens_received, (
        select coalesce(sum((
            select length(n.title) + length(n.body) from notes n
            where n.id = shown.value and n.origin = 'model' order by n.version desc limit 1
        )), 0) from json_each(q.notes) shown
    ) as characters
    from questions q join calls c on c.id = q.call_id where c.state = 'settled'
)
select count(*) as count, {_MEAN} as usd,
    coalesce(avg(tokens_received), 0.0) as received, coalesce(avg(characters), 0) as characters
from asked where (characters > 0) = ?"""


@dataclass(frozen=True, slots=True)
class Answers:
    """Questions that a model answered: how many, and what one took on average, in tokens.

    `notes` are those of a model's notes that were sent with it; `usd` is None where nobody knows.
    """

    count: int = 0
    usd: float | None = 0.0
    received: float = 0.0
    notes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What was spent asleep, and what questions took; `asks` counts all, answered or not.

    For `unpriced` calls nobody knows the price; `usd` is None where that is so of all of them.

    `kept` were answered from an earlier reply, `from_index` were facts that were expected to be
    asked for: neither took a call. `noted` and `bare` are what a model answered with notes of a
    model before it and without; the questions whose call is not known are in `answers` alone.
    """

    usd: float | None = 0.0
    unpriced: int = 0
    received_asleep: int = 0
    tokens_asleep: int = 0
    asks: int = 0
    kept: int = 0
    from_index: int = 0
    answers: Answers = Answers()
    noted: Answers = Answers()
    bare: Answers = Answers()

    @property
    def free(self) -> int:
        """Answers that took no call."""
        return self.kept + self.from_index


def habit(db: Database) -> Habit:
    """Sums and averages over everything that was ever spent and asked here."""
    (asleep,) = db.rows(_ASLEEP)
    (questions,) = db.rows(_QUESTIONS)
    return Habit(
        usd=Amount(asleep["usd"], unpriced=asleep["unpriced"]).known_usd,
        unpriced=asleep["unpriced"],
        received_asleep=asleep["received"],
        tokens_asleep=asleep["tokens"],
        asks=questions["asks"],
        kept=questions["kept"],
        from_index=questions["from_index"],
        answers=_answers(db.rows(_ANSWERS)[0]),
        noted=_answers(db.rows(_NOTED, (1,))[0]),
        bare=_answers(db.rows(_NOTED, (0,))[0]),
    )


def _answers(row: Row) -> Answers:
    return Answers(row["count"], row["usd"], row["received"], row["characters"] / _CHARACTERS)
