"""Replays the history of many repositories and prints the macro table that ranking is tuned with.

    python benchmarks/recall.py --cache /tmp/recall ~/src/flask ~/src/httpx

The frozen index of each repository is kept in the cache until the code that makes it changes, so
a change of the ranking alone is measured in seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from repo_sleeper import git
from repo_sleeper.evaluate import plot, report
from repo_sleeper.evaluate.metrics import BUDGETS, file_scores, macro
from repo_sleeper.evaluate.queries import Slice, is_source
from repo_sleeper.evaluate.replay import replay
from repo_sleeper.evaluate.results import Mode, Plan, Ranker, Replay, Result

_SHOWN = 5


def main() -> None:
    """Replay each repository in turn and print what came of it."""
    asked = _options()
    replays = [_replayed(path, asked) for path in asked.repositories]
    _print_repositories(replays)
    print()
    print(report.table(replays))
    print(_sources_only(replays))
    if asked.misses:
        _print_misses(replays, asked.misses)
    if asked.json:
        asked.json.write_text(json.dumps(report.as_json(replays), indent=1), "utf-8")
    if asked.plot:
        asked.plot.write_text(plot.svg(replays), "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    cache = Path(tempfile.gettempdir()) / "sleeper-recall"
    parser.add_argument("--cache", type=Path, default=cache)
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--keep-index", action="store_true", help="however its code has changed")
    parser.add_argument("--files-only", action="store_true", help="one budget only: faster")
    parser.add_argument("--misses", type=int, default=0, help="show so many bad answers")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    return parser.parse_args()


def _replayed(path: Path, asked: argparse.Namespace) -> Replay:
    repo = git.discover(path)
    plan = Plan(
        count=asked.commits,
        mode=Mode.EXACT if asked.exact else Mode.FAST,
        budgets=(1_024,) if asked.files_only else BUDGETS,
    )
    started = time.perf_counter()
    workshop = asked.cache / ("kept" if asked.keep_index else "current") / repo.root.name
    version = "kept" if asked.keep_index else ""
    found = replay(repo, workshop=workshop, plan=plan, clock=time.time, state_version=version)
    print(f"{found.name}: {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return found


def _print_repositories(replays: Sequence[Replay]) -> None:
    heads = [f"{metric} {part.value}" for part, metric in report.HEADLINE.items()]
    print(f"{'':16}" + "".join(f"{head:>24}" for head in heads))
    print(f"{'':16}" + f"{'ours  fusion  content':>24}" * len(heads))
    for one in replays:
        cells = [_trio(one, part, metric) for part, metric in report.HEADLINE.items()]
        print(f"{one.name[:15]:16}" + "".join(f"{cell:>24}" for cell in cells))


def _trio(one: Replay, part: Slice, metric: str) -> str:
    rankers = (Ranker.SLEEPER, Ranker.FUSION, Ranker.CONTENT)
    found = [report.cell([one], ranker, part, metric) for ranker in rankers]
    return "  ".join("  -  " if value is None else f"{value:.3f}" for value in found)


def _sources_only(replays: Sequence[Replay]) -> str:
    """What our list would score if everything but source files were taken out of it."""
    cells = []
    for part, metric in report.HEADLINE.items():
        groups = [[_filtered(one, metric) for one in _in(each, part)] for each in replays]
        cells.append(f"{metric} {part.value} {macro(groups):.3f}")
    return "sleeper, source files only: " + ", ".join(cells)


def _in(one: Replay, part: Slice) -> list[Result]:
    return [result for result in one.results if part in result.slices]


def _filtered(result: Result, metric: str) -> float:
    kept = [path for path in result.ranked[Ranker.SLEEPER] if is_source(path)]
    return file_scores(kept, result.targets)[metric]


def _print_misses(replays: Sequence[Replay], number: int) -> None:
    every = [(each.name, result) for each in replays for result in each.results]
    every.sort(key=lambda pair: (pair[1].scores[Ranker.SLEEPER]["R@10"], pair[0], pair[1].oid))
    for name, result in every[:number]:
        print(f"\n{name} {result.oid[:10]} {result.text}")
        print(f"    wanted {', '.join(result.targets)}")
        print(f"    found  {', '.join(result.ranked[Ranker.SLEEPER][:_SHOWN]) or 'nothing'}")


if __name__ == "__main__":
    main()
