"""Thinking without a provider: `python benchmarks/think.py [1000,5000,20000] [--thoughts N]`.

For each size a repository is generated (modules in folders that call each other, 300 commits) and
indexed; then subjects are thought about exactly as the daemon does it, by a model that answers at
once from the prompt. Printed are subjects per second, where the time of one goes, and the exponent
of growth: 0 is flat, 1 is in proportion to the repository.
"""

from __future__ import annotations

import argparse
import cProfile
import math
import os
import pstats
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from repo_sleeper.daemon import mind, rounds, workspace
from repo_sleeper.daemon.models import models
from repo_sleeper.daemon.plan import Plan
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.store.database import Database
from repo_sleeper.think import context, outline
from tests.fakes import FakeModel

_COMMITS = 300
_EDITED = 6
_A_FOLDER = 40
_NAMES = "order cart price stock item user tax rate total line count code ship label batch"
_WORDS = tuple(_NAMES.split())
_BODY = '''\
"""Part {at} of the shop: {word}s."""

from shop.part_{near} import {near_word}_{near}

LIMIT_{at} = {at}


class {title}{at}:
    """Holds the {word}s of part {at}."""

    def __init__(self, rows, limit=LIMIT_{at}):
        self.rows = list(rows)
        self.limit = limit

    def get(self, key, default=None):
        for row in self.rows:
            if row.key == key:
                return row.value
        return default

    def add_{word}(self, row):
        if len(self.rows) >= self.limit:
            raise ValueError(f"no more than {{self.limit}}")
        self.rows.append(row)
        return {near_word}_{near}(row.value)


def {word}_{at}(value, factor={at}):
    """Computes the {word} of a value."""
    result = {title}{at}([value]).get("total", value)
    return result * factor if result else {near_word}_{near}(value - 1)
'''


class Timed(NamedTuple):
    """One size: the processor time of a subject in milliseconds, in all and by part."""

    files: int
    subjects: int
    total: float
    agenda: float
    shown: float


def main() -> None:
    """Print a row for each size, then how each column grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("sizes", nargs="?", default="1000,5000,20000")
    parser.add_argument("--thoughts", type=int, default=60)
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args()
    print("   files  subjects/s  ms a subject    agenda   context      rest  (processor time)")
    found = []
    for size in (int(one) for one in chosen.sizes.split(",")):
        with _repository(size) as place:
            found.append(_measured(place, size, chosen.thoughts, profile=chosen.profile))
        _print(found[-1])
    for name in ("total", "agenda", "shown") if len(found) > 1 else ():
        print(f"growth of {name}: {_exponent(found[0], found[-1], name):+.2f}")


def _print(row: Timed) -> None:
    rest = row.total - row.agenda - row.shown
    print(
        f"{row.files:8,}  {1000 / row.total:10.1f}  {row.total:12.1f}"
        f"  {row.agenda:8.1f}  {row.shown:8.1f}  {rest:8.1f}"
    )
    sys.stdout.flush()


def _exponent(small: Timed, large: Timed, name: str) -> float:
    one, two = getattr(small, name), getattr(large, name)
    return math.log(two / one) / math.log(large.files / small.files) if one and two else 0.0


class _Plain(argparse.RawDescriptionHelpFormatter):
    pass


# --- the repository -------------------------------------------------------------------------------


@contextmanager
def _repository(files: int) -> Iterator[Workspace]:
    """A generated repository, set up and reconciled; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="think") as folder:
        env = {**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder}
        for name in ("CONFIG", "STATE", "DATA", "CACHE"):
            env[f"XDG_{name}_HOME"] = os.environ[f"XDG_{name}_HOME"] = f"{folder}/{name}"
        env["SLEEPER_MODEL_NAME"] = "fake/model"
        env["SLEEPER_BUDGET_CALLS_PER_DAY"] = env["SLEEPER_BUDGET_CALLS_PER_MONTH"] = "100000"
        env["SLEEPER_BUDGET_TOKENS_PER_DAY"] = env["SLEEPER_BUDGET_TOKENS_PER_MONTH"] = (
            "10000000000"
        )
        env["SLEEPER_BUDGET_USD_PER_DAY"] = env["SLEEPER_BUDGET_USD_PER_MONTH"] = "10000"
        root = Path(folder) / "repo"
        root.mkdir()
        _git(root, "init", "--quiet", "--initial-branch=main")
        _git(root, "fast-import", "--quiet", given=_history(files))
        _git(root, "reset", "--quiet", "--hard", "main")
        place = workspace.open_workspace(root, env)
        workspace.create_store(place)
        with closing(workspace.write_store(place)) as db:
            rounds.reconcile_round(db, place.repo, place.settings, now=time.time())
        yield place


