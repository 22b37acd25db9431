"""How what was spent is shown."""

from __future__ import annotations

import json as json_text
import time
from collections.abc import Sequence
from typing import Any

from repo_sleeper.cli import output
from repo_sleeper.cli.place import Place
from repo_sleeper.config import Settings
from repo_sleeper.domain.spending import Amount, Spent
from repo_sleeper.store import ledger, spending
from repo_sleeper.store.spending import Call, NoteCost, Sum
from repo_sleeper.words import dollars

_ELSEWHERE = frozenset({"request", "reply", "ranges", "priced", "unpriced"})
_SUMS = frozenset({"usd", "reserved_usd"})
_USAGE = {
    "missing": "not told, or no count that can be true: it counts as the most it can have been",
    "clamped": "told a count that cannot be true: the most that it can have been counts",
}
UNKNOWN = "unknown: money caps cannot bind, token and call caps do"


def show_sums(here: Place, by: str, sums: Sequence[Sum], *, json: bool) -> None:
    """Sums over something, and where that leaves today and this month."""
    spent = ledger.spent(here.db, time.time())
    in_full = ledger.in_full(here.db, time.time())
    cached = spending.cached_share(here.db)
    settings = here.workspace.settings
    if json:
        output.print_json(
            {
                "by": by,
                "sums": spending.as_dicts(list(sums)),
                "cached_share": cached,
                "price_known": is_price_known(settings),
                "in_full": in_full._asdict(),
                **caps(spent, settings),
            }
        )
        return
    if sums:
        headers = (by, "calls", "sent", "cached", "received", "counted", "notes", "cost")
        output.table(headers, [_sum_row(one) for one in sums], wide=0)
        output.out(f"cached      {cached:.0%} of all that was sent")
    output.out(f"today       {day_line(spent, settings)}")
    output.out(f"this month  {month_line(spent, settings)}")
    if in_full.calls:
        output.out(f"            {_in_full(in_full)}")
    if not is_price_known(settings):
        output.out(f"price       {UNKNOWN}")


def _sum_row(one: Sum) -> tuple[str, ...]:
    figures = (one.calls, one.sent, one.cached, one.received, one.tokens, one.notes)
    return (one.key, *(f"{figure:,}" for figure in figures), _money(one.usd, one.unpriced))


def _money(usd: float | None, unpriced: int) -> str:
    """What is known of a sum, and that there is more where not all of it is."""
    return f"{output.usd(usd)} and $?" if usd and unpriced else output.usd(usd)


def money(amount: Amount) -> str:
    """The money of it, as far as it is known."""
    return _money(amount.known_usd, amount.unpriced)


def _in_full(amount: Amount) -> str:
    """Why the sums are more than what was sent and received."""
    calls = output.count(amount.calls, "call")
    return (
        f"of it {amount.tokens:,} tokens and {money(amount)} for {calls} of unknown cost: "
        "each counts as the most it can have taken"
    )


def show_notes(found: Sequence[NoteCost], *, json: bool) -> None:
    """What each note cost and how often it was of use."""
    if json:
        output.print_json({"notes": spending.as_dicts(list(found))})
        return
    headers = ("note", "kind", "about", "used", "tokens", "cost", "title")
    rows = [
        (
            one.id,
            one.kind,
            one.path,
            f"{one.used:,}",
            f"{one.tokens:,}",
            output.usd(one.usd),
            one.title,
        )
        for one in found
    ]
    output.table(headers, rows, wide=-1)


def show_calls(found: Sequence[Call], *, json: bool) -> None:
    """The last calls, each in a line."""
    if json:
        output.print_json({"calls": spending.as_dicts(list(found))})
        return
    headers = ("id", "when", "for", "model", "state", "tokens", "cost", "about")
    output.table(headers, [_call_row(one) for one in found], wide=-1)


def _call_row(one: Call) -> tuple[str, ...]:
    return (
        str(one.id),
        when(one.at),
        one.purpose,
        one.model,
        one.state,
        f"{one.tokens:,}",
        output.usd(one.usd),
        ": ".join(filter(None, (one.subject, one.error))),
    )


