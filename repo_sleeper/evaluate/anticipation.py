"""Replays history to see how much of what came next was among the files chosen before it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from repo_sleeper import git
from repo_sleeper.git import Repository
from repo_sleeper.git.past import ancestors, edits, files_at
from repo_sleeper.sleep import foresight
from repo_sleeper.words import counted

SHARE = 0.1
SWEEP = 30  # a commit that modifies more files is no work on any one of them
_FEWEST_BEFORE = 200
FEWEST = _FEWEST_BEFORE + foresight.HORIZON + 1  # commits: of fewer nothing can be foreseen
_HALF_LIFE = 100
_HUGE = 200  # paths: beyond, a commit counts for no churn
_REGULAR = ("100644", "100755")


class Chooser(StrEnum):
    """Ways to choose the files that most edits are expected of."""

    UNIFORM = "uniform"
    RECENCY = "recency"
    FREQUENCY = "frequency"
    CHURN = "decayed churn"
    SLEEPER = "sleeper"
    ORACLE = "oracle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anticipation:
    """For each way of choosing, the mean share of the edits to come that it had chosen."""

    name: str
    commits: int
    points: int
    files: int
    edits: int
    shares: Mapping[Chooser, float]
    shares_with_sweeps: Mapping[Chooser, float]


@dataclass(frozen=True, slots=True)
class _Moment:
    """A point in history: what came before, the files with their bytes, and what came then."""

    before: Sequence[Sequence[str]]
    files: Mapping[str, int]
    after: Counter[str]
    after_with_sweeps: Counter[str]


def anticipate(
    repo: Repository,
    *,
    points: int,
    progress: Callable[[int, int], None] | None = None,
    name: str = "",
) -> Anticipation:
    """Measure on the later three quarters of the history that leads to the head."""
    log = _log(repo)
    places = _places(len(log.oids), points)
    totals: dict[Chooser, list[float]] = defaultdict(list)
    swept: dict[Chooser, list[float]] = defaultdict(list)
    files = modified = 0
    for number, place in enumerate(places, start=1):
        moment = _moment(repo, log, place)
        chosen = _chosen(moment) if moment.after_with_sweeps else {}
        for chooser, paths in chosen.items():
            _score(totals[chooser], moment.after, paths)
            _score(swept[chooser], moment.after_with_sweeps, paths)
        files, modified = len(moment.files), modified + moment.after.total()
        if progress is not None:
            progress(number, len(places))
    return Anticipation(
        name=name or repo.root.name,
        commits=len(log.oids),
        points=len(places),
        files=files,
        edits=modified,
        shares=_means(totals),
        shares_with_sweeps=_means(swept),
    )


def _score(shares: list[float], after: Counter[str], chosen: Mapping[str, float]) -> None:
    if after:
        shares.append(sum(after[path] * part for path, part in chosen.items()) / after.total())


def _means(shares: Mapping[Chooser, Sequence[float]]) -> dict[Chooser, float]:
    return {one: sum(found) / len(found) if found else 0.0 for one, found in shares.items()}


# --- the past ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Log:
    """Commits without merges, newest first: what each modified, touched and renamed."""

    oids: Sequence[str]
    modified: Sequence[tuple[str, ...]]
    touched: Sequence[tuple[str, ...]]
    renames: Sequence[tuple[tuple[str, str], ...]]


def _log(repo: Repository) -> _Log:
    newest = git.head(repo)
    oids = ancestors(repo, newest) if newest else []
    modified = {
        edit.oid: tuple(path for status, path in edit.statuses if status == "M")
        for edit in (edits(repo, newest) if newest else ())
    }
    told = list(git.tell(repo, oids))
    return _Log(
        oids,
        [modified[oid] for oid in oids],
        [commit.paths for commit in told],
        [commit.renames for commit in told],
    )


def _places(commits: int, points: int) -> list[int]:
    """How many commits are newer at each point; the oldest quarter only serves as the past."""
    oldest = commits - max(_FEWEST_BEFORE, commits // 4)
    span = oldest - foresight.HORIZON
    if span <= 0:
        return []
    count = min(points, span + 1)
    return sorted({foresight.HORIZON + span * at // max(count - 1, 1) for at in range(count)})


def _moment(repo: Repository, log: _Log, place: int) -> _Moment:
    ahead = log.modified[place - foresight.HORIZON : place]
    there = files_at(repo, log.oids[place])
    return _Moment(
        _as_named(log, place),
        {one.path: one.size for one in there if one.mode in _REGULAR},
        Counter(path for paths in ahead if len(paths) <= SWEEP for path in paths),
        Counter(path for paths in ahead for path in paths),
    )


def _as_named(log: _Log, place: int) -> list[tuple[str, ...]]:
    """The paths of the commits before, under the names they have at this point."""
    names: dict[str, str] = {}
    found = []
    for at in range(place, min(place + foresight.COMMITS, len(log.oids))):
        found.append(tuple(names.get(path, path) for path in log.touched[at]))
        for old, new in log.renames[at]:
            names.setdefault(old, names.get(new, new))
    return found


# --- choosing ---------------------------------------------------------------------------------


def _chosen(moment: _Moment) -> dict[Chooser, dict[str, float]]:
    """Which part of each file's edits a chooser gets: one for chosen files, else none."""
    count = max(round(SHARE * len(moment.files)), 1)
    ranked: dict[Chooser, Mapping[str, float]] = {
        Chooser.RECENCY: _newest(moment.before),
        Chooser.FREQUENCY: _decayed(moment.before, half_life=None),
        Chooser.CHURN: _decayed(moment.before, half_life=_HALF_LIFE),
        Chooser.SLEEPER: foresight.forecast(moment.before, moment.files),
        Chooser.ORACLE: dict(moment.after_with_sweeps),
    }
    best = {chooser: _best(moment.files, scores, count) for chooser, scores in ranked.items()}
    even = count / len(moment.files)
    return {Chooser.UNIFORM: dict.fromkeys(moment.files, even), **best}