def _git(root: Path, *args: str, given: str = "") -> None:
    subprocess.run(["git", *args], cwd=root, input=given, text=True, check=True)


def _history(files: int) -> str:
    chance = random.Random(5)  # noqa: S311 -- no secret
    script = []
    for commit in range(_COMMITS):
        touched = range(files) if commit == 0 else sorted(chance.sample(range(files), _EDITED))
        script.append("commit refs/heads/main\n")
        script.append(f"committer Ada <ada@example.org> {1_700_000_000 + 3600 * commit} +0000\n")
        subject = f"Change the {_WORDS[commit % len(_WORDS)]}s"
        script.append(f"data {len(subject)}\n{subject}\n")
        for at in touched:
            text = _module(at, files) + (f"# edit {commit}\n" if commit else "")
            folder = f"area_{at // _A_FOLDER // _A_FOLDER}/shop_{at // _A_FOLDER}"
            script.append(f"M 100644 inline {folder}/part_{at}.py\ndata {len(text)}\n{text}\n")
    return "".join(script)


def _module(at: int, files: int) -> str:
    near = (at * 7 + 1) % files
    word, near_word = _WORDS[at % len(_WORDS)], _WORDS[near % len(_WORDS)]
    return _BODY.format(at=at, word=word, title=word.title(), near=near, near_word=near_word)


# --- thinking -------------------------------------------------------------------------------------


class _Clock:
    """Adds up the processor time spent inside functions."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._depth = 0

    def wrap(self, name: str, module: Any, function: str) -> None:
        inner: Callable[..., Any] = getattr(module, function)

        def timed(*args: Any, **named: Any) -> Any:
            began, self._depth = time.process_time(), self._depth + 1
            try:
                return inner(*args, **named)
            finally:
                self._depth -= 1
                if not self._depth:
                    took = time.process_time() - began
                    self.spent[name] = self.spent.get(name, 0.0) + took

        setattr(module, function, timed)


def _measured(place: Workspace, files: int, thoughts: int, *, profile: bool) -> Timed:
    clock, model = _Clock(), FakeModel()
    clock.wrap("agenda", rounds, "agenda")
    clock.wrap("shown", context, "build")
    clock.wrap("shown", outline, "build")
    watcher = cProfile.Profile()
    began = time.process_time()
    if profile:
        watcher.enable()
    done = sum(1 for _ in _thoughts(place, model, thoughts))
    watcher.disable()
    took = time.process_time() - began
    if profile:
        pstats.Stats(watcher).sort_stats("cumulative").print_stats(35)
    parts = {name: 1000 * spent / done for name, spent in clock.spent.items()}
    return Timed(files, done, 1000 * took / done, parts.get("agenda", 0), parts.get("shown", 0))


def _thoughts(place: Workspace, model: FakeModel, most: int) -> Iterator[mind.Thought]:
    plan, awake = Plan(), threading.Event()
    with closing(workspace.read_store(place)) as db:
        tree_id, head = _tree(db)
    for _ in range(most):
        at = mind.At(place, place.repo, tree_id, head, models(place, model), awake)
        thought = mind.one_thought(at, plan)
        if thought.error or not thought.subject:
            raise RuntimeError(f"the benchmark is wrong: {thought}")
        yield thought


def _tree(db: Database) -> tuple[int, str]:
    row = db.row("select id, head from trees")
    if row is None:
        raise RuntimeError("nothing was indexed")
    return row["id"], row["head"]


if __name__ == "__main__":
    main()
