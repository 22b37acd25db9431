"""How the agenda is printed: the order, and each factor of each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repo_sleeper.cli import output
from repo_sleeper.daemon.rounds import Work
from repo_sleeper.daemon.upcoming import Upcoming
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store.bugs import Due

LOOKS = "taken before all thoughts while you are away; `sleeper bugs recheck` takes them now"
_FACTORS = ("touched", "reuse", "uncovered", "reach", "worth", "record", "patience")


def show(
    work: Work, first: Upcoming, *, checks: Sequence[Due] = (), shown: int, json: bool
) -> None:
    """The first so many; `value` is the product of the factors for 1,000 tokens.

    Second looks have no value: while asleep those that are due go before all thoughts.
    """
    items = work.items
    if json:
        output.print_json(
            {
                "total": len(items),
                "held_back": work.held,
                "why_none": first.why_none or None,
                "checks": [check_as_json(one) for one in checks[:shown]],
                "plan": [as_json(item) for item in items[:shown]],
            }
        )
        return
    headers = ("", "value", *_FACTORS, "tokens", "kind", "subject")
    looks = [_check_row(one, len(headers)) for one in checks[:shown]]
    rows = [_row(number, item) for number, item in enumerate(items[:shown], start=1)]
    output.table(headers, [*looks, *rows], wide=len(headers) - 1)
    output.say(f"{len(rows)} of {len(items)}; * is being worked on")
    if checks:
        output.say(f"{output.count(len(checks), 'second look')} due: {LOOKS}")
    if work.held:
        output.say(f"{work.held:,} more held back: {work.cap}")
    if first.why_none:
        output.say(f"none of it now: {first.why_none}")


def as_json(item: AgendaItem) -> dict[str, Any]:
    """One item for programs."""
    return {
        "subject": item.subject.label,
        "kind": item.kind.value,
        "value": item.value,
        "factors": item.factors,
    }


def check_as_json(due: Due) -> dict[str, Any]:
    """A second look for programs."""
    return {"subject": check_label(due), "kind": "check"}


def check_label(due: Due) -> str:
    """What a second look is called, as `status` has it."""
    return f"likely bug {due.note.id}"


def _check_row(due: Due, columns: int) -> tuple[str, ...]:
    return (*[""] * (columns - 2), "check", f"{check_label(due)}: {due.note.title}")


def _row(number: int, item: AgendaItem) -> tuple[str, ...]:
    mark = "*" if item.factors["changed"] else ""
    factors = (f"{item.factors[name]:.2f}" for name in _FACTORS)
    tokens = f"{item.factors['tokens']:,.0f}"
    subject = item.subject.label
    return (f"{number}{mark}", f"{item.value:.3f}", *factors, tokens, item.kind.value, subject)
