"""May this call be made? Caps in money, tokens and calls, per call, subject, day, month."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from repo_sleeper.domain.spending import Amount, Refused, Spent, TooDear
from repo_sleeper.words import dollars

_PER = {"day": "per day", "month": "per month", "subject": "a month for one subject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that may be spent. A cap of 0 allows nothing."""

    usd_per_day: float
    usd_per_month: float
    tokens_per_day: int
    tokens_per_month: int
    calls_per_day: int
    calls_per_month: int
    usd_per_call: float = math.inf
    tokens_per_call: float = math.inf
    usd_per_subject: float = math.inf
    tokens_per_subject: float = math.inf
    calls_per_subject: float = math.inf


class _Cap(NamedTuple):
    """The most of each unit within one period."""

    usd: float
    tokens: float
    calls: float


def refusal(caps: Caps, spent: Spent, worst_usd: float, worst_tokens: int) -> str:
    """Why a call with this worst case may not be made; empty when it may.

    Where no price is known the money is 0.0 and the caps on tokens and calls decide alone;
    a cap of no money at all still refuses.
    """
    worst = Amount(worst_usd, worst_tokens, 1)
    day = _Cap(caps.usd_per_day, caps.tokens_per_day, caps.calls_per_day)
    month = _Cap(caps.usd_per_month, caps.tokens_per_month, caps.calls_per_month)
    return (
        _passed(day, spent.day, worst, "day")
        or _passed(month, spent.month, worst, "month")
        or _too_dear(
            _larger(caps, worst) or _passed(_of_subject(caps), spent.subject, worst, "subject")
        )
    )


def used_up(caps: Caps, spent: Amount, least: Amount) -> str:
    """Why a subject that took `spent` is left not even the smallest call; "" where it is."""
    return _passed(_of_subject(caps), spent, least, "subject")


def _too_dear(why: Refused) -> TooDear:
    return TooDear(why, why.hint)


def _of_subject(caps: Caps) -> _Cap:
    return _Cap(caps.usd_per_subject, caps.tokens_per_subject, caps.calls_per_subject)


def _passed(cap: _Cap, spent: Amount, worst: Amount, period: str) -> Refused:
    """Why the call would take what was spent in some period past its cap, in each unit."""
    per = _PER[period]
    if cap.usd <= 0:
        return Refused(f"the budget is $0.00 {per}, so nothing is sent", _raise("usd", period))
    if spent.usd + worst.usd > cap.usd:
        return Refused(
            f"the budget of ${dollars(cap.usd)} {per} would be passed: "
            f"${dollars(spent.usd)} spent, this call may cost ${dollars(worst.usd)}",
            "" if spent.usd else _raise("usd", period),
        )
    if spent.tokens + worst.tokens > cap.tokens:
        return Refused(
            f"the budget of {cap.tokens:,} tokens {per} would be passed: "
            f"{spent.tokens:,} used, this call may take {worst.tokens:,}",
            "" if spent.tokens else _raise("tokens", period),
        )
    if spent.calls + worst.calls > cap.calls:
        calls = "call" if cap.calls == 1 else "calls"
        return Refused(
            f"the budget of {cap.calls:,} {calls} {per} is used up",
            "" if spent.calls else _raise("calls", period),
        )
    return Refused("")


def _larger(caps: Caps, worst: Amount) -> Refused:
    """Why the call is too large by itself, whatever was spent before."""
    if worst.usd > caps.usd_per_call:
        return Refused(
            f"this call may cost ${dollars(worst.usd)}, "
            f"and a call may cost ${dollars(caps.usd_per_call)}",
            _raise("usd", "call"),
        )
    if worst.tokens > caps.tokens_per_call:
        return Refused(
            f"this call may take {worst.tokens:,} tokens, "
            f"and a call may take {caps.tokens_per_call:,}",
            _raise("tokens", "call"),
        )
    return Refused("")


def _raise(unit: str, period: str) -> str:
    """What to do where the cap alone is the reason: nothing went anywhere."""
    setting = f"budget.{unit}_per_{period}"
    return f"raise {setting} in your settings, or in .sleeper.toml where that lowers it"
