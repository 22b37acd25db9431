"""One round of reconciling and one of thinking: what the loop and the commands share."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from repo_sleeper import git
from repo_sleeper.config import Settings
from repo_sleeper.daemon import locks
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain import Changes, NoteKind, Spent
from repo_sleeper.git import Repository
from repo_sleeper.sleep import agenda as order
from repo_sleeper.sleep import budget, foresight
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store import bugs, code, pause
from repo_sleeper.store.bugs import Due
from repo_sleeper.store.database import Database
from repo_sleeper.store.unthought import paths, unthought
from repo_sleeper.store.usefulness import recent_edits
from repo_sleeper.trust import SETTINGS_FILE

if TYPE_CHECKING:
    from repo_sleeper.index.pool import ParserPool
    from repo_sleeper.llm.model import Model
    from repo_sleeper.think.thinker import Outcome

Refusal = Callable[[Spent, float, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one reconcile found and did."""

    tree_id: int
    head: str
    changes: Changes
    commits: int = 0
    notes: int = 0
    complete: bool = True  # False: git could not say what is ignored, so nothing may be sent

    @property
    def did_something(self) -> bool:
        """Whether anything in the store is different now."""
        return bool(self.changes.paths or self.commits or self.notes)


@contextmanager
def with_lock(workspace: Workspace, *, wait: float = 0.0) -> Iterator[bool]:
    """Be the one who reconciles for a block; the block is told whether it may.

    A command lets go after a moment, a daemon never: where there is one, nothing is waited for.
    """
    patience = 0.0 if locks.is_held(workspace.daemon_lock) else wait
    with locks.held(workspace.store_lock, wait=patience) as ours:
        yield ours


def reconcile_round(  # noqa: PLR0913 -- the last four are by name and have defaults
    db: Database,
    repo: Repository,
    settings: Settings,
    *,
    now: float,
    pool: ParserPool | None = None,
    progress: Callable[[int, int], None] | None = None,
    derive: bool = True,
) -> Round:
    """Make the store agree with one work tree: files, then history, then survey notes.

    `derive=False` leaves the survey for later: a question needs the index, not the counting.
    An unchanged tree writes nothing.
    """
    tree_id = code.ensure_tree(db, repo.root, repo.git_dir)
    seen = _files(db, repo, settings, tree_id, now=now, pool=pool, progress=progress)
    moved = seen.head != _known_head(db, tree_id)
    imported = _history(db, repo, settings) if moved else 0
    if moved or seen.changes.paths:
        db.set_meta(_due(tree_id), "1")
    notes = _survey(db, tree_id, now=now, commit=seen.head) if derive else 0
    if moved or seen.changes.paths:
        code.mark_reconciled(db, tree_id, seen.head, now)
    return dataclasses.replace(seen, commits=imported, notes=notes)


def _files(  # noqa: PLR0913 -- passes on what it is given
    db: Database,
    repo: Repository,
    settings: Settings,
    tree_id: int,
    *,
    now: float,
    pool: ParserPool | None,
    progress: Callable[[int, int], None] | None,
) -> Round:
    from repo_sleeper.index import indexer  # most commands never parse
    from repo_sleeper.watch import scanner

    head = git.head(repo)  # before the scan: a commit during it is seen as a move next time
    found = scanner.scan(
        repo, max_bytes=settings.index.max_file_kb * 1024, ignore=settings.index.ignore
    )
    changes = indexer.reconcile(
        db,
        tree_id,
        repo.root,
        found,
        pool=pool,
        now=now,
        progress=progress,
        languages=settings.index.languages,
    )
    return Round(tree_id=tree_id, head=head, changes=changes, complete=found.complete)


def _known_head(db: Database, tree_id: int) -> str | None:
    """The commit this tree was last reconciled at; None when it never was."""
    for tree in code.trees(db):
        if tree.id == tree_id and tree.reconciled_at:
            return tree.head
    return None


def _history(db: Database, repo: Repository, settings: Settings) -> int:
    from repo_sleeper.history import commits

    return commits.import_history(db, repo, limit=settings.history.max_commits)


def _survey(db: Database, tree_id: int, *, now: float, commit: str) -> int:
    """Count again what changed since the last survey, however many rounds ago that was."""
    from repo_sleeper.survey import survey
    from repo_sleeper.think import questions

    if db.meta(_due(tree_id)) is None:
        return 0
    changed = survey.survey(db, tree_id, now=now, commit=commit)
    changed += questions.expect(db, tree_id, now=now, commit=commit)
    db.set_meta(_due(tree_id), None)
    return changed


