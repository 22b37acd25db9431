"""May this call be made? Caps in money, tokens and calls, per day and per month."""

from __future__ import annotations

from dataclasses import dataclass

from repo_sleeper.domain import Amount, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that may be spent. A cap of 0 allows nothing."""

    usd_per_day: float
    usd_per_month: float
    tokens_per_day: int
    tokens_per_month: int
    calls_per_day: int
    calls_per_month: int


def refusal(caps: Caps, spent: Spent, worst_usd: float, worst_tokens: int) -> str:
    """Why a call with this worst case may not be made; empty when it may.

    Where no price is known the money is 0.0 and the caps on tokens and calls decide alone;
    a cap of no money at all still refuses.
    """
    worst = Amount(worst_usd, worst_tokens, 1)
    day = Amount(caps.usd_per_day, caps.tokens_per_day, caps.calls_per_day)
    month = Amount(caps.usd_per_month, caps.tokens_per_month, caps.calls_per_month)
    return _over("day", day, spent.day, worst) or _over("month", month, spent.month, worst)


def _over(period: str, cap: Amount, spent: Amount, worst: Amount) -> str:
    if cap.usd <= 0:
        return f"the budget is $0.00 per {period}, so nothing is sent"
    if spent.usd + worst.usd > cap.usd:
        return (
            f"the budget of ${cap.usd:.2f} per {period} would be passed: "
            f"${spent.usd:.4f} spent, this call may cost ${worst.usd:.4f}"
        )
    if spent.tokens + worst.tokens > cap.tokens:
        return (
            f"the budget of {cap.tokens:,} tokens per {period} would be passed: "
            f"{spent.tokens:,} used, this call may take {worst.tokens:,}"
        )
    if spent.calls + worst.calls > cap.calls:
        return f"the budget of {cap.calls:,} calls per {period} is used up"
    return ""
