"""Reads the history while something else is done: a first index waits for git and for parsers."""

from __future__ import annotations

from threading import Thread

from repo_sleeper import git
from repo_sleeper.domain.history import Commit
from repo_sleeper.errors import SleeperError
from repo_sleeper.git import Repository

# All of them are held at once, about a kilobyte each; more are told page by page when they are due.
_MOST = 20_000


class Ahead:
    """The newest commits of one moment, being read in a thread that nobody waits for at the end."""

    def __init__(self, repo: Repository, *, limit: int) -> None:
        self._repo = repo
        self._limit = limit
        self._head = ""
        self._cut_off = git.cut_off_at(repo)
        self._told: list[Commit] | None = None
        self._thread = Thread(target=self._read, name="history", daemon=True)
        if limit <= _MOST:
            self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether nobody would have to wait for it."""
        return not self._thread.is_alive()

    def told(self, head: str) -> list[Commit] | None:
        """Oldest first, all that this head contains up to the limit; None if something else is."""
        if self._thread.ident is not None:
            self._thread.join()
        is_as_read = head == self._head and git.cut_off_at(self._repo) == self._cut_off
        return self._told if is_as_read else None

    def _read(self) -> None:
        try:
            self._head = git.head(self._repo)
            oids = git.commit_ids(self._repo, self._head, limit=self._limit) if self._head else []
            self._told = list(git.tell(self._repo, oids[::-1]))
        except SleeperError:
            self._told = None  # whoever asks when it is due will see and say why
