"""What an evaluation found: a table for people, the same as JSON; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from repo_sleeper.evaluate.metrics import FILE_METRICS, Interval, macro, paired_interval
from repo_sleeper.evaluate.queries import Slice
from repo_sleeper.evaluate.results import Ranker, Replay

HEADLINE = {Slice.ALL: "R@5", Slice.NO_LEAK: "R@5", Slice.MULTI: "F1@5"}
CONTEXT_METRICS = ("SymRecall", "CtxEff")
_RIVALS = tuple(ranker for ranker in Ranker if ranker is not Ranker.SLEEPER)
FEW = 10  # questions: of fewer, resamplings lie anywhere
_NAME = 19  # the widest name of a ranker, and a space on either side


# --- numbers ----------------------------------------------------------------------------------


def values(replay: Replay, ranker: Ranker, part: Slice, metric: str) -> list[float]:
    """One number for each question of the slice that has this metric."""
    return [
        result.scores[ranker][metric]
        for result in replay.results
        if part in result.slices and metric in result.scores.get(ranker, {})
    ]


def cell(replays: Sequence[Replay], ranker: Ranker, part: Slice, metric: str) -> float | None:
    """The mean over the repositories of each one's mean; None when nothing was measured."""
    groups = [values(replay, ranker, part, metric) for replay in replays]
    return macro(groups) if any(groups) else None


def questions_in(replays: Sequence[Replay], part: Slice) -> int:
    """How many questions a slice has."""
    return sum(part in result.slices for replay in replays for result in replay.results)


def difference(
    replays: Sequence[Replay], rival: Ranker, part: Slice, metric: str
) -> Interval | None:
    """How much better we are than a rival on the same questions."""
    ours = [values(replay, Ranker.SLEEPER, part, metric) for replay in replays]
    theirs = [values(replay, rival, part, metric) for replay in replays]
    return paired_interval(ours, theirs) if any(ours) and any(theirs) else None


# --- for people -------------------------------------------------------------------------------


def table(replays: Sequence[Replay]) -> str:
    """Everything on one screen, in plain text."""
    lines = [title(replays), ""]
    for part in Slice:
        if questions_in(replays, part):
            lines += [*_slice_lines(replays, part), ""]
    lines += [*_difference_lines(replays), ""]
    for metric in CONTEXT_METRICS:
        lines += [*_context_lines(replays, metric), ""]
    return "\n".join(lines).rstrip() + "\n"


def title(replays: Sequence[Replay]) -> str:
    """What was measured, in one line."""
    number = questions_in(replays, Slice.ALL)
    asked = f"{number} question{'' if number == 1 else 's'}"
    if len(replays) > 1:
        return f"{asked} from {len(replays)} repositories; means over repositories"
    only = replays[0]
    state = f"one index frozen at {only.frozen_at[:12]}" if only.frozen_at else "exact states"
    return f"{only.name}: {asked} from its own commits, {state}"


def _slice_lines(replays: Sequence[Replay], part: Slice) -> Iterator[str]:
    number = questions_in(replays, part)
    yield _row(f"{part.value} ({number})", FILE_METRICS)
    for ranker in Ranker:
        found = [cell(replays, ranker, part, metric) for metric in FILE_METRICS]
        if any(value is not None for value in found):
            yield _row(f"  {ranker.value}", [_number(value) for value in found])


def _difference_lines(replays: Sequence[Replay]) -> Iterator[str]:
    used = {part: metric for part, metric in HEADLINE.items() if questions_in(replays, part)}
    few = questions_in(replays, Slice.ALL) < FEW
    spread = f"; of fewer than {FEW} questions that says little"
    yield f"sleeper minus ...{spread if few else ', and where 95 of 100 resamplings lie'}"
    heads = [f"{metric} {part.value}" for part, metric in used.items()]
    yield _row("", heads, width=22)
    for rival in _RIVALS:
        found = [difference(replays, rival, part, metric) for part, metric in used.items()]
        if any(one is not None for one in found):
            enough = [questions_in(replays, part) >= FEW for part in used]
            told = [_interval(one, wide=wide) for one, wide in zip(found, enough, strict=True)]
            yield _row(f"  {rival.value}", told, width=22)


def _context_lines(replays: Sequence[Replay], metric: str) -> Iterator[str]:
    budgets = budgets_in(replays)
    yield _row(f"{metric}, tokens", [str(budget) for budget in budgets])
    for ranker in Ranker:
        found = [cell(replays, ranker, Slice.ALL, f"{metric}@{budget}") for budget in budgets]
        if any(value is not None for value in found):
            yield _row(f"  {ranker.value}", [_number(value) for value in found])


def budgets_in(replays: Sequence[Replay]) -> list[int]:
    """Every budget that was measured."""
    return sorted({budget for replay in replays for budget in replay.plan.budgets})


def _row(name: str, cells: Sequence[str], *, width: int = 8) -> str:
    return (f"{name:<{_NAME}}" + "".join(f"{text:>{width}}" for text in cells)).rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(found: Interval | None, *, wide: bool) -> str:
    if found is None:
        return "-"
    if not wide:
        return f"{found.mean:+.3f}"
    return f"{found.mean:+.3f} [{found.low:+.2f} {found.high:+.2f}]"


# --- for programs -----------------------------------------------------------------------------


def as_json(replays: Sequence[Replay], *, with_questions: bool = True) -> dict[str, Any]:
    """The same numbers, and each question with what was found first."""
    return {
        "repositories": [_repository(replay, with_questions=with_questions) for replay in replays],
        "slices": {part.value: _slice(replays, part) for part in Slice},
        "budgets": budgets_in(replays),
    }


def _repository(replay: Replay, *, with_questions: bool) -> dict[str, Any]:
    about: dict[str, Any] = {
        "name": replay.name,
        "mode": replay.plan.mode.value,
        "head": replay.head,
        "frozen_at": replay.frozen_at,
        "questions": len(replay.results),
    }
    if with_questions:
        about["results"] = [
            {
                "commit": result.oid,
                "query": result.text,
                "targets": list(result.targets),
                "slices": [part.value for part in result.slices],
                "scores": {ranker.value: dict(found) for ranker, found in result.scores.items()},
                "ranked": {ranker.value: list(found) for ranker, found in result.ranked.items()},
            }
            for result in replay.results
        ]
    return about


def _slice(replays: Sequence[Replay], part: Slice) -> dict[str, Any]:
    return {
        "questions": questions_in(replays, part),
        "rankers": {ranker.value: _ranker(replays, ranker, part) for ranker in Ranker},
    }


def _ranker(replays: Sequence[Replay], ranker: Ranker, part: Slice) -> dict[str, Any]:
    names = sorted(
        {
            name
            for replay in replays
            for result in replay.results
            for name in result.scores.get(ranker, {})
        }
    )
    about: dict[str, Any] = {
        name: round(value, 4)
        for name in names
        if (value := cell(replays, ranker, part, name)) is not None
    }
    if ranker is not Ranker.SLEEPER:
        about["sleeper_minus_this"] = _compared(replays, ranker, part)
    return about


def _compared(replays: Sequence[Replay], rival: Ranker, part: Slice) -> dict[str, Any]:
    found = {metric: difference(replays, rival, part, metric) for metric in ("R@5", "F1@5")}
    return {
        metric: {
            "mean": round(one.mean, 4),
            "low": round(one.low, 4),
            "high": round(one.high, 4),
        }
        for metric, one in found.items()
        if one is not None
    }
