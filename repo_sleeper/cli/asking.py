"""What `sleeper ask` does. No typer in here: the short way to it is taken without."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.cli import ahead

if TYPE_CHECKING:
    from repo_sleeper.cli.ask_view import Screen
    from repo_sleeper.daemon.reconciling import Round
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.domain.recall import Context
    from repo_sleeper.index.pool import ParserPool
    from repo_sleeper.recall.answer import Answer
    from repo_sleeper.store.answers import Answered
    from repo_sleeper.store.database import Database

_LONGEST = 64 * 1024
_DAEMON_LIMIT_S = 5.0
_LOCK_LIMIT_S = 2.0
_UNKNOWN = "git cannot say which files are ignored"


class _Asked(NamedTuple):
    """A store to ask, the work tree in it, and what the person should know about both.

    `doubt` is why nothing may be sent, where it is not known what git ignores now.
    """

    db: Database
    tree_id: int
    commit: str
    warning: str
    doubt: str


class _Look(NamedTuple):
    """How the last look at the disk went."""

    warning: str = ""
    doubt: str = ""


class Wish(NamedTuple):
    """What was typed: the question, and the options by their names."""

    question: str
    context: bool = False
    as_json: bool = False
    files: int | None = None
    tokens: int | None = None
    model: str | None = None
    no_model: bool = False
    fresh: bool = False


def fulfil(wish: Wish) -> int:
    """Print what was asked for; the exit code is 3 when nothing relevant was found."""
    from repo_sleeper.cli import place

    query = _query(wish.question)
    workspace = place.here()
    name = _model(wish, workspace)
    with _asking(workspace) as asked:
        from repo_sleeper.cli import ask_view  # `_get_ready` has it at hand, if there was time

        found = _context(asked, workspace, query, wish, sent=bool(name))
        _warn(asked.warning)
        _tell_slips(asked, found)
        fact = None if wish.context or wish.fresh else _fact(asked, workspace, query)
        if fact is not None:
            ask_view.print_fact(found, fact, as_json=wish.as_json, model=bool(name))
            return 0
        if name and found.files:
            _answer(found, asked, workspace, name, as_json=wish.as_json)
        else:
            ask_view.print_context(found, as_json=wish.as_json)
            if not found.text:
                return _too_small(found)
    return 0 if found.files else 3


def _too_small(found: Context) -> int:
    """Nothing at all was printed, because nothing is as short as that: say so."""
    from repo_sleeper.cli import output

    fits = "the first file" if found.files else "that nothing was found"
    size = output.count(found.budget, "token")
    output.say(f"sleeper: not even {fits} fits into {size}; try --tokens 100 or more")
    return 2 if found.files else 3


def _model(wish: Wish, workspace: Workspace) -> str:
    """The model to ask, or "" for the context alone."""
    if wish.context or wish.no_model:
        return ""
    settings = workspace.settings.model
    return wish.model or settings.ask_name or settings.name


# --- the question -----------------------------------------------------------------------------


def _query(written: str) -> str:
    from repo_sleeper.errors import UsageError
    from repo_sleeper.redact import clean

    if written == "-":
        raw = sys.stdin.buffer.read(_LONGEST + 1)
    else:
        raw = written.encode("utf-8", "surrogateescape")
    if len(raw) > _LONGEST:
        raise UsageError("the question is longer than 64 KB", hint="ask about its essence")
    query = clean(raw.decode("utf-8", "replace")).strip().strip("\ufffd").strip()
    if not query:
        raise UsageError("there is no question", hint='sleeper ask "how are totals rounded?"')
    return query


# --- the store, reconciled --------------------------------------------------------------------


@contextmanager
def _asking(workspace: Workspace) -> Iterator[_Asked]:
    """The store as the disk is now: by the daemon where there is one, else by ourselves."""
    from repo_sleeper.daemon.workspace import read_store

    # Opened first and closed last: then closing what we write with does not fold the WAL back
    # into the file each time, which a question would wait for.
    with closing(read_store(workspace)) as db:
        look = _look_of_daemon(workspace) or _look_of_ours(workspace)
        warning = look.warning and f"{look.warning}{_since(db)}"
        tree_id, commit = _tree(db, workspace)
        yield _Asked(db, tree_id, commit, warning, look.doubt)


def _look_of_daemon(workspace: Workspace) -> _Look | None:
    socket_file = workspace.socket_file
    if not socket_file.exists():
        return None
    from repo_sleeper.daemon import verbs  # sockets cost a few ms, and there may be no daemon

    _get_ready()
    said = verbs.reconcile(socket_file, workspace.repo.root, limit=_DAEMON_LIMIT_S, derive=False)
    return None if said is None else _Look(doubt="" if said.get("complete", True) else _UNKNOWN)


def _look_of_ours(workspace: Workspace) -> _Look:
    """Reconcile without a daemon, or say in words why that was not possible."""
    from repo_sleeper.errors import GitError, StoreError

    try:
        done = _round(workspace)
    except (GitError, StoreError) as error:
        stale = "the index could not be brought up to date"
        return _Look(f"{stale} ({error})", stale)
    if done is None:
        return _Look("the daemon is busy or does not answer")
    doubt = f", git cannot say which files are ignored ({done.doubt})" if done.doubt else ""
    return _Look(f"no daemon is running{doubt}", "" if done.complete else _UNKNOWN)


def _round(workspace: Workspace) -> Round | None:
    import time

    from repo_sleeper.daemon import reconciling  # not `rounds`: that brings all of thinking
    from repo_sleeper.daemon.workspace import write_store

    with _parsers() as pool, reconciling.with_lock(workspace, wait=_LOCK_LIMIT_S) as ours:
        if not ours:
            return None
        with closing(write_store(workspace)) as db:
            return reconciling.reconcile_round(
                db,
                workspace.repo,
                workspace.settings,
                now=time.time(),
                pool=pool,
                derive=False,
                meanwhile=_get_ready,
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


# --- the context ------------------------------------------------------------------------------


def _context(asked: _Asked, workspace: Workspace, query: str, wish: Wish, *, sent: bool) -> Context:
    from repo_sleeper.recall.context import context

    settings = workspace.settings.ask
    found = context(
        asked.db,
        tree_id=asked.tree_id,
        root=workspace.repo.root,
        query=query,
        budget=wish.tokens or settings.tokens,
        files=wish.files or settings.files,
        commit=asked.commit,
        sent=sent,
    )
    if settings.remember and found.files:
        _remember(workspace, found)
    return found


def _remember(workspace: Workspace, found: Context) -> None:
    import time

    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import StoreError
    from repo_sleeper.redact import redact
    from repo_sleeper.store import search

    try:
        with closing(write_store(workspace)) as db:
            search.remember_question(
                db,
                redact(found.query)[0],
                now=time.time(),
                paths=[hit.path for hit in found.files],
                notes=[note.id for note in found.notes],
            )
    except (StoreError, OSError):
        return  # a place where nothing can be written can still be asked


def _warn(warning: str) -> None:
    if warning:
        from repo_sleeper.cli import output

        output.say(f"sleeper: {warning}")


def _tell_slips(asked: _Asked, found: Context) -> None:
    from repo_sleeper.recall.slips import slips

    none = not found.files
    for slip in slips(asked.db, asked.tree_id, found.query, nothing_found=none):
        _warn(f"nothing here is called {slip.written}; did you mean {' or '.join(slip.close)}?")


# --- from the index alone ----------------------------------------------------------------------


def _fact(asked: _Asked, workspace: Workspace, query: str) -> Answered | None:
    """The answer when the question is one that the index alone can answer."""
    from repo_sleeper.store import answers, search
    from repo_sleeper.think import reading

    def read(path: str) -> Sequence[str]:
        from repo_sleeper.errors import SleeperError

        content = search.content_hash(asked.db, asked.tree_id, path) or ""
        try:
            return reading.lines_of(workspace.repo.root, path, content)[0]
        except SleeperError:
            return ()

    return answers.answer(asked.db, asked.tree_id, query, read=read)


# --- the model --------------------------------------------------------------------------------


def _answer(
    found: Context, asked: _Asked, workspace: Workspace, name: str, *, as_json: bool
) -> None:
    """The answer; when there is none, the context it would have come from, and then the error."""
    from repo_sleeper.cli import ask_view
    from repo_sleeper.errors import BudgetError, ModelError, StoreError

    screen = ask_view.Screen() if ask_view.is_watched() and not as_json else None
    try:
        said = _answered(found, asked, workspace, name, screen)
    except (BudgetError, ModelError, StoreError) as error:  # what cannot be noted is not sent
        called = isinstance(error, ModelError) and error.sent
        if screen is not None and screen.used:
            screen.break_off()
        else:
            ask_view.print_context(found, as_json=as_json, error=str(error), called=called)
        raise
    ask_view.print_answer(found, said, as_json=as_json, screen=screen)


def _answered(
    found: Context, asked: _Asked, workspace: Workspace, name: str, screen: Screen | None
) -> Answer:
    import time

    from repo_sleeper import config
    from repo_sleeper.daemon import rounds
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import ModelSetupError
    from repo_sleeper.llm.client import WorkerModel
    from repo_sleeper.recall import answer

    if asked.doubt:
        raise ModelSetupError(
            f"{asked.doubt}, so nothing is sent",
            hint="`sleeper doctor` says why",
            sent=False,
        )
    settings = workspace.settings
    choice = settings.model._replace(ask_name=name)
    key = config.api_key(settings, workspace.env)
    model = WorkerModel(choice, key=key, ask=True, env=workspace.env)
    with closing(model), closing(write_store(workspace)) as db:
        return answer.answer(
            found,
            model=model,
            db=db,
            tree_id=asked.tree_id,
            clock=time.time,
            refusal=rounds.caps_refusal(settings),
            host=model.host,
            max_tokens=settings.model.max_output_tokens,
            show=screen.show if screen else None,
        )
