"""What happens while nobody works: one thought at a time, in the tree whose turn it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from repo_sleeper.daemon.current import Current, Found
from repo_sleeper.daemon.forest import Forest, Watched
from repo_sleeper.daemon.idleness import Idleness, why_never
from repo_sleeper.daemon.logbook import LOGGER
from repo_sleeper.daemon.mind import Mind, Thought
from repo_sleeper.daemon.models import ModelMaker
from repo_sleeper.daemon.tree import WatchedTree
from repo_sleeper.daemon.turns import Turns
from repo_sleeper.store.database import Database


class Sleep:
    """Only the loop calls it; what the thread of a thought has to say it leaves in the inbox."""

    def __init__(
        self,
        db: Database,
        forest: Forest,
        current: Current,
        *,
        make_model: ModelMaker,
        leave: Callable[[Callable[[], None]], None],
    ) -> None:
        self._db = db
        self._forest = forest
        self._current = current
        self._turns = Turns(forest)
        self._mind = Mind(done=lambda thought: leave(partial(self._note, thought)), make=make_model)
        self._idleness = Idleness(now=time.monotonic())
        self._last_thought = Thought()

    @property
    def busy(self) -> bool:
        """Whether a thought is under way."""
        return self._mind.busy

    def condition(self) -> dict[str, Any]:
        """For `status`: whether it thinks, and why not."""
        busy = self._mind.busy
        return {
            "asleep": busy or not self._idleness.why,
            "thinking": busy,
            "why": "" if busy else self._idleness.why,
            "config_error": self._current.error,
            "last_thought_error": self._last_thought.error,
        }

    # --- what ends it -----------------------------------------------------------------------------

    def wake(self) -> None:
        """No new call, not even one that is being prepared. Safe on any thread."""
        self._mind.wake()

    def active(self) -> None:
        """Somebody is at work."""
        self._mind.wake()
        self._idleness.active(time.monotonic())
        self._turns.reopen()

    def asked(self) -> None:
        """A question was asked."""
        self._idleness.asked(time.monotonic())

    def end(self, *, limit: float) -> None:
        """Cut off whatever is under way, for good."""
        self._mind.end(limit=limit)

    def reload(self) -> None:
        """Settings as they are now: what is being prepared may be what they are to forbid."""
        found = self._current.read()
        if found is not Found.SAME:
            self._mind.wake()
        if found is Found.CHANGED:
            self._mind.rest()
            self._idleness.stir()
            self._turns.reopen()

    # --- thinking ---------------------------------------------------------------------------------

    def step(self, now: float) -> None:
        """Begin a thought where nothing speaks against it; end one where somebody came back."""
        watched = self._turns.next()
        tree = None if watched is None else watched.tree
        if self._mind.busy:
            if self._is_disturbed(tree, now):
                self._mind.wake()
            return
        why = self._idleness.why_awake(self._db, self._current.workspace, tree, now=now)
        if watched is None or why:
            self._mind.rest()
        elif self._has_settings_of_now():
            self._begin(watched)

    def _is_disturbed(self, tree: WatchedTree | None, now: float) -> bool:
        """Whether somebody came back after the thought under way was begun."""
        if any(watched.tree.first_hint is not None for watched in self._forest.all()):
            return True
        return self._idleness.is_over(self._current.workspace, tree, now=now)

    def _has_settings_of_now(self) -> bool:
        """Whether the caps, and who is asked, are still as they are written down.

        Where they are not, the next tick decides anew; where they cannot be read, nothing is spent.
        """
        before = self._current.workspace
        self.reload()
        if self._current.error:
            self._idleness.why = f"the settings cannot be read: {self._current.error}"
        return self._current.workspace is before and not self._current.error

    def _begin(self, watched: Watched) -> None:
        """Begin where the tree's own settings allow it: they may keep back what ours do not."""
        self._turns.begin(watched)
        own = self._current.of(watched)
        if own is None or why_never(own):
            self._note_thought_out(time.monotonic())
        elif own.settings.index != watched.looked_with:
            watched.tree.urge(time.monotonic())  # what they leave out may be in the index yet
        else:
            self._mind.begin(own, watched.tree.repo, watched.tree_id, commit=watched.head)

    # --- how it went ------------------------------------------------------------------------------

    def _note(self, thought: Thought) -> None:
        if thought.woken:
            return
        now = time.monotonic()
        if thought.exhausted:
            self._note_thought_out(now)
            return
        self._idleness.thought(now=now, error=thought.error)
        self._turns.thought()
        if thought.behind:
            self._forest.urge(now)
        self._last_thought = thought
        _log(thought)

    def _note_thought_out(self, now: float) -> None:
        """Go on with another tree; rest when nothing is left in any."""
        if self._turns.is_over():
            self._idleness.exhausted(now=now)


def _log(thought: Thought) -> None:
    about = thought.subject
    if not about:
        LOGGER.warning("no thought: %s", thought.error)
    elif thought.error:
        LOGGER.warning("thought about %s: %s", about, thought.error)
    else:
        LOGGER.info("thought about %s: %d notes, $%.4f", about, thought.notes, thought.usd)
