"""A work tree, as everything that reads code for a model is given it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from repo_sleeper.store.database import Database


class Tree(NamedTuple):
    """Where code is read: the store, the number of the tree in it, and its root on the disk.

    `commit` is the one it was at when it was looked at.
    """

    db: Database
    id: int
    root: Path
    commit: str = ""
