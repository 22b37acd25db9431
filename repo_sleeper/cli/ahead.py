"""Sends git or the daemon off before this process imports what reads their answers."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from repo_sleeper.errors import SleeperError

if TYPE_CHECKING:
    from repo_sleeper.git import Repository
    from repo_sleeper.index.pool import ParserPool

_LOOKED_AT = 500  # files, 2 ms
_started: list[ParserPool] = []


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
            if not derive and _is_edited(repo):
                _start_parser()


def parsers() -> ParserPool | None:
    """The parser that was started, if one was; whoever takes it closes it."""
    return _started.pop() if _started else None


def call_off() -> None:
    """End what nobody took."""
    pool = parsers()
    if pool is not None:
        pool.close()


def _start_parser() -> None:
    """It takes as long to get ready as this process to import what it will do with the answer."""
    from repo_sleeper.index.pool import ParserPool

    pool = ParserPool(keep=False)
    pool.start()
    _started.append(pool)


def _is_edited(repo: Repository) -> bool:
    """Whether one of the files written last is no longer as it was: mostly it is one of those."""
    from repo_sleeper.config import Settings
    from repo_sleeper.daemon.workspace import Workspace, read_store
    from repo_sleeper.store import code
    from repo_sleeper.watch import scanner

    with closing(read_store(Workspace(repo=repo, settings=Settings(), env={}))) as db:
        return scanner.has_changed(repo.root, code.latest_files(db, repo.root, limit=_LOOKED_AT))


def _send_daemon(repo: Repository, *, derive: bool) -> None:
    from repo_sleeper.config import Settings
    from repo_sleeper.daemon import verbs
    from repo_sleeper.daemon.workspace import Workspace

    anywhere = Workspace(repo=repo, settings=Settings(), env={})  # where it listens is no setting
    if anywhere.socket_file.exists():
        verbs.reconcile_ahead(anywhere.socket_file, repo.root, derive=derive)
