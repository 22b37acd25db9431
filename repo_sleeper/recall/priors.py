"""What a file is worth before its words are looked at: how alive it is, and what it is for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from repo_sleeper.recall.file_kinds import is_aside, is_test
from repo_sleeper.recall.question import Question


class Standing(NamedTuple):
    """A live file: size, decayed churn, how many commits ago it was changed, its language."""

    size: int
    churn: float
    age: int
    language: str


_OLDEST = 3_000  # commits: a file never changed is as old as that


def priors(standing: Mapping[str, Standing], question: Question) -> dict[str, dict[str, float]]:
    """Signal -> path -> value, about 0..1, of what does not depend on a file's words."""
    found: dict[str, dict[str, float]] = {
        "churn": {path: math.log1p(one.churn) / 4 for path, one in standing.items()},
        "recent": {path: _recent(one.age) for path, one in standing.items()},
        "size": {path: math.log1p(one.size) / 12 for path, one in standing.items()},
    }
    tests = dict.fromkeys((path for path in standing if is_test(path)), 1.0)
    aside = dict.fromkeys((path for path in standing if is_aside(path)), 1.0)
    found["tests wanted" if question.wants_tests else "test"] = tests
    found["aside wanted" if question.wants_aside else "aside"] = aside
    if question.wants_reading:
        found["test when reading"] = tests
    return found


def _recent(age: int) -> float:
    return 1 - math.log1p(min(age, _OLDEST)) / math.log1p(_OLDEST)
