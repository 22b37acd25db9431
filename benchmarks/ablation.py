"""What each signal of the ranking is worth: the same replay with one of them left out.

    python benchmarks/ablation.py --cache /tmp/recall ~/src/flask ~/src/httpx

Files are ranked without packing and without abstaining, so the first row is a little better than
what `benchmarks/recall.py` measures of the product.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from repo_sleeper import git
from repo_sleeper.evaluate.metrics import file_scores, macro
from repo_sleeper.evaluate.queries import is_source
from repo_sleeper.evaluate.replay import replay
from repo_sleeper.evaluate.report import HEADLINE
from repo_sleeper.evaluate.results import Plan, Replay
from repo_sleeper.recall.question import understand
from repo_sleeper.recall.rank import WEIGHTS
from repo_sleeper.recall.retrieve import retrieve
from repo_sleeper.store import code
from repo_sleeper.store.database import read_database

_SHOWN = 20


def main() -> None:
    """Print one row for each way to weigh the signals."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    cache = Path(tempfile.gettempdir()) / "sleeper-recall"
    parser.add_argument("--cache", type=Path, default=cache)
    asked = parser.parse_args()
    places = [
        (asked.cache.resolve() / "kept" / path.resolve().name, path) for path in asked.repositories
    ]
    replays = [(place, _replayed(path, place)) for place, path in places]
    for name, weights, sources_only in _variants():
        ranked = [_ranked(place, one, weights) for place, one in replays]
        found = [one for _, one in replays]
        print(f"{name:24}{_row(found, ranked, sources_only=sources_only)}", flush=True)


def _variants() -> Iterator[tuple[str, Mapping[str, float], bool]]:
    yield "everything", WEIGHTS, False
    yield "source files only", WEIGHTS, True
    for signal in WEIGHTS:
        yield f"without {signal}", {**WEIGHTS, signal: 0.0}, False
    for signal in WEIGHTS:
        yield f"only {signal}", {signal: 1.0}, False


def _replayed(path: Path, workshop: Path) -> Replay:
    repo = git.discover(path)
    plan = Plan(budgets=(1_024,))
    return replay(repo, workshop=workshop, plan=plan, clock=time.time, state_version="kept")


def _ranked(workshop: Path, one: Replay, weights: Mapping[str, float]) -> list[list[str]]:
    with closing(read_database(next(workshop.glob("fast-*/index.db")))) as db:
        tree_id = code.trees(db)[0].id
        found = [
            retrieve(db, tree_id, understand(result.text), weights=weights)
            for result in one.results
        ]
    return [[hit.path for hit in each.ranked[: 2 * _SHOWN]] for each in found]


def _row(
    replays: Sequence[Replay], ranked: Sequence[Sequence[list[str]]], *, sources_only: bool
) -> str:
    cells = []
    for part, metric in HEADLINE.items():
        groups = [
            [
                file_scores(_kept(paths, sources_only=sources_only), result.targets)[metric]
                for result, paths in zip(one.results, lists, strict=True)
                if part in result.slices
            ]
            for one, lists in zip(replays, ranked, strict=True)
        ]
        cells.append(f"{metric} {part.value} {macro(groups):.3f}")
    return "   ".join(cells)


def _kept(paths: Sequence[str], *, sources_only: bool) -> list[str]:
    return [path for path in paths if not sources_only or is_source(path)][:_SHOWN]


if __name__ == "__main__":
    main()
