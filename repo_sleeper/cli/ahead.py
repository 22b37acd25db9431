"""Sends git or the daemon off before this process imports what reads their answers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from repo_sleeper.errors import SleeperError

if TYPE_CHECKING:
    from repo_sleeper.git import Repository


def set_out(*, derive: bool) -> None:
    """Begin what a reconcile here will ask; a daemon that lives is asked to look for us.

    Whatever is wrong with the place is found again, and told, by who needs the answers.
    """
    from repo_sleeper import git
    from repo_sleeper.cli import place
    from repo_sleeper.daemon import locks

    with suppress(SleeperError, OSError):
        repo = place.repository()
        if locks.is_held(repo.state_dir / "daemon.lock"):
            _send_daemon(repo, derive=derive)
        elif (repo.state_dir / "sleeper.db").exists():
            git.ask_ahead(repo)


def _send_daemon(repo: Repository, *, derive: bool) -> None:
    from repo_sleeper.config import Settings
    from repo_sleeper.daemon import verbs
    from repo_sleeper.daemon.workspace import Workspace

    anywhere = Workspace(repo=repo, settings=Settings(), env={})  # where it listens is no setting
    if anywhere.socket_file.exists():
        verbs.reconcile_ahead(anywhere.socket_file, repo.root, derive=derive)
