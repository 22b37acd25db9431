"""The work trees of one repository: who is watched, who is due, and one round on each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from repo_sleeper import git
from repo_sleeper.config import IndexSettings, Settings
from repo_sleeper.daemon import rounds
from repo_sleeper.daemon.disk import full_disk
from repo_sleeper.daemon.logbook import LOGGER
from repo_sleeper.daemon.tree import WatchedTree
from repo_sleeper.errors import SleeperError
from repo_sleeper.git import Repository
from repo_sleeper.index.hands import Hands
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.store import code
from repo_sleeper.store.database import Database
from repo_sleeper.watch.watcher import Watcher

_PARSERS_REST_S = 30.0


@dataclass(slots=True)
class Watched:
    """A work tree, who watches it, and what the store knows it by."""

    tree: WatchedTree
    watcher: Watcher
    tree_id: int = 0
    head: str = ""
    looked_with: IndexSettings | None = None

    @property
    def root(self) -> Path:
        """Where it lies."""
        return self.tree.repo.root


class Forest:
    """Every work tree that was ever reconciled here and still exists. Only the loop calls it."""

    def __init__(self, db: Database, repo: Repository, *, wake: Callable[[], None]) -> None:
        self._db = db
        self._repo = repo
        self._wake = wake
        self._watched: dict[Path, Watched] = {}
        self._pool = ParserPool()  # its children start with the first thing to parse
        self._parsed_at = float("-inf")

    def __bool__(self) -> bool:
        return bool(self._watched)

    def all(self) -> list[Watched]:
        """The watched trees in order of place; a copy, because looking may change them."""
        return [self._watched[root] for root in sorted(self._watched)]

    def known(self) -> list[Watched]:
        """Those that are in the store."""
        return [watched for watched in self.all() if watched.tree_id]

    def patience(self, now: float, *, longest: float) -> float:
        """How long nothing is due."""
        dues = [watched.tree.due_at() for watched in self._watched.values()]
        return min([longest, *(max(due - now, 0.0) for due in dues if due is not None)])

    # --- watching -----------------------------------------------------------------------------

    def watch_known(self) -> None:
        """Watch what the store knows, and the tree we were started in."""
        for tree in code.trees(self._db):
            self.watch(tree.root)
        self.watch(self._repo.root)

    def watch(self, root: Path) -> Watched | None:
        """Begin to watch a work tree of this repository; None when it is not one."""
        try:
            repo = git.discover(root)
            if repo.common_dir != self._repo.common_dir:
                return None
            if repo.root not in self._watched:
                self._watched[repo.root] = self._begin(repo)
        except (SleeperError, OSError):
            return None  # a work tree that was removed
        return self._watched[repo.root]

    def _begin(self, repo: Repository) -> Watched:
        tree = WatchedTree(repo, now=time.monotonic())
        # The folder of the commit hook's word is ours and, but for linked work trees, watched.
        spool = repo.state_dir / "spool"
        proof = spool if spool.is_relative_to(repo.root) and spool.is_dir() else None
        watcher = Watcher(repo.root, partial(self._hinted, tree), proof=proof)
        watcher.start()
        how = f" ({watcher.degraded})" if watcher.degraded else ""
        LOGGER.info("watching %s%s", repo.root, how)
        known = {stored.root: stored.head for stored in code.trees(self._db)}
        return Watched(tree, watcher, head=known.get(repo.root, ""))

    def _hinted(self, tree: WatchedTree, path: str) -> None:
        """The watcher's thread calls this, perhaps thousands of times in a row."""
        was_quiet = tree.first_hint is None
        tree.hint(time.monotonic(), lost=not path)
        if was_quiet:
            self._wake()

    def forget_gone(self) -> None:
        """Stop watching trees that are no more. Their notes stay."""
        for watched in self.all():
            if watched.tree.is_gone():
                self._forget(watched)

    def _forget(self, watched: Watched) -> None:
        LOGGER.warning("%s is gone; its notes are kept", watched.root)
        del self._watched[watched.root]
        watched.watcher.stop()

    def urge(self, now: float) -> None:
        """Have every tree looked at now."""
        for watched in self.all():
            watched.tree.urge(now)

    def notice(self, now: float, *, every: float) -> None:
        """What no watcher tells: refs that moved, and that it has been a while."""
        for watched in self._watched.values():
            tree, blind = watched.tree, watched.watcher.is_blind
            if tree.refs_moved() or tree.is_overdue(now, every=every, blind=blind):
                tree.hint(now)

    # --- looking ------------------------------------------------------------------------------

    def look(self, watched: Watched, settings: Settings) -> rounds.Round | None:
        """One round on one tree. Whatever goes wrong is logged, shown and tried again later.

        The survey is left for a calmer moment.
        """
        started = time.monotonic()
        try:
            done = rounds.reconcile_round(
                self._db,
                watched.tree.repo,
                settings,
                now=time.time(),
                hands=Hands(self._pool),
                survey=False,
            )
        except Exception as error:  # noqa: BLE001 -- the loop outlives any round
            self._could_not_look(watched, error)
            return None
        watched.looked_with = settings.index
        self._looked(watched, done, started=started, now=time.monotonic())
        return done

    def _could_not_look(self, watched: Watched, error: Exception) -> None:
        if _is_linked(watched.tree.repo) and watched.tree.is_gone():
            self._forget(watched)  # the main one may be on a disk that comes back
        else:
            _failed(watched.tree, error)

    def _looked(self, watched: Watched, done: rounds.Round, *, started: float, now: float) -> None:
        if done.changes.parsed:
            self._parsed_at = now
        moved = done.head != watched.head
        watched.tree.looked(started=started, now=now, fruitful=bool(done.changes.paths) or moved)
        watched.tree.doubt = done.doubt
        watched.tree_id, watched.head = done.tree_id, done.head
        if done.did_something:
            _tell(watched.root, done, seconds=now - started)
            watched.tree.behind_since = watched.tree.behind_since or now

    def survey(self, watched: Watched) -> None:
        """Count again what changed since the last survey; fails and is told like a look."""
        started = time.monotonic()
        try:
            notes = rounds.survey_round(
                self._db, watched.tree_id, now=time.time(), commit=watched.head
            )
        except Exception as error:  # noqa: BLE001 -- the loop outlives any round
            _failed(watched.tree, error)
            return
        now = time.monotonic()
        watched.tree.surveyed(started=started, now=now)
        if notes:
            LOGGER.info("counted %d notes, %.2f s", notes, now - started)

    def rest(self, now: float) -> None:
        """Let the parsers go when nothing was saved for a while; they are large."""
        if now - self._parsed_at >= _PARSERS_REST_S and self._pool.pids:
            self._pool.close()

    def leave(self, *, remember: bool) -> None:
        """Stop watching, and `remember` until when the store is known to agree with the disk."""
        self._pool.close()
        for watched in self.all():
            watched.watcher.stop()
            known = remember and watched.tree_id and not watched.tree.failure
            if known and not watched.tree.is_gone():
                code.mark_reconciled(self._db, watched.tree_id, watched.head, time.time())

    def condition(self, now: float) -> list[dict[str, Any]]:
        """How each tree is, for `status`."""
        return [
            {
                "root": os.fspath(watched.root),
                "looked_s_ago": _ago(watched.tree.looked_at, now),
                "degraded": watched.watcher.degraded,
                "failure": watched.tree.failure,
                "resyncs": watched.tree.resyncs,
                "complete": not watched.tree.doubt,
                "doubt": watched.tree.doubt,
            }
            for watched in self.all()
        ]


def _ago(then: float, now: float) -> float | None:
    return None if then == float("-inf") else round(now - then, 1)


def _is_linked(repo: Repository) -> bool:
    return repo.git_dir != repo.common_dir


def _failed(tree: WatchedTree, failure: Exception) -> None:
    error = full_disk(failure, tree.repo.common_dir) or failure
    why = str(error) if isinstance(error, SleeperError) else f"{type(error).__name__}: {error}"
    if why != tree.failure:  # said once, not once a minute
        LOGGER.error("cannot reconcile %s: %s", tree.repo.root, why)
    tree.failed(now=time.monotonic(), why=why)


def _tell(root: Path, done: rounds.Round, *, seconds: float) -> None:
    LOGGER.info(
        "reconciled %s: %d changed, %d commits, %.2f s",
        root,
        len(done.changes.paths),
        done.commits,
        seconds,
    )