def show_call(found: dict[str, Any], *, json: bool) -> None:
    """One call: its figures, then every word that was sent and came back."""
    if json:
        output.print_json({"call": found})
        return
    for label, value in found.items():
        if label not in _ELSEWHERE and (value not in {None, ""} or label in _SUMS):
            output.out(f"{label.replace('_', ' '):>16}  {_figure(label, value)}")
    for path, start, end in json_text.loads(found["ranges"]):
        output.out(f"{'showed':>16}  {path}:{start + 1}-{end}")
    for label in ("request", "reply"):
        if found.get(label):
            output.out(f"\n--- {label} " + "-" * 60)
            output.out(_readable(str(found[label])))


def _figure(label: str, value: Any) -> Any:
    if label in _SUMS and value is None:
        return "? (nobody knew the price)"
    if label == "usage":
        return _USAGE.get(value, value)
    if label == "seconds" and value is not None:
        return f"{value:.1f}"
    return when(value) if label == "at" else value


def _readable(text: str) -> str:
    """A request is stored as JSON of its parts; a person reads the parts.

    What is no text was not sent: it is kept in order to check the reply.
    """
    try:
        parts = json_text.loads(text)
    except ValueError:
        return text
    if not isinstance(parts, dict):
        return text
    sent = [f"[{name}]\n{part}" for name, part in parts.items() if isinstance(part, str)]
    rest = {name: part for name, part in parts.items() if not isinstance(part, str)}
    most = rest.pop("max_tokens", None)
    limit = [f"[max_tokens]\n{most}"] if most is not None else []
    kept = [f"[kept, not sent]\n{json_text.dumps(rest)}"] if any(rest.values()) else []
    return "\n\n".join((*sent, *limit, *kept))


# --- caps -------------------------------------------------------------------------------------


def caps(spent: Spent, settings: Settings) -> dict[str, Any]:
    """What is spent and what may be, for programs."""
    budget = settings.budget
    return {
        "day": {
            "usd": spent.day.known_usd,
            "unpriced": spent.day.unpriced,
            "tokens": spent.day.tokens,
            "calls": spent.day.calls,
            "usd_cap": budget.usd_per_day,
            "tokens_cap": budget.tokens_per_day,
            "calls_cap": budget.calls_per_day,
        },
        "month": {
            "usd": spent.month.known_usd,
            "unpriced": spent.month.unpriced,
            "tokens": spent.month.tokens,
            "calls": spent.month.calls,
            "usd_cap": budget.usd_per_month,
            "tokens_cap": budget.tokens_per_month,
            "calls_cap": budget.calls_per_month,
        },
    }


def is_price_known(settings: Settings) -> bool:
    """Whether the money caps can bind: every model that may be asked has a price, if one may be."""
    from repo_sleeper.llm.client import WorkerModel  # only where money is shown

    model = settings.model
    asked = [
        WorkerModel(model, key=None),
        WorkerModel(model, key=None, ask=True),
        WorkerModel(model, key=None, again=True),
    ]
    return not model.name or all(one.price().known for one in asked)


def day_line(spent: Spent, settings: Settings) -> str:
    """Today against its caps."""
    budget, day = settings.budget, spent.day
    return (
        f"{money(day)} of ${dollars(budget.usd_per_day)}"
        f" · {day.tokens:,} of {budget.tokens_per_day:,} tokens"
        f" · {day.calls:,} of {budget.calls_per_day:,} calls"
    )


def month_line(spent: Spent, settings: Settings) -> str:
    """This month against its caps."""
    budget, month = settings.budget, spent.month
    return (
        f"{money(month)} of ${dollars(budget.usd_per_month)}"
        f" · {month.tokens:,} of {budget.tokens_per_month:,} tokens"
        f" · {month.calls:,} of {budget.calls_per_month:,} calls"
    )


def when(at: float) -> str:
    """A moment in local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
