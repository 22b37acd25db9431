"""Whose turn it is: of several work trees the one to think about next."""

from __future__ import annotations

from pathlib import Path

from repo_sleeper.daemon.forest import Forest, Watched


class Turns:
    """Where nothing was left to think about another tree is tried. Only the loop calls it."""

    def __init__(self, forest: Forest) -> None:
        self._forest = forest
        self._thought_out: set[Path] = set()
        self._turn_of: Path | None = None
        self._has_thought = False

    def next(self) -> Watched | None:
        """Of the trees that can be thought about, the one that changed last.

        That is where the next edit will be; those that are thought out or unreadable come last.
        """
        return max(self._forest.known(), key=self._standing, default=None)

    def _standing(self, watched: Watched) -> tuple[bool, bool, float]:
        tree = watched.tree
        is_open = watched.root not in self._thought_out
        return is_open, not (tree.failure or tree.doubt), tree.last_hint

    def begin(self, watched: Watched) -> None:
        """It is the turn of this tree."""
        self._turn_of = watched.root

    def thought(self) -> None:
        """Something was thought in it."""
        self._has_thought = True

    def is_over(self) -> bool:
        """Nothing is left in the tree whose turn it is; whether nothing is left in any."""
        if self._has_thought:  # a folder counts what was thought in any tree
            self._thought_out.clear()
        self._has_thought = False
        if self._turn_of is not None:  # else what was found is out of date by now
            self._thought_out.add(self._turn_of)
        over = all(watched.root in self._thought_out for watched in self._forest.known())
        if over:
            self.reopen()  # the next time they are all tried again
        return over

    def reopen(self) -> None:
        """Something may be left again in any of them, whatever the thought under way finds."""
        self._thought_out.clear()
        self._turn_of = None
