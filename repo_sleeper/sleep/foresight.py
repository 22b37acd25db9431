"""Where the next edits will be, from where the last ones were: a product of few factors; pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

HORIZON = 20  # commits ahead

COMMITS = 2_000  # what is older no longer tells
_SWEEP = 50  # a commit of more paths is a reformat or an import, not work on each of them
_SHORT_LIFE, _LONG_LIFE = 10, 300  # half-lives, in commits
_FOLDER_LIFE = 30
_SUFFIX_LIFE = 100
_RECENT = 20
_YOUNG, _NEWBORN = 100, 30

# Fitted on ten public repositories, so that the share of edits a file gets is proportional to
# the product; how well it does on others is what `sleeper eval --anticipation` measures.
_SHORT = 0.209
_LONG = 0.846
_LATELY = 0.599
_FOLDER = 0.24
_SUFFIX = 0.159
_SIZE = 0.087
_DEPTH = -0.124
_IS_YOUNG = 0.675
_IS_NEWBORN = 0.595


@dataclass(slots=True)
class _Edits:
    """The commits that changed one path: how many lately, and the age of its ends in commits."""

    newest: int
    oldest: int
    short: float = 0.0
    long: float = 0.0
    folder: float = 0.0
    suffix: float = 0.0


_NONE = _Edits(COMMITS, COMMITS)


def forecast(commits: Sequence[Sequence[str]], files: Mapping[str, int]) -> dict[str, float]:
    """How many of the next edits each file should get.

    `commits` are the paths of past commits, newest first; `files` what exists, with its bytes.
    """
    edits = _edits(commits[:COMMITS])
    folders, suffixes = _crowds(edits, files)
    products = {
        path: math.exp(
            _own(edits.get(path, _NONE))
            + _FOLDER * folders[_folder(path)]
            + _SUFFIX * suffixes[_suffix(path)]
            + _SIZE * math.log1p(size)
            + _DEPTH * path.count("/")
        )
        for path, size in sorted(files.items())
    }
    scale = HORIZON * _mean(commits[:COMMITS]) / (sum(products.values()) or 1.0)
    return {path: scale * product for path, product in products.items()}


def _edits(commits: Sequence[Sequence[str]]) -> dict[str, _Edits]:
    found: dict[str, _Edits] = {}
    for age, paths in enumerate(commits):
        if len(paths) > _SWEEP:
            continue
        short, long = 0.5 ** (age / _SHORT_LIFE), 0.5 ** (age / _LONG_LIFE)
        folder, suffix = 0.5 ** (age / _FOLDER_LIFE), 0.5 ** (age / _SUFFIX_LIFE)
        for path in paths:
            one = found.get(path)
            if one is None:
                one = found[path] = _Edits(age, age)
            one.oldest = age
            one.short += short
            one.long += long
            one.folder += folder
            one.suffix += suffix
    return found


def _mean(commits: Iterable[Sequence[str]]) -> float:
    sizes = [len(paths) for paths in commits if len(paths) <= _SWEEP]
    return sum(sizes) / len(sizes) if sizes else 0.0


def _own(edits: _Edits) -> float:
    """What its own past says of a file, as a logarithm."""
    return (
        _SHORT * math.log1p(edits.short)
        + _LONG * math.log1p(edits.long)
        + _LATELY * math.exp(-edits.newest / _RECENT)
        + _IS_YOUNG * (edits.oldest < _YOUNG)
        + _IS_NEWBORN * (edits.oldest < _NEWBORN)
    )


def _crowds(
    edits: Mapping[str, _Edits], files: Iterable[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """How active each folder and each suffix is for its size, as logarithms."""
    folders: dict[str, float] = defaultdict(float)
    suffixes: dict[str, float] = defaultdict(float)
    for path, one in edits.items():
        folders[_folder(path)] += one.folder
        suffixes[_suffix(path)] += one.suffix
    return (
        _per_file(folders, Counter(map(_folder, files))),
        _per_file(suffixes, Counter(map(_suffix, files))),
    )


def _per_file(active: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, float]:
    return {key: math.log1p(10.0 * active.get(key, 0.0) / count) for key, count in counts.items()}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]
