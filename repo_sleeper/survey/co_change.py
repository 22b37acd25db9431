"""Hidden coupling: files that change together although neither names the other."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice

from repo_sleeper.domain.history import CoChange
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.joints import Joints
from repo_sleeper.survey.wording import MOST, at_path, percent, shared_folder, survey_note

_FEWEST = 5
_SUREST = 0.5
_LIFT = 4  # times as often as the other changes anyway: a hub changes with everything
_NARROW = 10  # paths: a commit of more is of a wider matter than any two of them
_FEWEST_NARROW = 3
# Where names alone resolve imports; elsewhere "no import" would only mean that we cannot see it.
_RESOLVED = frozenset(
    {"python", "javascript", "typescript", "tsx", "go", "java", "rust", "c", "cpp"}
)
# Neighbours see each other without an import, or by the name of a module further up.
_PACKAGE_IS_FOLDER = frozenset({"go", "java", "rust"})


def co_changes(  # noqa: PLR0913 -- the facts it rests on, each by name
    files: Iterable[SourceFile],
    pairs: Iterable[CoChange],
    edges: Iterable[Edge],
    *,
    recent: Iterable[Sequence[str]],
    users: Callable[[str], Collection[str]],
    named: Mapping[str, Collection[str]],
) -> list[Note]:
    """Pairs of the product's files, each once, by the surer of its two directions.

    `recent` has the paths of each commit to look for small ones in, `users` tells who names
    what a file defines, `named` the tests that have a file's name.
    """
    edges, past = list(edges), list(recent)
    hidden = _beyond_chance(_unlinked(files, pairs, edges), past)
    unnamed = (pair for pair in _each_once(hidden) if not _is_named(pair, users))
    joints = Joints(edges, named)
    return [_note(pair, joints.between(pair.path, pair.other)) for pair in islice(unnamed, MOST)]


def _unlinked(
    files: Iterable[SourceFile], pairs: Iterable[CoChange], edges: Iterable[Edge]
) -> list[CoChange]:
    """Pairs of the product that change together surely, and that nothing visible explains."""
    product = {file.path: file.language for file in files if file.is_product}
    linked = {frozenset((edge.path, edge.target)) for edge in edges}
    return [
        pair
        for pair in pairs
        if pair.together >= _FEWEST
        and pair.confidence >= _SUREST
        and pair.path in product
        and pair.other in product
        and frozenset(_both(pair)) not in linked
        and not _is_expected(pair, product[pair.path], product[pair.other])
    ]


def _beyond_chance(
    pairs: Sequence[CoChange], past: Collection[Sequence[str]]
) -> Iterator[CoChange]:
    """Those that small commits join, and whose other file does not change with everything."""
    narrow = _narrow(pairs, past)
    changes = Counter(path for commit in past for path in commit)
    for pair in pairs:
        is_joined = narrow[_both(pair)] >= _FEWEST_NARROW
        if is_joined and pair.confidence * len(past) >= _LIFT * changes[pair.other]:
            yield pair


def _each_once(pairs: Iterable[CoChange]) -> list[CoChange]:
    """The surest and most frequent first, and of two directions only the surer."""
    best = sorted(pairs, key=lambda pair: (-pair.confidence * pair.together, pair.path, pair.other))
    once: dict[tuple[str, str], CoChange] = {}
    for pair in best:
        once.setdefault(_both(pair), pair)
    return list(once.values())


def _both(pair: CoChange) -> tuple[str, str]:
    return min(pair.path, pair.other), max(pair.path, pair.other)


def _narrow(pairs: Iterable[CoChange], recent: Iterable[Sequence[str]]) -> Counter[tuple[str, str]]:
    """How many small commits changed both files of each pair."""
    wanted = {_both(pair) for pair in pairs}
    paths = {path for pair in wanted for path in pair}
    found: Counter[tuple[str, str]] = Counter()
    for commit in recent:
        if len(commit) <= _NARROW:
            inside = sorted(paths.intersection(commit))
            found.update(pair for pair in combinations(inside, 2) if pair in wanted)
    return found


def _is_named(pair: CoChange, users: Callable[[str], Collection[str]]) -> bool:
    """Whether one of the two uses a name that only the other defines."""
    return pair.other in users(pair.path) or pair.path in users(pair.other)


def _is_expected(pair: CoChange, language: str, other: str) -> bool:
    """Whether the two belong together in a way that needs no import, or that we cannot see."""
    if not {language, other} <= _RESOLVED:
        return True
    if language == other and language in _PACKAGE_IS_FOLDER:
        return posixpath.dirname(pair.path) == posixpath.dirname(pair.other)
    return _stem(pair.path) == _stem(pair.other)  # cart.c and cart.h


def _stem(path: str) -> str:
    return posixpath.splitext(path)[0]


def _note(pair: CoChange, joint: str) -> Note:
    folder, (path, other) = shared_folder((pair.path, pair.other))
    inside = f" of {folder}" if folder else ""
    return survey_note(
        NoteKind.CO_CHANGE,
        about=_both(pair),
        title=f"{pair.together} of {pair.touches} commits that changed {path}{inside} changed"
        f" {other} too ({percent(pair.confidence)}), and neither imports the other",
        body=f"When you edit {pair.path}, look at {pair.other} too: it mostly changed with it."
        f" {joint}",
        evidence=[at_path(pair.path), at_path(pair.other)],
        confidence=pair.confidence,
    )
