"""One round of reconciling: what the loop and the commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper import git
from repo_sleeper.config import Settings
from repo_sleeper.daemon import locks
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.tree import Changes
from repo_sleeper.errors import SleeperError
from repo_sleeper.git import Repository
from repo_sleeper.index.hands import ALONE, Hands
from repo_sleeper.store import code, freshness
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree

if TYPE_CHECKING:
    from repo_sleeper.history.ahead import Ahead
    from repo_sleeper.index.pool import ParserPool


class Round(NamedTuple):
    """What one reconcile found and did."""

    tree_id: int
    head: str
    changes: Changes
    commits: int = 0
    notes: int = 0
    doubt: str = ""  # why git could not say what is ignored

    @property
    def complete(self) -> bool:
        """Whether git could say what is ignored: otherwise nothing may be sent."""
        return not self.doubt

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


def reconcile_round(  # noqa: PLR0913 -- the last three are by name and have defaults
    db: Database,
    repo: Repository,
    settings: Settings,
    *,
    now: float,
    hands: Hands = ALONE,
    derive: bool = True,
    survey: bool = True,
) -> Round:
    """Make the store agree with one work tree: files, then history, then survey notes.

    `derive=False` leaves the survey for later: a question needs the index, not the counting.
    `survey=False` leaves nothing else.
    An unchanged tree writes nothing. Who has nothing to do meanwhile has the history read.
    """
    tree_id = code.ensure_tree(db, repo.root, repo.git_dir)
    past = _Past(db, repo, settings, tree_id)
    with _parsers(db, tree_id, hands.pool) as parsers:
        busy = hands._replace(pool=parsers, meanwhile=hands.meanwhile or past.read_early)
        seen = _files(Tree(db, tree_id, repo.root), repo, settings, now=now, hands=busy)
    moved = seen.head != _known_head(db, tree_id)
    # Also where HEAD stands still: a shallow clone may have been given its past.
    imported = past.imported() if moved or derive else 0
    different = bool(moved or imported or seen.changes.paths)
    if different:
        freshness.put_survey_due(db, tree_id, since=now, commits=bool(moved or imported))
    counts = derive and survey
    notes = survey_round(db, tree_id, now=now, commit=seen.head) if counts else 0
    if different:
        code.mark_reconciled(db, tree_id, seen.head, now)
    return seen._replace(commits=imported, notes=notes)


@contextmanager
def _parsers(db: Database, tree_id: int, pool: ParserPool | None) -> Iterator[ParserPool | None]:
    """A first index is sure to need a parser: its child starts while the tree is scanned."""
    if pool is not None or _known_head(db, tree_id) is not None:
        yield pool
        return
    from repo_sleeper.index.pool import ParserPool

    with ParserPool(keep=False) as own:
        own.start()
        yield own


def _files(tree: Tree, repo: Repository, settings: Settings, *, now: float, hands: Hands) -> Round:
    from repo_sleeper.index import indexer  # most commands never parse
    from repo_sleeper.watch import scanner

    head = git.head(repo)  # before the scan: a commit during it is seen as a move next time
    found = scanner.scan(
        repo,
        max_bytes=settings.index.max_file_kb * 1024,
        ignore=settings.index.ignore,
        expected=code.known_paths(tree.db, tree.id),
    )
    changes = indexer.reconcile(
        tree, found, now=now, languages=settings.index.languages, hands=hands
    )
    return Round(tree_id=tree.id, head=head, changes=changes, doubt=found.doubt)


def _known_head(db: Database, tree_id: int) -> str | None:
    """The commit this tree was last reconciled at; None when it never was."""
    for tree in code.trees(db):
        if tree.id == tree_id and tree.reconciled_at:
            return tree.head
    return None


def _history_ahead(
    db: Database, repo: Repository, settings: Settings, tree_id: int
) -> Ahead | None:
    """The first time there is all of the history to read: begin while the files are parsed."""
    if _known_head(db, tree_id) is not None:
        return None
    from repo_sleeper.history.ahead import Ahead
    from repo_sleeper.store import history

    if history.has_commits(db):
        return None  # another work tree has read it

    return Ahead(repo, limit=settings.history.max_commits)


class _Past:
    """The history on its way into the store. The first time it is stored while parsers work."""

    def __init__(self, db: Database, repo: Repository, settings: Settings, tree_id: int) -> None:
        self._db = db
        self._repo = repo
        self._settings = settings
        self._ahead = _history_ahead(db, repo, settings, tree_id)
        self._is_tried = False
        self._early: int | None = None

    def read_early(self) -> None:
        """As soon as it is there. What goes wrong now goes wrong again, and is told, when due."""
        if self._ahead is not None and self._ahead.is_done and not self._is_tried:
            self._is_tried = True
            with suppress(SleeperError):
                self._early = self._import()

    def imported(self) -> int:
        """How many commits were not stored before."""
        return self._import() if self._early is None else self._early

    def _import(self) -> int:
        return _history(self._db, self._repo, self._settings, self._ahead)


def _history(db: Database, repo: Repository, settings: Settings, ahead: Ahead | None) -> int:
    from repo_sleeper.history import commits

    return commits.import_history(db, repo, limit=settings.history.max_commits, ahead=ahead)


def survey_round(db: Database, tree_id: int, *, now: float, commit: str) -> int:
    """Count again what changed since the last survey, however many rounds ago that was."""
    from repo_sleeper.survey.rules import RULES

    if not freshness.survey_is_due(db, tree_id, rules=RULES):
        return 0
    from repo_sleeper.survey import survey  # 15 ms, and nothing may be due
    from repo_sleeper.think import questions

    expect = partial(questions.expect, db, tree_id, now=now, commit=commit)
    changed = survey.survey(db, tree_id, now=now, commit=commit, meanwhile=expect)
    freshness.survey_is_taken(db, tree_id, rules=RULES)
    return changed
