"""Fits the weights of the ranking: a linear listwise model over what each signal says.

    python benchmarks/fit.py --cache /tmp/recall ~/src/flask ~/src/httpx

Every question of a replay is a list of candidates with their signals; the weights make the files
that the commit changed likely (softmax over the list, cross-entropy, a little L2). Printed are the
weights fitted on all the repositories, and, with --leave-one-out, what each repository scores under
weights that have not seen it. Never name a repository here that results are reported on.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from repo_sleeper import git
from repo_sleeper.evaluate.metrics import file_scores, macro
from repo_sleeper.evaluate.queries import Slice, is_source
from repo_sleeper.evaluate.replay import replay
from repo_sleeper.evaluate.report import HEADLINE
from repo_sleeper.evaluate.results import Plan
from repo_sleeper.recall.question import understand
from repo_sleeper.recall.rank import WEIGHTS
from repo_sleeper.recall.retrieve import retrieve
from repo_sleeper.store import code
from repo_sleeper.store.database import read_database

_CANDIDATES = 60
_ROUNDS = 200
_STEP, _MEAN, _SQUARE, _TINY = 0.05, 0.9, 0.999, 1e-8  # of Adam
_L2 = 0.002
# Of these the commits of a history tell nothing; they are set by hand.
FIXED = ("test when reading",)
_UNIT = 1e-6  # what a signal without weight is weighed, so that its value can be read


class Case(NamedTuple):
    """One question: the signals of its candidates, and which of them were right."""

    paths: tuple[str, ...]
    signals: tuple[Mapping[str, float], ...]
    targets: tuple[str, ...]
    slices: tuple[Slice, ...]


def main() -> None:
    """Collect, fit, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "sleeper-recall"
    )
    parser.add_argument("--leave-one-out", action="store_true")
    asked = parser.parse_args()
    groups = [cases(path, asked.cache) for path in asked.repositories]
    weights = fitted([case for group in groups for case in group])
    for name, weight in weights.items():
        print(f'    "{name}": {weight:.2f},')
    print(f"fitted on all of them: {row(groups, [weights] * len(groups))}")
    if asked.leave_one_out:
        others = [[case for one in groups if one is not group for case in one] for group in groups]
        print(f"leave one out:         {row(groups, [fitted(some) for some in others])}")


def cases(path: Path, cache: Path) -> list[Case]:
    """The questions of one repository as its kept index answers them."""
    workshop = cache.resolve() / "kept" / path.resolve().name
    plan = Plan(budgets=(1_024,))
    repo = git.discover(path)
    found = replay(repo, workshop=workshop, plan=plan, clock=time.time, state_version="kept")
    weights = {name: weight or _UNIT for name, weight in WEIGHTS.items()}
    with closing(read_database(next(workshop.glob("fast-*/index.db")))) as db:
        tree_id = code.trees(db)[0].id
        made = []
        for one in found.results:
            ranked = retrieve(db, tree_id, understand(one.text), weights=weights).ranked
            kept = [each for each in ranked if is_source(each.path)][:_CANDIDATES]
            signals = tuple(
                {name: value / weights[name] for name, value in each.parts} for each in kept
            )
            paths = tuple(each.path for each in kept)
            made.append(Case(paths, signals, one.targets, one.slices))
    return made


def fitted(some: Sequence[Case]) -> dict[str, float]:
    """Adam on the mean cross-entropy; the same cases give the same weights."""
    learnable = [case for case in some if set(case.paths) & set(case.targets)]
    weights = dict(WEIGHTS)
    names = [name for name in WEIGHTS if name not in FIXED]
    mean, square = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for turn in range(1, _ROUNDS + 1):
        slope = gradient(learnable, weights)
        for name in names:
            value = slope.get(name, 0.0) + _L2 * weights[name]
            mean[name] = _MEAN * mean[name] + (1 - _MEAN) * value
            square[name] = _SQUARE * square[name] + (1 - _SQUARE) * value * value
            root = math.sqrt(square[name] / (1 - _SQUARE**turn)) + _TINY
            weights[name] -= _STEP * mean[name] / (1 - _MEAN**turn) / root
    return weights


def gradient(some: Sequence[Case], weights: Mapping[str, float]) -> dict[str, float]:
    """How the loss grows with each weight."""
    slope: dict[str, float] = {}
    for case in some:
        scores = [worth(signals, weights) for signals in case.signals]
        top = max(scores)
        likely = [math.exp(score - top) for score in scores]
        total = sum(likely)
        right = [path in case.targets for path in case.paths]
        share = 1 / sum(right)
        for chance, hit, signals in zip(likely, right, case.signals, strict=True):
            off = (chance / total - share * hit) / len(some)
            for name, value in signals.items():
                slope[name] = slope.get(name, 0.0) + off * value
    return slope


def worth(signals: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The score of a candidate."""
    return sum(weights[name] * value for name, value in signals.items())


def row(groups: Sequence[Sequence[Case]], weights: Sequence[Mapping[str, float]]) -> str:
    """The headline metrics, each repository under its own weights."""
    cells = []
    for part, metric in HEADLINE.items():
        scores = [
            [_score(case, mine, metric) for case in group if part in case.slices]
            for group, mine in zip(groups, weights, strict=True)
        ]
        cells.append(f"{metric} {part.value} {macro(scores):.3f}")
    return "   ".join(cells)


def _score(case: Case, weights: Mapping[str, float], metric: str) -> float:
    scored = zip(case.paths, case.signals, strict=True)
    order = sorted(scored, key=lambda one: (-worth(one[1], weights), one[0]))
    return file_scores([path for path, _ in order[:20]], case.targets)[metric]


if __name__ == "__main__":
    main()
