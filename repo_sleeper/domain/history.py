"""What git's history says of a file."""

from __future__ import annotations

from typing import NamedTuple


class Commit(NamedTuple):
    """One commit as `git log` tells it; `author` is a hash, never a name or an address."""

    oid: str
    time: int
    author: str
    subject: str
    body: str = ""
    paths: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()  # (old path, new path)
    begun: tuple[str, ...] = ()  # those of the paths that its parent does not have
    is_merge: bool = False


class CoChange(NamedTuple):
    """Of the `touches` commits that changed `path`, `together` changed `other` as well."""

    path: str
    other: str
    together: int
    touches: int

    @property
    def confidence(self) -> float:
        """P(other changes | path changes)."""
        return self.together / self.touches
