"""Order: signals made comparable, weighed, summed; every score can say what it is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from repo_sleeper.domain import FileHit

Scores = Mapping[str, float]  # path -> how much, in the signal's own unit

# Fitted by hand on public repositories; `why` strings and evaluations use the same names.
WEIGHTS: Mapping[str, float] = {
    "mention": 3.0,  # the question writes the path, or a line of it
    "name": 1.5,  # defines an identifier the question writes
    "text": 1.0,  # chunk BM25, the three best chunks of a file
    "fields": 1.0,  # words of path, stem and symbols, file as a whole
    "history": 1.0,  # commits about the same words
    "guess": 0.35,  # defines what neighbouring words of the question would be called
    "caller": 0.3,  # refers to an identifier the question writes
    "note": 0.15,  # a fresh note about the same words
}
CALLERS_WANTED = 2.0  # what "caller" weighs when the question is who calls something
CO_CHANGE = 0.15
PAIR = 0.15
_SPREADING = 6  # files whose neighbours are looked at
_REASONS = 3
_LEAST = 0.02  # of the best score: what a signal must add to be a reason


class Ranked(NamedTuple):
    """A file with its score and what each signal added to it."""

    path: str
    score: float
    parts: tuple[tuple[str, float], ...]


def fuse(signals: Mapping[str, Scores], weights: Mapping[str, float] = WEIGHTS) -> list[Ranked]:
    """Each signal divided by its maximum, weighed and summed; best first, ties by path."""
    added: dict[str, dict[str, float]] = {}
    for name in sorted(signals):
        weight = weights.get(name, 0.0)
        for path, share in shares(signals[name]).items():
            if weight and share:
                added.setdefault(path, {})[name] = weight * share
    return _ordered(added)


def shares(scores: Scores) -> dict[str, float]:
    """Scores as shares of the best one; nothing that is not above zero."""
    best = max(scores.values(), default=0.0)
    if best <= 0.0 or not math.isfinite(best):
        return {}
    return {path: score / best for path, score in scores.items() if score > 0.0}


def damp(ranked: list[Ranked], shares_kept: Mapping[str, float]) -> list[Ranked]:
    """Let some files keep only a share of their score: each part shrinks alike."""
    added = {
        one.path: {name: value * shares_kept.get(one.path, 1.0) for name, value in one.parts}
        for one in ranked
    }
    return _ordered(added)


def leaders(ranked: list[Ranked]) -> dict[str, float]:
    """The files that lend weight to their neighbours: the best few, sharply weighed, sum 1."""
    weights = {one.path: one.score**3 for one in ranked[:_SPREADING]}
    total = sum(weights.values())
    return {path: weight / total for path, weight in weights.items()} if total else {}


def spread(ranked: list[Ranked], neighbours: Mapping[str, tuple[float, Scores]]) -> list[Ranked]:
    """Add what neighbours lend: for each kind, a share of the best score so far."""
    best = ranked[0].score if ranked else 0.0
    added = {one.path: dict(one.parts) for one in ranked}
    for name in sorted(neighbours):
        weight, scores = neighbours[name]
        for path, share in shares(scores).items():
            added.setdefault(path, {})[name] = weight * share * best
    return _ordered(added)


def to_unit(ranked: list[Ranked], weights: Mapping[str, float] = WEIGHTS) -> list[Ranked]:
    """Scores in 0..1: shares of what a file would get that is best in every signal present."""
    present = {name for one in ranked for name, _ in one.parts}
    most = sum(weights.get(name, 0.0) for name in present) * (1 + CO_CHANGE + PAIR)
    if not most:
        return []
    return [Ranked(one.path, min(one.score / most, 1.0), one.parts) for one in ranked]


def hits(
    ranked: Sequence[Ranked], reasons: Mapping[str, Mapping[str, str]], *, limit: int
) -> tuple[FileHit, ...]:
    """The best files with their reasons, the weightiest reason first."""
    best = max((value for one in ranked for _, value in one.parts), default=0.0)
    return tuple(
        FileHit(one.path, round(one.score, 4), _why(one, reasons.get(one.path, {}), best))
        for one in ranked[:limit]
    )


def _why(one: Ranked, reasons: Mapping[str, str], best: float) -> tuple[str, ...]:
    told = [
        reasons[name]
        for name, value in sorted(one.parts, key=lambda part: (-part[1], part[0]))
        if name in reasons and value >= _LEAST * best
    ]
    return tuple(dict.fromkeys(told))[:_REASONS]


def _ordered(added: Mapping[str, Mapping[str, float]]) -> list[Ranked]:
    found = [
        Ranked(path, math.fsum(values.values()), tuple(sorted(values.items())))
        for path, values in added.items()
    ]
    return sorted(found, key=lambda one: (-one.score, one.path))
