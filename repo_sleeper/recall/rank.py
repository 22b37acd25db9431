"""Order: signals made comparable, weighed, summed; every score can say what it is made of."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from repo_sleeper.domain.recall import FileHit

Scores = Mapping[str, float]  # path -> how much, in the signal's own unit

# Fitted on ten public repositories by benchmarks/fit.py, except where a line says otherwise;
# `why` strings and evaluations use the same names. A signal is a share of its best file's.
WEIGHTS: Mapping[str, float] = {
    "mention": 2.9,  # the question writes the path, or a line of it
    "name": 1.4,  # defines an identifier the question writes
    "caller": 1.1,  # refers to an identifier the question writes
    "guess": 0.05,  # defines what neighbouring words of the question would be called
    "text": 0.7,  # chunk BM25, the three best chunks of a file
    "passage": 1.3,  # ... its best chunk alone
    "fields": 1.6,  # words of path, stem and symbols, file as a whole
    "history": 1.6,  # commits about the same words
    "wording": 3.0,  # by hand: has the question's words side by side; no commit quotes a program
    "quote": 8.0,  # by hand: says what the question quotes; more than all its words apart
    "note": 0.15,  # a fresh note about the same words
    "stem": 1.2,  # words of the file's name
    "cover": 0.3,  # the share of the file's name that the question has
    "scope": 1.2,  # lies in the area named before a colon
    "churn": 0.6,  # changed often, lately
    "recent": 0.6,  # changed lately
    "size": 0.4,
    "tests wanted": 2.0,
    "test": -0.3,
    "test when reading": -1.2,  # by hand: no commit asks how or where
    "aside wanted": 0.8,
    "aside": -0.9,  # examples, benchmarks
    "pair": 1.1,  # tests a leading file, or is tested by it
    "co-change": 0.8,  # changes together with a leading file
    "company": 0.3,  # by hand: ... as a share of what does so most surely of all
    "imported": 1.1,  # a leading file imports it
    "importer": 1.1,  # imports a leading file
}
CALLERS_WANTED = 5.0  # what "caller" weighs when the question is who calls something
_SPREADING = 6  # files whose neighbours are looked at
_REASONS = 3
_VALUE = itemgetter(1)
_LEAST = 0.02  # of the best score: what a signal must add to be a reason


class Ranked(NamedTuple):
    """A file with its score and what each signal added to it."""

    path: str
    score: float
    parts: tuple[tuple[str, float], ...]


def fuse(
    signals: Mapping[str, Scores],
    weights: Mapping[str, float] = WEIGHTS,
    *,
    limit: int | None = None,
) -> list[Ranked]:
    """Each signal divided by its maximum, weighed and summed; best first, ties by path.

    With a `limit`, only so many of the best: what each is made of is then told of few.
    """
    weighed: dict[str, dict[str, float]] = {}
    totals: defaultdict[str, float] = defaultdict(float)
    for name in sorted(signals):
        if weight := weights.get(name, 0.0):
            weighed[name] = {path: weight * part for path, part in shares(signals[name]).items()}
            for path, part in weighed[name].items():
                totals[path] += part
    best = sorted(totals, key=lambda path: (-totals[path], path))[:limit]
    return _ordered(
        {path: {n: some[path] for n, some in weighed.items() if path in some} for path in best}
    )


def shares(scores: Scores) -> dict[str, float]:
    """Scores as shares of the best one; nothing that is not above zero."""
    best = max(scores.values(), default=0.0)
    if best <= 0.0 or not math.isfinite(best):
        return {}
    return {path: score / best for path, score in scores.items() if score > 0.0}


def damp(ranked: Sequence[Ranked], shares_kept: Mapping[str, float]) -> list[Ranked]:
    """Let some files keep only a share of what they have, but all of what names them."""
    return _best_first(_damped(one, shares_kept.get(one.path, 1.0)) for one in ranked)


def _damped(one: Ranked, share: float) -> Ranked:
    if share == 1.0:
        return one
    values = {name: value if name == "mention" else value * share for name, value in one.parts}
    return _ranked(one.path, values)


def leaders(ranked: Sequence[Ranked]) -> dict[str, float]:
    """The files that lend weight to their neighbours: the best few, sharply weighed, sum 1."""
    first = ranked[:_SPREADING]
    weights = {one.path: math.exp(one.score - first[0].score) for one in first}
    total = sum(weights.values())
    return {path: weight / total for path, weight in weights.items()}


def add(
    ranked: Sequence[Ranked],
    values: Mapping[str, Scores],
    weights: Mapping[str, float] = WEIGHTS,
) -> list[Ranked]:
    """Add what does not come as a share of the best: each value as it is, weighed."""
    added = {one.path: dict(one.parts) for one in ranked}
    for name in sorted(values):
        weight = weights.get(name, 0.0)
        for path, value in values[name].items():
            if weight and value:
                added.setdefault(path, {})[name] = weight * value
    return _ordered(added)


def to_unit(ranked: Sequence[Ranked], weights: Mapping[str, float] = WEIGHTS) -> list[Ranked]:
    """Scores in 0..1: shares of what a file would get that is best in every signal present."""
    present = {name for one in ranked for name, _ in one.parts}
    most = sum(max(weights.get(name, 0.0), 0.0) for name in present)
    if not most:
        return []
    return [one._replace(score=min(max(one.score / most, 0.0), 1.0)) for one in ranked]


def hits(
    ranked: Sequence[Ranked], reasons: Mapping[str, Mapping[str, str]], *, limit: int
) -> tuple[FileHit, ...]:
    """The best files with their reasons, the weightiest reason first."""
    values = (value for one in ranked for name, value in one.parts if name != "quote")
    best = max(values, default=0.0)  # beside a quotation everything else would look small
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
    # What cannot be said in words keeps its place: the next reason weighs less, and costs room.
    return tuple(filter(None, tuple(dict.fromkeys(told))[:_REASONS]))


def _ordered(added: Mapping[str, Mapping[str, float]]) -> list[Ranked]:
    return _best_first(_ranked(path, values) for path, values in added.items())


def _ranked(path: str, values: Mapping[str, float]) -> Ranked:
    parts = tuple(sorted(values.items()))
    return Ranked(path, sum(map(_VALUE, parts)), parts)


def _best_first(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda one: (-one.score, one.path))
