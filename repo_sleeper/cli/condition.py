"""How things are: gathered from the store, git and the daemon, for whoever shows it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import NamedTuple

from repo_sleeper import git
from repo_sleeper.cli import limits_view
from repo_sleeper.cli.place import Place
from repo_sleeper.config import Settings
from repo_sleeper.daemon import process, rounds
from repo_sleeper.daemon.idleness import why_never
from repo_sleeper.daemon.process import DaemonState
from repo_sleeper.daemon.rounds import Work
from repo_sleeper.daemon.upcoming import Desk, Upcoming, upcoming
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.spending import LastError, Pause, Spent
from repo_sleeper.errors import GitError
from repo_sleeper.git import Repository
from repo_sleeper.integrations import git_hook
from repo_sleeper.store import code, extent, history, ledger, notes, pause
from repo_sleeper.store.database import Database
from repo_sleeper.store.extent import Counts


class Head(NamedTuple):
    """What is checked out, or why git cannot say."""

    branch: str = ""
    commit: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Everything `status` shows."""

    repo: Repository
    settings: Settings
    head: Head
    trees: int
    reconciled_at: float
    daemon: DaemonState
    counts: Counts
    commits: int
    fresh: int
    stale: int
    bugs: int
    work: Work
    checks: int
    next: Upcoming
    spent: Spent
    paused: Pause | None
    last_error: LastError | None
    hook: str
    untrusted: str
    forbidden: bool
    doubt: str
    limits: tuple[str, ...]
    now: float


def gathered(here: Place) -> Condition:
    """How things are now. The daemon is asked last, with little patience."""
    repo, now = here.workspace.repo, time.time()
    settings = here.workspace.settings
    fresh, stale = notes.fresh_counts(here.db, here.tree_id)
    work = rounds.work(here.db, settings, here.tree_id)
    due = rounds.due_checks(here.db, settings, here.tree_id, now=now)
    desk = Desk(here.db, repo, settings, here.tree_id, now)
    never = why_never(here.workspace) or _stopped(here.db)
    trees = code.trees(here.db)
    return Condition(
        repo=repo,
        settings=settings,
        head=_head(repo),
        trees=sum(os.access(tree.root / ".git", os.F_OK) for tree in trees),
        reconciled_at=max((t.reconciled_at for t in trees if t.id == here.tree_id), default=0.0),
        counts=extent.counts(here.db, here.tree_id),
        commits=history.commit_count(here.db),
        fresh=fresh,
        stale=stale,
        bugs=len(
            notes.list_notes(
                here.db, here.tree_id, kinds=[NoteKind.LIKELY_BUG], include_stale=False
            )
        ),
        work=work,
        checks=len(due),
        next=Upcoming(why_none=never) if never else upcoming(desk, work.items, due),
        spent=ledger.spent(here.db, now),
        paused=pause.waiting(here.db, now),
        last_error=ledger.last_error(here.db),
        hook=_hook(repo),
        untrusted=here.workspace.untrusted,
        forbidden=here.workspace.model_forbidden,
        doubt=_doubt(repo),
        limits=_limits(here),
        daemon=process.state(here.workspace),
        now=now,
    )


def _head(repo: Repository) -> Head:
    try:
        return Head(git.branch(repo), git.head(repo))
    except GitError as error:
        return Head(doubt=str(error))


def _hook(repo: Repository) -> str:
    try:
        return git_hook.state(repo)
    except GitError as error:
        return f"({error})"


def _doubt(repo: Repository) -> str:
    """Why git cannot list the files here; "" when it can."""
    try:
        git.listing(repo)
    except GitError as error:
        return str(error)
    return ""


def _stopped(db: Database) -> str:
    """What only a person can end, told whole in a line of its own."""
    stopped = pause.paused(db)
    return "" if stopped is None else f"it is paused until you act ({stopped.kind})"


def _limits(here: Place) -> tuple[str, ...]:
    try:
        return tuple(limits_view.limits(here.db, here.tree_id, here.workspace.repo))
    except GitError:
        return ()  # the doubt says so


# --- showing ----------------------------------------------------------------------------------
