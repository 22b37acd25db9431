"""What the agenda would have thought about, day by day: `python benchmarks/season.py WORK_TREE...`.

Replays the newest commits. On every day that has one, a few files are thought about first, in the
order of the agenda, of decayed churn, or of chance; a thought has seen the definitions of its file
as they are then. A definition edited later is a hit when a thought had seen it as it was until
then. Only code counts, and definitions that commits change or remove.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repo_sleeper import git
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Candidate, Subject
from repo_sleeper.evaluate.queries import is_source
from repo_sleeper.git import Repository
from repo_sleeper.git.past import contents, edits, files_at
from repo_sleeper.history.churn import decayed_churn
from repo_sleeper.index.languages import TEXT, language_of
from repo_sleeper.index.pool import ParserPool, Request
from repo_sleeper.index.tags import symbols_of
from repo_sleeper.sleep import agenda, foresight

SWEEP = 30
DAY_S = 86_400


@dataclass
class Tree:
    """The code of the work tree as the replay goes along, and what commits did to it."""

    sizes: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, frozenset[int]] = field(default_factory=dict)
    past: list[tuple[str, ...]] = field(default_factory=list)  # newest first


@dataclass
class Sleeper:
    """One order of thinking, and how it did."""

    order: Callable[[Tree, Sleeper], Sequence[str]]
    seen: set[int] = field(default_factory=set)
    hits: int = 0
    edited: int = 0
    thoughts: int = 0
    tokens: float = 0.0

    def uncovered(self, tree: Tree, path: str) -> float:
        """The share of a file's definitions that no thought has seen as they are."""
        hashes = tree.hashes[path]
        return len(hashes - self.seen) / len(hashes) if hashes else 0.0

    def sleep(self, tree: Tree, *, subjects: int) -> None:
        """Think about so many files."""
        for path in list(self.order(tree, self))[:subjects]:
            self.seen |= tree.hashes[path]
            self.thoughts += 1
            self.tokens += agenda.tokens(tree.sizes[path])


def by_agenda(tree: Tree, sleeper: Sleeper) -> list[str]:
    """As the daemon would when everything is committed: by value per token."""
    expected = foresight.forecast(tree.past[: foresight.COMMITS], tree.sizes)
    items = agenda.plan(
        Candidate(
            subject=Subject(path, path),
            kind=NoteKind.ARCHITECTURE,
            size=size,
            expected=expected[path],
            coverage=1.0 - sleeper.uncovered(tree, path),
        )
        for path, size in tree.sizes.items()
        if sleeper.uncovered(tree, path)
    )
    return [item.subject.path for item in items]


def by_churn(tree: Tree, sleeper: Sleeper) -> list[str]:
    """What changed most, newer changes counting more."""
    ages: dict[str, list[int]] = defaultdict(list)
    for age, paths in enumerate(tree.past):
        for path in paths:
            ages[path].append(age)
    churn = decayed_churn(ages)
    left = [path for path in tree.sizes if sleeper.uncovered(tree, path)]
    return sorted(left, key=lambda path: (-churn.get(path, 0.0), path))


def by_chance(seed: int) -> Callable[[Tree, Sleeper], list[str]]:
    """Any file that was not seen as it is."""
    draw = random.Random(seed)  # noqa: S311 -- no secret

    def order(tree: Tree, sleeper: Sleeper) -> list[str]:
        left = sorted(path for path in tree.sizes if sleeper.uncovered(tree, path))
        return draw.sample(left, len(left))

    return order


def main() -> None:
    """Print one line for each repository, budget and order."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("roots", nargs="+", type=Path)
    options.add_argument("--commits", type=int, default=400)
    options.add_argument("--subjects", type=int, nargs="+", default=[1, 3, 10])
    given = options.parse_args()
    for root in given.roots:
        season(git.discover(root.resolve()), given.commits, given.subjects)


def season(repo: Repository, commits: int, budgets: Sequence[int]) -> None:
    """Replay one repository with every budget and order at once: contents are parsed once."""
    started = time.monotonic()
    log = list(edits(repo, git.head(repo)))
    orders = {"agenda": by_agenda, "churn": by_churn, "random": by_chance(7)}
    sleepers = {
        (name, subjects): Sleeper(order) for subjects in budgets for name, order in orders.items()
    }
    with ParserPool() as pool:
        days = _replay(repo, log, commits, sleepers, pool)
    print(f"{repo.root.name}: {commits} commits on {days} days, {time.monotonic() - started:.0f} s")
    for (name, subjects), one in sleepers.items():
        share = one.hits / max(one.edited, 1)
        each = 100_000 * one.hits / max(one.tokens, 1.0)
        print(
            f"  {subjects:3} a day  {name:8} {share:.3f} of {one.edited} edited definitions"
            f" had a fresh note; {one.thoughts} thoughts, {each:.1f} hits per 100,000 tokens"
        )
    sys.stdout.flush()


def _replay(
    repo: Repository,
    log: Sequence[git.past.Edit],
    commits: int,
    sleepers: Mapping[tuple[str, int], Sleeper],
    pool: ParserPool,
) -> int:
    newest = log[:commits][::-1]
    times = {one.oid: one.time for one in git.tell(repo, [edit.oid for edit in newest])}
    tree = Tree(past=[_paths(edit) for edit in log[commits:]])
    _load(repo, pool, tree, newest[0].parents[0], ())
    day, days = 0, 0
    for edit in newest:
        now = float(times[edit.oid])
        if int(now // DAY_S) != day:
            day, days = int(now // DAY_S), days + 1
            for (_, subjects), one in sleepers.items():
                one.sleep(tree, subjects=subjects)
        touched = [path for _, path in edit.statuses if is_source(path)]
        before = {path: tree.hashes.get(path, frozenset()) for path in touched}
        _load(repo, pool, tree, edit.oid, touched)
        if 0 < len(touched) <= SWEEP:
            for path in touched:
                gone = before[path] - tree.hashes.get(path, frozenset())
                for one in sleepers.values():
                    one.edited += len(gone)
                    one.hits += len(gone & one.seen)
        tree.past.insert(0, _paths(edit))
    return days


def _paths(edit: git.past.Edit) -> tuple[str, ...]:
    return tuple(path for _, path in edit.statuses)


def _load(
    repo: Repository, pool: ParserPool, tree: Tree, commit: str, touched: Sequence[str]
) -> None:
    """Bring the touched files, or all, to the state they have in a commit."""
    for path in touched:
        tree.sizes.pop(path, None)
        tree.hashes.pop(path, None)
    if touched or not tree.sizes:
        files = [one for one in files_at(repo, commit, touched) if is_source(one.path)]
        texts = dict(contents(repo, sorted({one.oid for one in files})))
        for one, hashes in _hashes(pool, [(one, texts[one.oid]) for one in files]):
            tree.sizes[one.path] = one.size
            tree.hashes[one.path] = hashes


def _hashes(
    pool: ParserPool, files: Sequence[tuple[git.past.PastFile, bytes]]
) -> Iterator[tuple[git.past.PastFile, frozenset[int]]]:
    by_path = {one.path: one for one, _ in files}
    requests = [
        Request(one.path, one.path, language, data)
        for one, data in files
        if (language := language_of(one.path, data)) != TEXT
    ]
    for found in pool.parse(requests):
        if found.rows is not None:
            hashes = frozenset(symbol.node_hash for symbol in symbols_of(found.rows))
            yield by_path[found.request.key], hashes


if __name__ == "__main__":
    main()
