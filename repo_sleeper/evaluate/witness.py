"""Remembers what a note cited when it was written, and tells what has become of that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from repo_sleeper.domain.code import Range
from repo_sleeper.evaluate import unchanged
from repo_sleeper.evaluate.unchanged import Pieces

Place = tuple[str, str]  # a path, and a qualified name in it


class Truth(StrEnum):
    """What has become of a cited piece of code."""

    SAME = "same"  # as it was, to the byte
    LAYOUT = "layout"  # the same tokens, written otherwise
    MOVED = "moved"  # gone from its place, and since then in another
    CHANGED = "changed"  # says something else, or is gone


@dataclass(frozen=True, slots=True)
class Cited:
    """A piece as it was when a note cited it; `twins` are places that said the same already."""

    path: str
    name: str
    tokens: str
    text: str
    twins: frozenset[Place]


class Witness:
    """The pieces of every file of one tree, as they are after each `move_to`.

    `read` gives the text of a path, `places` the definitions that the index sees in it.
    """

    def __init__(
        self,
        read: Callable[[str], str],
        places: Callable[[str], Sequence[tuple[str, Range]]],
    ) -> None:
        self._read = read
        self._places = places
        self._oids: dict[str, str] = {}
        self._known: dict[tuple[str, str], Pieces | None] = {}  # by content and suffix
        self._where: dict[str, set[Place]] = defaultdict(set)

    def move_to(self, oids: Mapping[str, str]) -> None:
        """The tree now holds these contents, by path."""
        changed = {p for p in oids.keys() | self._oids.keys() if oids.get(p) != self._oids.get(p)}
        for path in sorted(changed & self._oids.keys()):
            for place, tokens in self._all(path):
                self._where[tokens].discard(place)
        self._oids = dict(oids)
        for path in sorted(changed & oids.keys()):
            for place, tokens in self._all(path):
                self._where[tokens].add(place)

    def cite(self, path: str, name: str, line: int) -> Cited | None:
        """What stands there; None when it cannot be read."""
        found = self._pieces(path)
        piece = None if found is None else found.at(name, line)
        if piece is None:
            return None
        twins = frozenset(self._where[piece.tokens] - {(path, name)})
        return Cited(path, name, piece.tokens, piece.text, twins)

    def truth(self, cited: Cited) -> Truth | None:
        """What has become of it; None when the file cannot be read now."""
        found = self._pieces(cited.path)
        if found is None and cited.path in self._oids:
            return None
        here = [] if found is None else found.named.get(cited.name, [])
        same = [piece for piece in here if piece.tokens == cited.tokens]
        if same:
            is_kept = any(piece.text == cited.text for piece in same)
            return Truth.SAME if is_kept else Truth.LAYOUT
        if here and cited.name != unchanged.OUTSIDE:
            return Truth.CHANGED
        is_elsewhere = bool(self._where[cited.tokens] - cited.twins)
        return Truth.MOVED if is_elsewhere else Truth.CHANGED

    def _all(self, path: str) -> list[tuple[Place, str]]:
        found = self._pieces(path)
        named = {} if found is None else found.named
        return [
            ((path, name), piece.tokens) for name, several in named.items() for piece in several
        ]

    def _pieces(self, path: str) -> Pieces | None:
        oid = self._oids.get(path)
        if oid is None:
            return None
        key = (oid, path.rpartition(".")[2])
        if key not in self._known:
            self._known[key] = unchanged.pieces(path, self._read(path), self._places(path))
        return self._known[key]
