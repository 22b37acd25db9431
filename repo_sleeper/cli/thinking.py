"""One round of thinking at a person's wish."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from repo_sleeper import git, trust
from repo_sleeper.cli import notes_view, output, place, plan_view
from repo_sleeper.cli.calls import Calls
from repo_sleeper.cli.cost_view import is_price_known
from repo_sleeper.cli.place import Place
from repo_sleeper.config.settings import THOUGHT_KINDS
from repo_sleeper.daemon import locks, rounds, verbs
from repo_sleeper.daemon.models import Models, configured_model, models
from repo_sleeper.daemon.recovery import recovered
from repo_sleeper.daemon.rounds import Work
from repo_sleeper.daemon.upcoming import Desk, upcoming
from repo_sleeper.daemon.workspace import Workspace, write_store
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.domain.spending import Refused
from repo_sleeper.errors import (
    BudgetError,
    GitError,
    ModelStoppedError,
    NotFoundError,
    SetupError,
    SleeperError,
    UsageError,
)
from repo_sleeper.store import extent, ledger
from repo_sleeper.store.bugs import Due
from repo_sleeper.think.thinker import Outcome

_RECONCILE_S = 30.0
_NO_MODEL = "`sleeper init --model NAME` sets one up; everything else works without"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants thought about, and how much of it."""

    paths: tuple[str, ...]
    kinds: tuple[str, ...]
    limit: int
    max_cost: float | None


# --- for real ---------------------------------------------------------------------------------


def think(wish: Wish, *, json: bool) -> None:
    """Think until the wish, the caps or the model end it; print the notes."""
    with writing() as here:
        require_model(here.workspace)
        _clear_pause(here)
        items = work_of(here, wish).items
        with open_models(here.workspace) as asked:
            calls = Calls(here, asked, wish.max_cost)
            done, refused = all_of(calls.thoughts(items[: wish.limit]))
        known = is_price_known(here.workspace.settings)
    _report(done, json=json, known=known)
    if refused is not None:
        raise refused


@contextmanager
def open_models(workspace: Workspace) -> Iterator[Models]:
    """The models, for as long as they are asked; a daemon that starts meanwhile is told of it."""
    with (
        locks.shared(workspace.asking_lock),
        closing(models(workspace, configured_model(workspace))) as asked,
    ):
        yield asked


def all_of(thoughts: Iterator[Outcome]) -> tuple[list[Outcome], BudgetError | None]:
    """What was done before the budget, perhaps, said no: it is paid for, so it is shown."""
    done: list[Outcome] = []
    try:
        done.extend(thoughts)
    except BudgetError as error:
        return done, error
    return done, None


def require_model(workspace: Workspace) -> None:
    if workspace.untrusted:
        raise SetupError(
            f"nothing is sent: {workspace.untrusted}",
            hint=trust.advice(workspace.repo),
        )
    if workspace.model_forbidden:
        raise SetupError("this repository is to have no model", hint=_NO_MODEL)
    if not workspace.settings.model.name:
        raise SetupError("no model is set", hint=_NO_MODEL)
    try:
        git.listing(workspace.repo)
    except GitError as error:
        raise SetupError(
            f"nothing is sent: git cannot say which files are ignored ({error})",
            hint="`sleeper doctor` says what to do",
        ) from error
    if unsafe := git.self_test():
        raise SetupError(f"nothing is sent: {unsafe}", hint="use another git")


def _report(done: Sequence[Outcome], *, json: bool, known: bool) -> None:
    notes: list[Note] = [note for outcome in done for note in outcome.notes]
    usd = sum(outcome.usd for outcome in done) if known else None
    if json:
        output.print_json({"notes": [notes_view.as_json(note) for note in notes], "usd": usd})
    elif notes:
        notes_view.show_whole(notes, json=False)
    raise_last(done)


def raise_last(done: Sequence[Outcome]) -> None:
    """When every thought failed, or was stopped, the last error, told already, decides."""
    errors = [outcome.error for outcome in done if outcome.error is not None]
    if errors and (len(errors) == len(done) or isinstance(errors[-1], ModelStoppedError)):
        raise typer.Exit(errors[-1].exit_code)


