"""What joins two files that do not import each other: one file between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from repo_sleeper.survey.files import is_test
from repo_sleeper.survey.imports import Edge

NONE = "No import that can be followed joins them, even by way of a third file."


class Joints:
    """The imports of a tree both ways; a test counts as importing what it is named after."""

    def __init__(self, edges: Iterable[Edge], named: Mapping[str, Iterable[str]]) -> None:
        self._imports: dict[str, set[str]] = defaultdict(set)
        self._importers: dict[str, set[str]] = defaultdict(set)
        for edge in edges:
            self._join(edge.path, edge.target)
        for path, tests in named.items():
            for test in tests:
                self._join(test, path)

    def _join(self, path: str, target: str) -> None:
        self._imports[path].add(target)
        self._importers[target].add(path)

    def between(self, path: str, other: str) -> str:
        """The surest way from one to the other through one file, in words; `NONE` of them."""
        for one, two in ((path, other), (other, path)):
            if through := self._closest(self._imports.get(one), self._importers.get(two)):
                return f"{one} imports {through}, which imports {two}."
        users = self._common(self._importers, path, other)
        if test := self._closest(filter(is_test, users), users):
            return f"{test} tests both."
        if user := self._closest(users, users):
            return f"{user} imports both."
        used = self._common(self._imports, path, other)
        return f"Both import {self._closest(used, used)}." if used else NONE

    @staticmethod
    def _common(links: Mapping[str, set[str]], path: str, other: str) -> set[str]:
        return links.get(path, set()) & links.get(other, set())

    def _closest(self, some: Iterable[str] | None, others: Collection[str] | None) -> str:
        """Of the files in both, the one that joins fewest: a hub joins everything."""
        both = set(some or ()) & set(others or ())
        return min(both, key=lambda path: (self._links(path), path), default="")

    def _links(self, path: str) -> int:
        return len(self._imports.get(path, ())) + len(self._importers.get(path, ()))
