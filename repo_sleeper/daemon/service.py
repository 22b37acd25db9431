"""The loop: hints settle, rounds reconcile, and when nobody is at work one thought is thought."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from repo_sleeper import __version__
from repo_sleeper.daemon import locks, machine, rounds, spool, verbs
from repo_sleeper.daemon.current import Current
from repo_sleeper.daemon.forest import Forest, Watched
from repo_sleeper.daemon.logbook import LOGGER
from repo_sleeper.daemon.models import ModelMaker, configured_model
from repo_sleeper.daemon.recovery import recovered
from repo_sleeper.daemon.sleeping import Sleep
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.errors import DaemonError
from repo_sleeper.store import code, upkeep
from repo_sleeper.store.database import Database
from repo_sleeper.trust import SETTINGS_FILE

TICK_S = 1.0
_CHORES_S = 60.0
_TIDY_S = 3600.0
_SPARE_CONTENTS = 50_000  # no tree has them now; a branch switch may bring them back unparsed
_GONE_S = 600.0  # an absent root may be a disk that comes back
_SUSPENDED_S = 60.0
_RECONCILE_LIMIT_S = 60.0
_ROBBED = "its files were taken away or replaced"


class Service:
    """Owns the connection that writes the index, and decides alone what happens next.

    Everything else (signals, socket, watcher, thoughts) only leaves a call in the inbox.
    """

    def __init__(
        self, workspace: Workspace, db: Database, *, make_model: ModelMaker = configured_model
    ) -> None:
        self.ended = ""
        self.is_reachable: Callable[[], bool] = lambda: True
        self.is_in_place: Callable[[], bool] = lambda: True  # our files are those others find
        self._db = db
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._forest = Forest(db, workspace.repo, wake=partial(self._inbox.put, _nothing))
        self._current = Current(workspace)
        self._sleep = Sleep(
            db, self._forest, self._current, make_model=make_model, leave=self._inbox.put
        )
        self._born = time.monotonic()
        self._clock_gap = time.time() - self._born
        self._chores_at = self._born + _CHORES_S
        self._tidied_at = self._born
        self._gone_since: float | None = None

    @property
    def workspace(self) -> Workspace:
        """Where it works, within the settings that hold now."""
        return self._current.workspace

    # --- what others may call, from any thread ------------------------------------------------

    def end(self, why: str) -> None:
        """Have the loop end soon. Safe to call in a signal's handler."""
        self._inbox.put(partial(self._end, why))

    def answer(self, message: verbs.Message) -> verbs.Message:
        """One verb of the socket; runs on the caller's thread."""
        if message.get("verb") != "stop":
            self._require_place()
        match message.get("verb"):
            case "ping":
                return self._who()
            case "status":
                return {**self._who(), **self._condition()}
            case "activity":
                self._sleep.wake()  # at once; the loop may be in the middle of a long look
                self._inbox.put(self._sleep.active)
                # It may be the settings that they are at work on.
                self._inbox.put(self._sleep.reload)
                return {}
            case "stop":
                self.end("asked to")
                return {}
            case "reconcile":
                root, derive = (
                    Path(str(message.get("root", ""))),
                    message.get("derive") is not False,
                )
                return self._reconciled(root, derive=derive)
            case verb:
                raise DaemonError(f"{verb!r} is not something a daemon {__version__} knows")

    # --- the loop -----------------------------------------------------------------------------

    def run(self) -> None:
        """Live until told to end."""
        self._forest.watch_known()
        while not self.ended:
            self._wait()
            if not self.ended:
                self._step(time.monotonic())
        LOGGER.info("ending: %s", self.ended)
        self._sleep.end(limit=2.0)
        self._forest.leave(remember=self.is_in_place())

    def _wait(self) -> None:
        """Sleep until something happens, at most a second; then hear everything that did."""
        patience = self._forest.patience(time.monotonic(), longest=TICK_S)
        try:
            self._inbox.get(timeout=max(patience, 0.001))()
            while True:
                self._inbox.get_nowait()()
        except queue.Empty:
            return

    def _step(self, now: float) -> None:
        if not self.is_in_place():
            self._end(_ROBBED)
            return
        self._notice(now)
        for watched in self._forest.all():
            if watched.tree.is_due(now):
                self._look(watched)
            elif watched.tree.is_calm(now):
                self._forest.survey(watched)
        self._forest.rest(now)
        if now >= self._chores_at:
            self._chores_at = now + _CHORES_S
            self._chores(now)
        self._sleep.step(time.monotonic())

    # --- noticing and looking -----------------------------------------------------------------

    def _notice(self, now: float) -> None:
        """What nobody tells us: a suspended machine, settings, spooled commits, moved refs."""
        gap = time.time() - time.monotonic()
        if abs(gap - self._clock_gap) > _SUSPENDED_S:
            LOGGER.info("the clock jumped: looking at everything again")
            self._clock_gap = gap
            self._forest.urge(now)
        if self._current.is_touched():
            self._sleep.reload()
        if spool.has_lines(self.workspace.spool):
            self._take_spool(now)
        self._forest.notice(now, every=self.workspace.settings.idle.reconcile_s)

    def _take_spool(self, now: float) -> None:
        for root in spool.drain(self.workspace.spool):
            watched = self._forest.watch(root)
            if watched is not None:
                LOGGER.info("a commit in %s", root)
                watched.tree.urge(now)
                self._sleep.active()

    def _look(self, watched: Watched, *, derive: bool = False) -> rounds.Round | None:
        first, head = not watched.tree_id, watched.head
        own = self._current.of(watched) or self.workspace
        done = self._forest.look(watched, own.settings)
        if done is None:
            return None
        if first or derive:
            self._forest.survey(watched)
        if not first and (done.changes.paths or done.head != head):
            self._sleep.active()
        if SETTINGS_FILE in done.changes.paths:
            self._sleep.reload()
        return done

    def _reconciled(self, root: Path, *, derive: bool) -> verbs.Message:
        """Have the loop look at a tree now, and wait for it: a question is about to be asked."""
        self._sleep.wake()
        finished = threading.Event()
        seen: list[rounds.Round] = []
        failed: list[str] = []

        def look() -> None:
            self._sleep.asked()
            watched = self._forest.watch(root)
            done = None if watched is None else self._look(watched, derive=derive)
            if done is not None:
                seen.append(done)
            elif watched is not None:
                failed.append(watched.tree.failure)
            finished.set()

        self._inbox.put(look)
        finished.wait(_RECONCILE_LIMIT_S)
        self._require_place()
        if not seen:
            why = "".join(f": {reason}" for reason in failed if reason)
            raise DaemonError(
                f"the daemon could not reconcile{why}", hint="`sleeper daemon logs` says more"
            )
        done = seen[0]
        return {
            "changed": len(done.changes.paths),
            "head": done.head,
            "complete": done.complete,  # whoever asks may be about to send something
        }

    # --- chores -------------------------------------------------------------------------------

    def _chores(self, now: float) -> None:
        self._forest.forget_gone()
        if not self._forest:
            self._forest.watch_known()
        self._gone_since = None if self._forest else (self._gone_since or now)
        if self._gone_since is not None and now - self._gone_since >= _GONE_S:
            self._end("the repository is gone")
        if locks.is_still(self.workspace.database_file, None):
            self._end("the store is gone")
        if not self.is_reachable():
            self._end("the socket is gone")
        self._sleep.reload()
        if now - self._tidied_at >= _TIDY_S and not self._sleep.busy:
            self._tidied_at = now
            self._tidy()

    def _tidy(self) -> None:
        try:
            recovered(self.workspace, self._db)  # a command may have been killed while it asked
            gone = code.garbage_collect(self._db, keep=_SPARE_CONTENTS)
            upkeep.checkpoint(self._db)
        except Exception as error:  # noqa: BLE001 -- a full disk may be tidied another time
            LOGGER.warning("could not tidy the store: %s", error)
        else:
            LOGGER.info("tidied the store: %d contents that no work tree has went", gone)

    # --- ends and answers ---------------------------------------------------------------------

    def _end(self, why: str) -> None:
        self.ended = self.ended or why

    def _require_place(self) -> None:
        """Refuse to speak for a store that is another's by now; whoever asks helps themselves."""
        if not self.is_in_place():
            self.end(_ROBBED)
            raise DaemonError(
                f"this daemon ends: {_ROBBED}", hint="`sleeper daemon start` starts another"
            )

    def _who(self) -> verbs.Message:
        return {"pid": os.getpid(), "version": __version__, "protocol": verbs.PROTOCOL}

    def _condition(self) -> verbs.Message:
        now, used = time.monotonic(), os.times()
        return {
            "uptime_s": round(now - self._born, 1),
            "memory_mb": round(machine.memory_mb(), 1),
            "cpu_s": round(used.user + used.system, 2),
            **self._sleep.condition(),
            "trees": self._forest.condition(now),
        }


def _nothing() -> None:
    """Wakes the loop, which then sees for itself."""
