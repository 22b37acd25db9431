"""Where the next edits will be, from where the last ones were: a product of few factors; pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

HORIZON = 20  # commits ahead

COMMITS = 2_000  # what is older no longer tells
_SWEEP = 50  # a commit of more paths is a reformat or an import, not work on each of them
_HALF_LIVES = (10, 100, 400)
_FOLDER_HALF_LIFE = 30
_SUFFIX_HALF_LIFE = 100
_RECENT = 20
_YOUNG = 100

# Fitted on ten public repositories, so that the share of edits a file gets is proportional to
# the product; how well it does on others is what `sleeper eval --anticipation` measures.
_POWERS = {
    "edits10": 0.248,
    "edits100": 0.086,
    "edits400": 0.845,
    "recent": 0.55,
    "folder": 0.221,
    "young": 0.912,
    "suffix": 0.141,
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """Edits expected of a file within the next commits, and the factors whose product it is."""

    expected: float
    factors: Mapping[str, float]


@dataclass(slots=True)
class _Tally:
    """What the last commits add up to."""

    edits: dict[int, dict[str, float]]
    folders: dict[str, float]
    suffixes: dict[str, float]
    newest: dict[str, int]
    oldest: dict[str, int]
    mean: float


def forecast(commits: Sequence[Sequence[str]], files: Collection[str]) -> dict[str, Forecast]:
    """The forecast for each file, from the paths of past commits, newest first."""
    tally = _tally(commits[:COMMITS])
    folders = Counter(_folder(path) for path in files)
    suffixes = Counter(_suffix(path) for path in files)
    found = {path: _factors(tally, path, folders, suffixes) for path in sorted(files)}
    products = {path: math.prod(factors.values()) for path, factors in found.items()}
    scale = HORIZON * tally.mean / (sum(products.values()) or 1.0)
    return {path: Forecast(scale * products[path], factors) for path, factors in found.items()}


def likeliest(forecasts: Mapping[str, Forecast], *, count: int) -> list[str]:
    """The files where most edits are expected, ties by name."""
    return sorted(forecasts, key=lambda path: (-forecasts[path].expected, path))[:count]


def _tally(commits: Sequence[Sequence[str]]) -> _Tally:
    edits: dict[int, dict[str, float]] = {life: defaultdict(float) for life in _HALF_LIVES}
    folders: dict[str, float] = defaultdict(float)
    suffixes: dict[str, float] = defaultdict(float)
    newest: dict[str, int] = {}
    oldest: dict[str, int] = {}
    for age, paths in enumerate(commits):
        if len(paths) > _SWEEP:
            continue
        weights = [(edits[life], 0.5 ** (age / life)) for life in _HALF_LIVES]
        for path in paths:
            for counts, weight in weights:
                counts[path] += weight
            folders[_folder(path)] += 0.5 ** (age / _FOLDER_HALF_LIFE)
            suffixes[_suffix(path)] += 0.5 ** (age / _SUFFIX_HALF_LIFE)
            newest.setdefault(path, age)
            oldest[path] = age
    return _Tally(edits, folders, suffixes, newest, oldest, _mean(commits))


def _mean(commits: Iterable[Sequence[str]]) -> float:
    sizes = [len(paths) for paths in commits if len(paths) <= _SWEEP]
    return sum(sizes) / len(sizes) if sizes else 0.0


def _factors(
    tally: _Tally, path: str, folders: Mapping[str, int], suffixes: Mapping[str, int]
) -> dict[str, float]:
    folder, suffix = _folder(path), _suffix(path)
    signals = {f"edits{life}": tally.edits[life].get(path, 0.0) for life in _HALF_LIVES}
    signals["folder"] = 10.0 * tally.folders.get(folder, 0.0) / folders[folder]
    signals["suffix"] = 10.0 * tally.suffixes.get(suffix, 0.0) / suffixes[suffix]
    factors = {name: (1.0 + signal) ** _POWERS[name] for name, signal in signals.items()}
    factors["recent"] = math.exp(_POWERS["recent"] * _recent(tally, path))
    young = tally.oldest.get(path, COMMITS) < _YOUNG
    factors["young"] = math.exp(_POWERS["young"]) if young else 1.0
    return factors


def _recent(tally: _Tally, path: str) -> float:
    return math.exp(-tally.newest.get(path, COMMITS) / _RECENT)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]
