"""How often what a fix mended was among the first k, as a table and for programs; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from repo_sleeper.evaluate.metrics import Interval, macro, paired_interval
from repo_sleeper.evaluate.report import FEW
from repo_sleeper.evaluate.suspicion import Level, Suspicion, Way
from repo_sleeper.words import counted

TOP = (1, 5, 10, 20)
COMPARED = 10  # the k of the differences that are told
_RIVALS = tuple(way for way in Way if way is not Way.SLEEPER)


def hits(found: Suspicion, level: Level, way: Way, k: int) -> list[float]:
    """For each fix 1 if something it mended was among the first k, else 0."""
    return [float(fix[level][way] <= k) for fix in found.fixes if level in fix]


def share(found: Sequence[Suspicion], level: Level, way: Way, k: int) -> float:
    """The mean over repositories of the share of fixes that were hit."""
    return macro([hits(one, level, way, k) for one in found])


def difference(found: Sequence[Suspicion], level: Level, rival: Way, k: int) -> Interval:
    """How much oftener we hit than a rival on the same fixes."""
    return paired_interval(
        [hits(one, level, Way.SLEEPER, k) for one in found],
        [hits(one, level, rival, k) for one in found],
    )


def _fixes(number: int) -> str:
    return "1 fix" if number == 1 else f"{number} fixes"


def table(found: Sequence[Suspicion]) -> str:
    """For a person."""
    lines = [
        f"{one.name}: {_fixes(len(one.fixes))}, {counted(one.files, 'file')} of code, "
        f"{counted(one.symbols, 'innermost definition')}"
        for one in found
    ]
    for level in Level:
        if any(level in fix for one in found for fix in one.fixes):
            lines += ["", *_level_lines(found, level)]
    return "\n".join(lines)


def _level_lines(found: Sequence[Suspicion], level: Level) -> list[str]:
    head = f"{level.value:12}" + "".join(f"  {f'hit@{k}':>7}" for k in TOP)
    rows = [head + f"  suspicion minus this at {COMPARED}"]
    for way in Way:
        row = f"{way.value:12}" + "".join(f"  {share(found, level, way, k):7.3f}" for k in TOP)
        if way in _RIVALS:
            one = difference(found, level, way, COMPARED)
            enough = sum(len(each.fixes) for each in found) >= FEW
            row += f"  {one.mean:+.3f}" + (f" [{one.low:+.2f} {one.high:+.2f}]" if enough else "")
        rows.append(row)
    return rows


def as_json(found: Sequence[Suspicion]) -> dict[str, Any]:
    """For programs."""
    return {
        "repositories": [
            {
                "name": one.name,
                "fixes": len(one.fixes),
                "files": one.files,
                "symbols": one.symbols,
                "hits": _levels([one]),
            }
            for one in found
        ],
        "hits": _levels(found),
        "suspicion_minus": {
            level.value: {
                rival.value: asdict(difference(found, level, rival, COMPARED)) for rival in _RIVALS
            }
            for level in Level
        },
    }


def _levels(found: Sequence[Suspicion]) -> dict[str, Any]:
    return {
        level.value: {
            way.value: {f"hit@{k}": share(found, level, way, k) for k in TOP} for way in Way
        }
        for level in Level
    }