def _due(tree_id: int) -> str:
    return f"survey-due:{tree_id}"


# --- thinking ---------------------------------------------------------------------------------


def agenda(
    db: Database,
    settings: Settings,
    tree_id: int,
    *,
    kinds: Collection[NoteKind] | None = None,
    within: Collection[str] = (),
) -> list[AgendaItem]:
    """What is worth a thought, best first; only below the paths `within`, if any are given."""
    from repo_sleeper.think import prompts

    wanted = [NoteKind(kind) for kind in settings.think.kinds] if kinds is None else list(kinds)
    candidates = unthought(
        db,
        tree_id,
        kinds=wanted,
        versions=prompts.versions(wanted),
        expected=_expected(db, tree_id),
        now=time.time(),
        steps=prompts.steps(samples=settings.think.samples, passes=settings.think.passes),
    )
    return order.plan(one for one in candidates if _is_within(one.subject.path, within))


def _expected(db: Database, tree_id: int) -> dict[str, float]:
    """How many of the next edits should fall on each file of the tree."""
    commits = recent_edits(db, limit=foresight.COMMITS)
    found = foresight.forecast(commits, paths(db, tree_id))
    return {path: forecast.expected for path, forecast in found.items()}


def _is_within(path: str, places: Collection[str]) -> bool:
    if path == SETTINGS_FILE:
        return False  # we wrote most of it ourselves
    return not places or any(
        path == place or path.startswith(f"{place.rstrip('/')}/") or place in {"", "."}
        for place in places
    )


def caps_refusal(settings: Settings) -> Refusal:
    """The caps of these settings, as the ledger asks for them."""
    limits = settings.budget
    caps = budget.Caps(
        usd_per_day=limits.usd_per_day,
        usd_per_month=limits.usd_per_month,
        tokens_per_day=limits.tokens_per_day,
        tokens_per_month=limits.tokens_per_month,
        calls_per_day=limits.calls_per_day,
        calls_per_month=limits.calls_per_month,
        usd_per_call=limits.usd_per_call,
        tokens_per_call=limits.tokens_per_call,
        usd_per_subject=limits.usd_per_subject,
        tokens_per_subject=limits.tokens_per_subject,
        calls_per_subject=limits.calls_per_subject,
    )
    return lambda spent, usd, tokens: budget.refusal(caps, spent, usd, tokens)


def think_round(  # noqa: PLR0913 -- a place, a subject and a model, each by name
    db: Database,
    repo: Repository,
    settings: Settings,
    *,
    tree_id: int,
    item: AgendaItem,
    model: Model,
    commit: str,
    clock: Callable[[], float],
    refusal: Refusal | None = None,
    complete: bool = True,
) -> Outcome:
    """Think about one subject; within the caps, unless a stricter `refusal` is given."""
    from repo_sleeper.think import thinker

    outcome = thinker.think_about(
        db,
        tree_id=tree_id,
        root=repo.root,
        subject=item.subject,
        kind=item.kind,
        model=model,
        refusal=refusal or caps_refusal(settings),
        clock=clock,
        commit=commit,
        input_tokens=settings.think.input_tokens,
        max_output_tokens=settings.model.max_output_tokens,
        host=urlsplit(settings.model.api_base).hostname or "",
        complete=complete,
        step=item.step,
    )
    stop = pause.if_fruitless(db, most=settings.budget.fruitless_calls, now=clock())
    return dataclasses.replace(outcome, stop=True) if stop is not None else outcome


# --- second looks -----------------------------------------------------------------------------


def due_checks(db: Database, settings: Settings, tree_id: int) -> list[Due]:
    """The second looks that may be taken now: never more in a day than thoughts."""
    if not settings.think.check_bugs or not bugs.may_check(db):
        return []
    return bugs.due(db, tree_id)


def check_round(  # noqa: PLR0913 -- a place, a bug and a model, each by name
    db: Database,
    repo: Repository,
    settings: Settings,
    *,
    tree_id: int,
    due: Due,
    model: Model,
    clock: Callable[[], float],
    refusal: Refusal | None = None,
) -> Outcome:
    """Take one second look at a likely bug, within the caps."""
    from repo_sleeper.think import checks
    from repo_sleeper.think.reading import Limits

    return checks.check(
        db,
        due,
        tree_id=tree_id,
        root=repo.root,
        model=model,
        refusal=refusal or caps_refusal(settings),
        clock=clock,
        limits=Limits(settings.think.input_tokens, settings.model.max_output_tokens),
        host=urlsplit(settings.model.api_base).hostname or "",
    )
