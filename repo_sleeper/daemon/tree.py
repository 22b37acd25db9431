"""One watched work tree: the hints about it, and when they have settled."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from repo_sleeper.git import Repository

SETTLE_S = 0.3
# Counting takes seconds where there are thousands of files, and the next save is not to wait for
# it: it is done when nobody has saved for a moment, and now and then where somebody always does.
_CALM_S = 2.0
_LONGEST_BEHIND_S = 60.0
_LONGEST_SETTLE_S = 60.0
_LONGEST_REST_S = 10.0
# A tree that is written to without end is looked at, and counted, for a sixth of the time at most.
_REST_PER_SECOND = 5.0
# Where nothing is announced, looking may take a hundredth of a core.
_BLIND_PER_SECOND = 100.0
_BLIND_S = 5.0
# Looking where nobody hinted at anything may take a thousandth of a core, if that is not too rare.
_QUIET_PER_SECOND = 1_000.0
_LONGEST_QUIET_S = 300.0

# Also what decides which files git lists: a file that it no longer tracks may be ignored now.
_REFS = ("HEAD", "logs/HEAD", "MERGE_HEAD", "rebase-merge", "rebase-apply", "index")
_SHARED = ("info/exclude", "shallow")
_PLACE_ERRORS = (FileNotFoundError, NotADirectoryError)


class WatchedTree:
    """When to look at one work tree. Knows nothing of stores; time is always told to it.

    Hints that bring nothing (an ignored log being written) make the next look wait longer, so
    that a tree which never rests costs little.
    """

    def __init__(self, repo: Repository, *, now: float) -> None:
        self.repo = repo
        self.first_hint: float | None = now
        self.last_hint = now - SETTLE_S  # never looked at: due at once
        self.rests_until = now
        self.looked_at = float("-inf")
        self._look_s = 0.0  # how long the last look took
        self.fruitless = 0
        self.behind_since: float | None = None  # since when the survey has not been taken
        self._counts_again_at = now
        self.failures = 0
        self.failure = ""
        self.resyncs = 0  # looks that made up for events which were lost
        self._lost_at: float | None = None
        self.doubt = ""  # why git cannot say what is ignored
        self._turn = threading.Lock()  # hints come from the watcher's thread
        self._identity = _identity(repo)
        self._refs = _refs(repo)

    def hint(self, now: float, *, lost: bool = False) -> None:
        """Something may be different; `lost`: what it was cannot be told any more."""
        with self._turn:
            if lost:
                self._lost_at = now
            if self.first_hint is None:
                self.first_hint = now
            self.last_hint = now

    def urge(self, now: float) -> None:
        """Somebody waits: look at once."""
        with self._turn:
            self.first_hint = self.last_hint = now - _LONGEST_SETTLE_S
            self.rests_until = now

    def due_at(self) -> float | None:
        """When to look, or None while there is no hint."""
        if self.first_hint is None:
            return None
        settled = min(self.last_hint + SETTLE_S, self.first_hint + _LONGEST_SETTLE_S)
        return max(settled, self.rests_until)

    def is_due(self, now: float) -> bool:
        """Whether the hints have settled."""
        due = self.due_at()
        return due is not None and now >= due

    def is_overdue(self, now: float, *, every: float, blind: bool = False) -> bool:
        """Whether nobody has hinted at anything for so long that we look all the same.

        `blind` is a tree of which nobody can hint at anything.
        """
        per_second = _BLIND_PER_SECOND if blind else _QUIET_PER_SECOND
        every = min(every, _BLIND_S) if blind else every
        costly = min(per_second * self._look_s, _LONGEST_QUIET_S)
        return self.first_hint is None and now - self.looked_at >= max(every, costly)

    def is_calm(self, now: float) -> bool:
        """Whether the survey is behind, and this is a moment to take it."""
        if self.behind_since is None or now < self._counts_again_at:
            return False
        is_quiet = self.first_hint is None and now - self.looked_at >= _CALM_S
        return is_quiet or now - self.behind_since >= _LONGEST_BEHIND_S

    def looked(self, *, started: float, now: float, fruitful: bool) -> None:
        """A round is over; hints that came during it are for the next one."""
        with self._turn:
            self.first_hint = None if self.last_hint <= started else self.last_hint
            if self._lost_at is not None and self._lost_at <= started:
                self._lost_at = None
                self.resyncs += 1
        self.fruitless = 0 if fruitful else self.fruitless + 1
        rest = SETTLE_S * 2 ** min(self.fruitless, 8) if self.fruitless > 1 else 0.0
        rest = max(rest, _REST_PER_SECOND * (now - started))
        self.rests_until = now + min(rest, _LONGEST_REST_S)
        self.looked_at, self._look_s = now, now - started
        self.failures, self.failure = 0, ""

    def surveyed(self, *, started: float, now: float) -> None:
        """The survey is taken; the longer it took, the later comes the next."""
        self.behind_since = None
        rest = _REST_PER_SECOND * (now - started)
        self._counts_again_at = now + min(rest, _LONGEST_BEHIND_S)

    def failed(self, *, now: float, why: str) -> None:
        """A round failed: try again, later each time."""
        self.failures += 1
        self.failure = why
        self.first_hint = self.last_hint = now
        self.rests_until = now + min(2.0**self.failures, _LONGEST_SETTLE_S)
        self.looked_at = now

    def refs_moved(self) -> bool:
        """Whether git's own files say that HEAD, what is listed, or an operation may be another."""
        before, self._refs = self._refs, _refs(self.repo)
        return before != self._refs

    def is_gone(self) -> bool:
        """Whether the root is no more, or is another repository by now.

        Only a clear answer counts: a disk that fails or a folder we may not read is not gone.
        """
        try:
            return _identity(self.repo) != self._identity
        except _PLACE_ERRORS:
            return True
        except OSError:
            return False


def _identity(repo: Repository) -> tuple[tuple[int, int], tuple[int, int]]:
    return _place(repo.root), _place(repo.git_dir)


def _place(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _refs(repo: Repository) -> tuple[tuple[int, int] | None, ...]:
    places = ((repo.git_dir, _REFS), (repo.common_dir, _SHARED))
    return tuple(_stamp(f"{place}/{name}") for place, names in places for name in names)


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
