"""Where a command is: the workspace around the current directory, and its store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.git import Repository
    from repo_sleeper.store.database import Database
    from repo_sleeper.store.tree import Tree


class Place(NamedTuple):
    """A workspace with its store open for reading, and the number of this work tree in it."""

    workspace: Workspace
    db: Database
    tree_id: int

    @property
    def tree(self) -> Tree:
        """The code of this place, at the commit it was last looked at."""
        from repo_sleeper.store import code
        from repo_sleeper.store.tree import Tree

        heads = {tree.id: tree.head for tree in code.trees(self.db)}
        root = self.workspace.repo.root
        return Tree(self.db, self.tree_id, root, heads.get(self.tree_id, ""))


def here() -> Workspace:
    """The workspace around the current directory; it need not be initialised."""
    from repo_sleeper.daemon.workspace import open_workspace  # every command starts here, not help

    return open_workspace(_current(), dict(os.environ))


def repository() -> Repository:
    """The repository around the current directory, whatever its settings say."""
    from repo_sleeper import git

    return git.discover(_current())


@contextmanager
def reading() -> Iterator[Place]:
    """The store of this place for reading."""
    from repo_sleeper.daemon.workspace import read_store

    workspace = here()
    with closing(read_store(workspace)) as db:
        yield Place(workspace, db, tree_of(db, workspace))


@contextmanager
def present() -> Iterator[Place]:
    """The store of this place as the disk is now, counted notes too; says where it is not.

    What a reader is told about code must hold for the code they have, daemon or not.
    """
    from repo_sleeper.cli import output
    from repo_sleeper.cli.looking import up_to_date

    workspace = here()
    with up_to_date(workspace, derive=True) as asked:
        if asked.warning:
            output.say(f"sleeper: {asked.warning}")
        yield Place(workspace, asked.db, asked.tree_id)


def tree_of(db: Database, workspace: Workspace) -> int:
    """This work tree's number in the store; 0 while it was never reconciled."""
    from repo_sleeper.store import code

    return next((tree.id for tree in code.trees(db) if tree.root == workspace.repo.root), 0)


def inside(workspace: Workspace, path: str) -> str:
    """A path as a person types it, from where they are, as the store knows it."""
    from repo_sleeper.domain.paths import path_from_bytes
    from repo_sleeper.errors import UsageError

    full = Path(os.path.normpath(_current() / path))
    try:
        relative = full.relative_to(workspace.repo.root)
    except ValueError as error:
        raise UsageError(f"{path} is outside {workspace.repo.root}") from error
    return path_from_bytes(os.fsencode(relative))


def _current() -> Path:
    from repo_sleeper.errors import NotFoundError

    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NotFoundError(
            "the current directory does not exist any more", hint="change into one that does"
        ) from error
