"""Thinks one subject at a time beside the loop, so that a slow model never delays a save."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.daemon import rounds
from repo_sleeper.daemon.logbook import LOGGER
from repo_sleeper.daemon.models import ModelMaker, Models, models
from repo_sleeper.daemon.plan import Plan
from repo_sleeper.daemon.workspace import Workspace, write_store
from repo_sleeper.errors import BudgetError, ConfigError, SleeperError, TooDearError
from repo_sleeper.git import Repository
from repo_sleeper.llm.model import Model, Startable
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree

if TYPE_CHECKING:
    from repo_sleeper.think.asking import Asking

_AWAKE = "somebody is at work"
_NUDGE_S = 0.05
_TRIED = 50  # subjects that may be too dear before the reason is told


@dataclass(frozen=True, slots=True)
class Thought:
    """How one attempt ended: the subject, or that there was none, or why it failed.

    `behind` says that the index was not as the disk is, so there is nothing wrong but the time;
    `woken` that somebody came back before anything was sent.
    """

    subject: str = ""
    notes: int = 0
    usd: float = 0.0
    error: str = ""
    exhausted: bool = False
    behind: bool = False
    woken: bool = False


class Mind:
    """At most one thought at a time, on a thread with its own connection to the store."""

    def __init__(self, *, done: Callable[[Thought], None], make: ModelMaker) -> None:
        self._done = done
        self._make = make
        self._models: Models | None = None
        self._made_for: Workspace | None = None
        self._thread: threading.Thread | None = None
        self._awake = threading.Event()
        self._plan = Plan()

    @property
    def busy(self) -> bool:
        """Whether a thought is under way."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, workspace: Workspace, repo: Repository, tree_id: int, *, commit: str) -> None:
        """Start on the subject worth most; `done` hears how it went."""
        self._awake.clear()
        if self._made_for != workspace:
            self.rest()  # other settings may name another model, another place or another key
        if self._models is None:
            self._models, self._made_for = models(workspace, self._make(workspace)), workspace
        self._thread = threading.Thread(
            target=self._think,
            args=(workspace, repo, tree_id, commit, self._models),
            name="thought",
            daemon=True,
        )
        self._thread.start()

    def wake(self) -> None:
        """Somebody is at work: what is still being prepared is not sent any more."""
        self._awake.set()

    def rest(self) -> None:
        """The idle window is over: the model's process, if any, ends. A call under way does not."""
        if self._models is not None and not self.busy:
            self._models.close()
            self._models = None

    def end(self, *, limit: float) -> None:
        """Cut off whatever is under way. What was not sent yet costs nothing, the rest counts."""
        self.wake()
        until = time.monotonic() + limit
        # Again and again: a thought that was between two steps goes on to start another process.
        while self._cut_off() and time.monotonic() < until:
            continue

    def _cut_off(self) -> bool:
        """End the model's process; whether the thought goes on nevertheless."""
        if self._models is not None:
            self._models.close()
        if self._thread is not None:
            self._thread.join(_NUDGE_S)
        return self.busy

    def _think(
        self, workspace: Workspace, repo: Repository, tree_id: int, commit: str, asked: Models
    ) -> None:
        try:
            at = At(workspace, repo, tree_id, commit, asked, self._awake)
            self._done(one_thought(at, self._plan))
        except SleeperError as error:
            woken = isinstance(error, BudgetError) and str(error) == _AWAKE
            self._done(Thought(woken=True) if woken else Thought(error=str(error)))
        except Exception as error:  # noqa: BLE001 -- a silent death would be waited for for ever
            LOGGER.exception("a thought failed")
            self._done(Thought(error=f"{type(error).__name__}: {error}"))


class At(NamedTuple):
    """Where to think, with which models, and what may come between."""

    workspace: Workspace
    repo: Repository
    tree_id: int
    commit: str
    models: Models
    awake: threading.Event

    def tree(self, db: Database) -> Tree:
        """The code that is thought about."""
        return Tree(db, self.tree_id, self.repo.root, self.commit)

    def asking(self, model: Model) -> Asking:
        """The caps are asked last of all, when nothing is left to do but to send."""
        settings = self.workspace.settings
        caps = rounds.caps_refusal(settings)
        return rounds.asking(
            settings, model, lambda *worst: _AWAKE if self.awake.is_set() else caps(*worst)
        )


def one_thought(at: At, plan: Plan) -> Thought:
    """The second look that is due, or else the thought that is worth most."""
    db = write_store(at.workspace)
    try:
        checked = _checked(db, at)
        if checked is not None:
            return checked
        thought = _worth_most(db, at, plan)
        # A folder is not as it was once its parts are thought about: that is no news of the disk.
        return _worth_most(db, at, plan) if thought.behind and plan.is_kept else thought
    finally:
        db.close()


def _worth_most(db: Database, at: At, plan: Plan) -> Thought:
    items = plan.items(db, at.workspace.settings, at.tree_id)
    if not items:
        return Thought(exhausted=True)
    return _first_affordable(items, partial(_think, db, at, plan))


def _checked(db: Database, at: At) -> Thought | None:
    """A second look at a likely bug, when one is due; None when nothing was sent."""
    settings = at.workspace.settings
    due = rounds.due_checks(db, settings, at.tree_id, now=time.time())
    if not due:
        return None
    strong = at.models.again()
    if isinstance(strong, Startable):
        strong.start()
    for one in due[:_TRIED]:
        with suppress(TooDearError):
            outcome = rounds.check_round(at.tree(db), settings, one, at.asking(strong))
            if outcome.state is not None or outcome.stop:
                error = "" if outcome.error is None else str(outcome.error)
                return Thought(f"likely bug {one.note.id}", usd=outcome.usd, error=error)
    return None


def _first_affordable(
    items: Sequence[AgendaItem], think: Callable[[AgendaItem], Thought]
) -> Thought:
    """What is worth most, past what alone costs too much or does not fit into a prompt."""
    *others, last = items[:_TRIED]
    for item in others:
        with suppress(TooDearError, ConfigError):
            return think(item)
    return think(last)


def _think(db: Database, at: At, plan: Plan, item: AgendaItem) -> Thought:
    chosen = at.models.of(item)
    if isinstance(chosen, Startable):
        chosen.start()
    outcome = rounds.think_round(at.tree(db), at.workspace.settings, item, at.asking(chosen))
    if outcome.state is None:
        plan.forget()  # nothing is as it was when the plan was made
    else:
        plan.take(item)
    return Thought(
        item.subject.label,
        notes=len(outcome.notes),
        usd=outcome.usd,
        error="" if outcome.error is None else str(outcome.error),
        behind=outcome.state is None and not outcome.stop,
    )