def _best(files: Collection[str], scores: Mapping[str, float], count: int) -> dict[str, float]:
    best = sorted(files, key=lambda path: (-scores.get(path, 0.0), path))
    return dict.fromkeys(best[:count], 1.0)


def _newest(commits: Sequence[Sequence[str]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for age, paths in enumerate(commits):
        for path in paths:
            found.setdefault(path, 1.0 / (1 + age))
    return found


def _decayed(commits: Sequence[Sequence[str]], *, half_life: int | None) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for age, paths in enumerate(commits):
        for path in paths if len(paths) <= _HUGE else ():
            found[path] += 1.0 if half_life is None else 0.5 ** (age / half_life)
    return found


# --- telling ----------------------------------------------------------------------------------


def table(found: Anticipation) -> str:
    """One line for each way of choosing."""
    head = (
        f"{found.name}: {counted(found.points, 'point')} in "
        f"{counted(found.commits, 'commit')}; {SHARE:.0%} of the files"
        f" chosen, the next {foresight.HORIZON} commits' modifications looked for\n"
    )
    rows = [
        f"  {chooser.value:<16}{found.shares.get(chooser, 0.0):8.3f}"
        f"{found.shares_with_sweeps.get(chooser, 0.0):14.3f}"
        for chooser in Chooser
    ]
    return "\n".join((head, f"  {'':<16}{'share':>8}{'with sweeps':>14}", *rows))


def as_json(found: Anticipation) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": found.name,
        "commits": found.commits,
        "points": found.points,
        "files": found.files,
        "modifications": found.edits,
        "horizon": foresight.HORIZON,
        "chosen": SHARE,
        "shares": {chooser.value: share for chooser, share in found.shares.items()},
        "shares_with_sweeps": {
            chooser.value: share for chooser, share in found.shares_with_sweeps.items()
        },
    }
