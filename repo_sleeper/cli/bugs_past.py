"""The history of this checkout, asked of git for bugs whose code is not as it was."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256

from repo_sleeper import git
from repo_sleeper.cli.place import Place
from repo_sleeper.domain.text import as_text
from repo_sleeper.git.past import contents, files_at
from repo_sleeper.store import search

_MOST_COMMITS = 1_000_000


class CheckedOut:
    """What is checked out: its commits, and its files as they were last committed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._repo = place.workspace.repo
        self._since: dict[str, frozenset[str] | None] = {}
        self._committed: dict[str, str | None] = {}

    @cached_property
    def _head(self) -> str:
        return git.head(self._repo)

    def since(self, commit: str) -> frozenset[str] | None:
        """The commits here that this one does not contain; None where it is not here itself.

        What was found before there was any commit is older than all of them.
        """
        if commit not in self._since:
            self._since[commit] = self._asked_since(commit)
        return self._since[commit]

    def _asked_since(self, commit: str) -> frozenset[str] | None:
        if not self._head:
            return None if commit else frozenset()
        if commit and not git.is_ancestor(self._repo, commit, self._head):
            return None
        oids = git.commit_ids(self._repo, self._head, limit=_MOST_COMMITS, after=commit)
        return frozenset(oids)

    def committed(self, path: str) -> str | None:
        """What was last committed at a path that is edited now; None where it is as committed."""
        if path not in self._committed:
            self._committed[path] = self._asked_committed(path)
        return self._committed[path]

    def _asked_committed(self, path: str) -> str | None:
        data = self._at_head(path)
        now = search.content_hash(self._place.db, self._place.tree_id, path)
        if now in (_hashes(data) if data is not None else {None}):
            return None
        return as_text(data or b"")

    def _at_head(self, path: str) -> bytes | None:
        for file in files_at(self._repo, self._head, [path]) if self._head else ():
            for _, data in contents(self._repo, [file.oid]):
                return data
        return None


def _hashes(data: bytes) -> set[str | None]:
    """Content hashes that the disk may have for this; git may keep other ends of lines."""
    windows = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return {sha256(one).hexdigest()[:32] for one in (data, windows)}
