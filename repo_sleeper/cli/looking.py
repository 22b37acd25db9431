"""A store to ask: brought up to date by the daemon where there is one, else by ourselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.cli import ahead

if TYPE_CHECKING:
    from repo_sleeper.daemon.reconciling import Round
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.index.pool import ParserPool
    from repo_sleeper.store.database import Database

_DAEMON_LIMIT_S = 5.0
_LOCK_LIMIT_S = 2.0
_UNKNOWN = "git cannot say which files are ignored"


class Asked(NamedTuple):
    """A store to ask, the work tree in it, and what the person should know about both.

    `doubt` is why nothing may be sent, where it is not known what git ignores now.
    """

    db: Database
    tree_id: int
    commit: str
    warning: str
    doubt: str


class _Look(NamedTuple):
    """How the last look at the disk went; `complete` where only notes may lag behind it."""

    warning: str = ""
    doubt: str = ""
    complete: bool = False


@contextmanager
def up_to_date(workspace: Workspace, *, derive: bool = False) -> Iterator[Asked]:
    """The store as the disk is now: by the daemon where there is one, else by ourselves.

    `derive` has the survey taken too: a question does not wait for it, a list of notes does.
    """
    from repo_sleeper.daemon.workspace import read_store

    # Opened first and closed last: then closing what we write with does not fold the WAL back
    # into the file each time, which a question would wait for.
    with closing(read_store(workspace)) as db:
        look = _look(workspace, derive=derive)
        tree_id, commit = _tree(db, workspace)
        is_worth_it = look.warning and not (look.complete and _is_counted(db, tree_id))
        warning = f"{look.warning}{_since(db)}" if is_worth_it else ""
        yield Asked(db, tree_id, commit, warning, look.doubt)


def count(workspace: Workspace) -> None:
    """Have the survey taken of what was looked at, for a question that cannot do without."""
    _look(workspace, derive=True)


def _look(workspace: Workspace, *, derive: bool) -> _Look:
    look, refusal = _look_of_daemon(workspace, derive=derive)
    return look or _look_of_ours(workspace, derive=derive, refusal=refusal)


def _look_of_daemon(workspace: Workspace, *, derive: bool) -> tuple[_Look | None, str]:
    """How its look went, None without one; and what it said when it could not look."""
    socket_file = workspace.socket_file
    if not socket_file.exists():
        return None, ""
    from repo_sleeper.daemon import verbs  # sockets cost a few ms, and there may be no daemon

    if not derive:
        _get_ready()
    root = workspace.repo.root
    try:
        said = verbs.reconcile(socket_file, root, limit=_DAEMON_LIMIT_S, derive=derive)
    except verbs.RefusedError as error:
        return None, str(error)
    if said is None:
        return None, ""
    doubt = "" if said.get("complete", True) else _UNKNOWN
    return _Look(doubt, doubt), ""  # what is ignored may be among what was found: that is told


def _look_of_ours(workspace: Workspace, *, derive: bool, refusal: str) -> _Look:
    """Reconcile without a daemon, or say in words why that was not possible.

    A daemon that refused may be of a store that is gone; one that holds ours had its reasons.
    """
    try:
        done = _round(workspace, derive=derive)
    except Exception as error:
        why, stale = _why_stale(workspace, error), "the index could not be brought up to date"
        if not why:
            raise
        return _Look(f"{stale} ({why})", stale)
    if done is None and refusal:
        return _Look(refusal, refusal)
    if done is None:
        return _Look("the daemon is busy or does not answer")
    if derive and done.complete:
        return _Look()  # nothing lags
    doubt = f", git cannot say which files are ignored ({done.doubt})" if done.doubt else ""
    unknown = "" if done.complete else _UNKNOWN
    return _Look(f"no daemon is running{doubt}", unknown, complete=done.complete)


def _why_stale(workspace: Workspace, error: Exception) -> str:
    """What kept us from looking and not from showing what is known; "" for a mistake of ours."""
    from repo_sleeper.daemon.disk import full_disk
    from repo_sleeper.errors import DiskFullError, GitError, StoreError

    known = full_disk(error, workspace.state_dir) or error
    return str(known) if isinstance(known, DiskFullError | GitError | StoreError) else ""


def _is_counted(db: Database, tree_id: int) -> bool:
    """Whether nothing has changed since notes were counted: then none of them lags."""
    from repo_sleeper.store import freshness
    from repo_sleeper.survey.rules import RULES

    return not freshness.survey_is_due(db, tree_id, rules=RULES)


def _round(workspace: Workspace, *, derive: bool) -> Round | None:
    import time

    from repo_sleeper.daemon import reconciling  # not `rounds`: that brings all of thinking
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.index.hands import Hands

    with _parsers() as pool, reconciling.with_lock(workspace, wait=_LOCK_LIMIT_S) as ours:
        if not ours:
            return None
        with closing(write_store(workspace)) as db:
            return reconciling.reconcile_round(
                db,
                workspace.repo,
                workspace.settings,
                now=time.time(),
                hands=Hands(pool, meanwhile=None if derive else _get_ready),
                derive=derive,
            )


@contextmanager
def _parsers() -> Iterator[ParserPool | None]:
    """The parser that was started ahead, if one was."""
    pool = ahead.parsers()
    try:
        yield pool
    finally:
        if pool is not None:
            pool.close()


def _get_ready() -> None:
    """Import what every question comes to, while the daemon or a parser is at work."""
    from repo_sleeper.cli import ask_view as _view  # noqa: F401
    from repo_sleeper.recall import context as _context  # noqa: F401


def _since(db: Database) -> str:
    from repo_sleeper.store import search

    newest = search.newest_note(db)
    if not newest:
        return "; there are no notes yet"
    import time

    return f"; notes may lag since {time.strftime('%Y-%m-%d %H:%M', time.localtime(newest))}"


def _tree(db: Database, workspace: Workspace) -> tuple[int, str]:
    from repo_sleeper.store import code

    known = (tree for tree in code.trees(db) if tree.root == workspace.repo.root)
    return next(((tree.id, tree.head) for tree in known), (0, ""))