def _clear_pause(here: Place) -> None:
    """A person asks for it: whatever only a person could end is over, and tried again."""
    ended = ledger.resume(here.db, now=time.time())
    if ended is not None:
        output.say(f"trying again after: {ended.kind}: {ended.message}")


# --- as a plan ---------------------------------------------------------------------------------


def show_plan(wish: Wish, *, json: bool) -> None:
    """Print the agenda in order, with every factor that made it so."""
    with writing() as here:
        due = due_checks(here, wish)
        work = work_of(here, wish, even_none=bool(due))
        settings, repo = here.workspace.settings, here.workspace.repo
        desk = Desk(here.db, repo, settings, here.tree_id, time.time())
        first = upcoming(desk, work.items, due)
        plan_view.show(work, first, checks=due, shown=wish.limit, json=json)


# --- where ------------------------------------------------------------------------------------


@contextmanager
def writing() -> Iterator[Place]:
    """The store as the disk is now: reconciled by the daemon where there is one, else by us."""
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        _reconcile(workspace, db)
        yield Place(workspace, db, place.tree_of(db, workspace))


def _reconcile(workspace: Workspace, db: Any) -> None:
    mute = SetupError("the daemon does not answer", hint="`sleeper daemon restart` helps")
    try:
        said = verbs.reconcile(workspace.socket_file, workspace.repo.root, limit=_RECONCILE_S)
    except verbs.RefusedError as error:
        _reconcile_here(workspace, db, otherwise=error)
    else:
        if said is None:
            _reconcile_here(workspace, db, otherwise=mute)


def _reconcile_here(workspace: Workspace, db: Any, *, otherwise: SleeperError) -> None:
    with rounds.with_lock(workspace, wait=_RECONCILE_S) as ours:
        if not ours:
            raise otherwise
        recovered(workspace, db)  # a daemon would; one that lived would have the lock
        rounds.reconcile_round(db, workspace.repo, workspace.settings, now=time.time())


def due_checks(here: Place, wish: Wish) -> list[Due]:
    """The second looks at likely bugs that the wish leaves of those that are due."""
    kinds = notes_view.kinds(wish.kinds)
    if kinds and NoteKind.LIKELY_BUG not in kinds:
        return []
    within = [_known(here, path) for path in wish.paths]
    settings = here.workspace.settings
    return rounds.due_checks(here.db, settings, here.tree_id, now=time.time(), within=within)


def work_of(here: Place, wish: Wish, *, even_none: bool = False) -> Work:
    """What the wish leaves of the agenda. Raises where that is nothing, naming the cap if any."""
    within = [_known(here, path) for path in wish.paths]
    kinds: list[NoteKind] | None = notes_view.kinds(wish.kinds, among=THOUGHT_KINDS)
    work = rounds.work(here.db, here.workspace.settings, here.tree_id, kinds=kinds, within=within)
    if work.items or even_none:
        return work
    if work.cap:
        hint = work.cap.hint if isinstance(work.cap, Refused) else ""
        raise BudgetError(work.cap, hint=hint or "`sleeper cost --by subject` shows where it went")
    raise NotFoundError(
        "nothing is left to think about here", hint="what is unchanged is not paid for twice"
    )


def _known(here: Place, typed: str) -> str:
    """A path as the store knows it. Raises UsageError where nothing of it is indexed."""
    path = place.inside(here.workspace, typed)
    files = extent.indexed(here.db, here.tree_id)
    if path == "." or any(file == path or file.startswith(f"{path}/") for file in files):
        return path
    if not os.path.lexists(here.workspace.repo.root / path):
        raise UsageError(f"there is no file or folder {typed}", hint="`sleeper map` shows them")
    reason = extent.skipped(here.db, here.tree_id).get(path)
    why = f" ({reason})" if reason else ""
    raise UsageError(
        f"{typed} is not indexed{why}, so it is not thought about",
        hint="`sleeper status --skipped` has the reasons; files that git ignores are never read",
    )
