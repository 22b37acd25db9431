"""Who was asked what, under which rules, and how they scored: frozen values; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from repo_sleeper.evaluate.metrics import BUDGETS
from repo_sleeper.evaluate.queries import Slice


class Ranker(StrEnum):
    """Who answers; ours first."""

    SLEEPER = "sleeper"
    FUSION = "rank fusion"
    HISTORY = "commit neighbours"
    CONTENT = "content BM25"
    PATH = "path BM25"
    RECENCY = "recency"
    MAP = "reference map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What of a repository is read, as its settings have it."""

    max_bytes: int = 1024 * 1024
    ignore: Sequence[str] = ()
    max_commits: int = 20_000


class Mode(StrEnum):
    """Which state of the index a question is asked of."""

    FAST = "fast"  # one index, frozen before the oldest question
    EXACT = "exact"  # the index at each question's own parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to replay, and how."""

    count: int = 100
    mode: Mode = Mode.FAST
    limits: Limits = field(default_factory=Limits)
    budgets: Sequence[int] = BUDGETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One question: who found how much."""

    oid: str
    text: str
    targets: tuple[str, ...]
    slices: tuple[Slice, ...]
    scores: Mapping[Ranker, Mapping[str, float]]
    ranked: Mapping[Ranker, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All questions of one repository, oldest first."""

    name: str
    plan: Plan
    head: str
    frozen_at: str  # empty in exact mode
    results: tuple[Result, ...]
