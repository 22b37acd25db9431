"""The path signals: the words of a question in the names of files and folders."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from repo_sleeper.store import search
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import Term
from repo_sleeper.words import parts

_COMMON = 5  # a word in more than a fifth of the paths does not drive the search
_SMALL = 20  # ... but in a small repository a fifth is nothing
_PATHS = 400
_AREA = 1_000


class Placed(NamedTuple):
    """The question's words in a path: in the file's name, in its folders."""

    name: tuple[str, ...]
    folders: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Each of them once."""
        return tuple(dict.fromkeys((*self.name, *self.folders)))


class Paths(NamedTuple):
    """Where the words are, and what that is worth.

    `stem` weighs the words found in a file's name, `cover` is the share of its name that they
    are, `scope` marks what lies in the area that the question names before a colon.
    """

    placed: Mapping[str, Placed]
    stem: dict[str, float]
    cover: dict[str, float]
    scope: dict[str, float]


def search_paths(
    db: Database, tree_id: int, known: Sequence[Term], *, scope: Sequence[str]
) -> Paths:
    """Every path that has one of the words, and what lies in the scope."""
    total = search.path_total(db)
    telling = [term for term in known if term.paths and term.paths <= max(total // _COMMON, _SMALL)]
    paths = search.path_matches(db, tree_id, telling, limit=_PATHS)
    pieces = _split(paths)
    stemmed = search.stems(word for both in pieces.values() for some in both for word in some)
    asked = {term.stem: term.word for term in telling}
    names = {path: _stems(name, stemmed) for path, (name, _) in pieces.items()}
    placed = {
        path: Placed(_words(names[path], asked), _words(_stems(folders, stemmed), asked))
        for path, (_, folders) in pieces.items()
    }
    # Names without any of the words weigh nothing, whatever theirs are worth.
    of_names = {stem for some in names.values() if _asked(some, asked) for stem in some}
    counts = search.path_counts(db, of_names)
    weights = {stem: math.log(1 + total / (1 + count)) for stem, count in counts.items()}
    return Paths(
        placed={path: one for path, one in placed.items() if one.name or one.folders},
        stem={path: _weight(_asked(some, asked), weights) for path, some in names.items()},
        cover={path: _cover(some, asked, weights) for path, some in names.items()},
        scope=_in_scope(db, tree_id, scope),
    )


def _in_scope(db: Database, tree_id: int, scope: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(search.paths_ending(db, tree_id, scope, limit=_AREA), 1.0)


def _cover(stems: Sequence[str], asked: Mapping[str, str], weights: Mapping[str, float]) -> float:
    whole = _weight(stems, weights)
    return _weight(_asked(stems, asked), weights) / whole if whole else 0.0


def _weight(stems: Iterable[str], weights: Mapping[str, float]) -> float:
    return math.fsum(weights.get(stem, 0.0) for stem in stems)


def _asked(stems: Iterable[str], asked: Mapping[str, str]) -> list[str]:
    return [stem for stem in stems if stem in asked]


def _words(stems: Iterable[str], asked: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(asked[stem] for stem in stems if stem in asked)


def _stems(words: Iterable[str], stemmed: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stemmed[word] for word in words if word in stemmed))


def _split(paths: Iterable[str]) -> dict[str, tuple[list[str], list[str]]]:
    """The words of each path: of the file's name, of its folders."""
    of_folders: dict[str, list[str]] = {}  # most paths share theirs with others
    found = {}
    for path in paths:
        folders, _, name = path.rpartition("/")
        stem, dot, _ = name.rpartition(".")
        if folders not in of_folders:
            of_folders[folders] = parts(folders)
        found[path] = parts(stem if dot and stem else name), of_folders[folders]
    return found
