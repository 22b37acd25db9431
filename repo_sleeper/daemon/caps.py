"""The caps of the settings, as the ledger asks for them, and what they have left of the agenda."""

from __future__ import annotations

from collections.abc import Callable

from repo_sleeper.config import Settings
from repo_sleeper.domain.model import Prompt, Usage
from repo_sleeper.domain.spending import Amount, Spent
from repo_sleeper.sleep import budget
from repo_sleeper.store import ledger
from repo_sleeper.store.database import Database

Refusal = Callable[[Spent, float, int], str]


def caps_refusal(settings: Settings) -> Refusal:
    """The caps of these settings, as the ledger asks for them."""
    caps = _caps(settings)
    return lambda spent, usd, tokens: budget.refusal(caps, spent, usd, tokens)


def used_up(db: Database, settings: Settings, *, now: float) -> Callable[[str, str], str]:
    """Says of a path and a symbol which cap of its own leaves it no call at all, or "".

    The smallest call decides: whatever is not shown could really not be thought about.
    """
    caps, least = _caps(settings), _least(settings)
    spent = ledger.spent_by_subject(db, now)
    return lambda path, symbol: budget.used_up(caps, spent.get((path, symbol), Amount()), least)


def _least(settings: Settings) -> Amount:
    """What is reserved for a call that says nothing, at the lowest price that may be paid."""
    empty = Prompt("", "", settings.model.max_output_tokens)
    worst = Usage(empty.most_tokens, empty.max_tokens)
    return Amount(_least_usd(settings, worst), worst.sent + worst.received, 1)


def _least_usd(settings: Settings, worst: Usage) -> float:
    from repo_sleeper.llm.client import WorkerModel  # only its price; no process is started

    if not settings.model.name:
        return 0.0
    both = (WorkerModel(settings.model, key=None, again=again) for again in (False, True))
    return min(model.price().most(worst) for model in both)


def _caps(settings: Settings) -> budget.Caps:
    limits = settings.budget
    return budget.Caps(
        usd_per_day=limits.usd_per_day,
        usd_per_month=limits.usd_per_month,
        tokens_per_day=limits.tokens_per_day,
        tokens_per_month=limits.tokens_per_month,
        calls_per_day=limits.calls_per_day,
        calls_per_month=limits.calls_per_month,
        usd_per_call=limits.usd_per_call,
        tokens_per_call=limits.tokens_per_call,
        usd_per_subject=limits.usd_per_subject,
        tokens_per_subject=limits.tokens_per_subject,
        calls_per_subject=limits.calls_per_subject,
    )
