"""What `sleeper ask` does. No typer in here: the short way to it is taken without."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.cli.looking import Asked, up_to_date

if TYPE_CHECKING:
    from repo_sleeper.cli.ask_view import Screen
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.domain.recall import Context
    from repo_sleeper.errors import ModelError
    from repo_sleeper.llm.client import WorkerModel
    from repo_sleeper.recall.answer import Answer
    from repo_sleeper.store.answers import Answered

_LONGEST = 64 * 1024
_HOW = 'sleeper ask "how are totals rounded?", or `sleeper ask -` reads it from standard input'


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
    _tell_untrusted(wish, workspace)
    name = _model(wish, workspace)
    with up_to_date(workspace) as asked:
        from repo_sleeper.cli import ask_view  # the look has it at hand, if there was time

        found = _context(asked, workspace, query, wish, sent=bool(name))
        _warn(asked.warning)
        _tell_slips(asked, found)
        _tell_unread(asked, found)
        fact = None if wish.context or wish.fresh else _fact(asked, workspace, query)
        question = _remember(workspace, found, answered="" if fact is None else "index")
        if fact is not None:
            ask_view.print_fact(found, fact, as_json=wish.as_json, model=bool(name))
            return 0
        if name and found.files:
            _keep_answer(workspace, question, _answer(found, asked, workspace, name, wish))
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
    if wish.context or wish.no_model or workspace.untrusted:
        return ""
    settings = workspace.settings.model
    return wish.model or (settings.ask_name or settings.name if settings.name else "")


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
        raise UsageError("there is no question", hint=_HOW)
    return query


# --- the context ------------------------------------------------------------------------------


def _context(asked: Asked, workspace: Workspace, query: str, wish: Wish, *, sent: bool) -> Context:
    from repo_sleeper.recall.context import Scope, context
    from repo_sleeper.store.tree import Tree

    settings = workspace.settings.ask
    tree = Tree(asked.db, asked.tree_id, workspace.repo.root, asked.commit)
    scope = Scope(wish.files or settings.files, sent=sent)
    return context(tree, query, budget=wish.tokens or settings.tokens, scope=scope)


def _remember(workspace: Workspace, found: Context, *, answered: str) -> int:
    """Keep the question where that is wished and possible; its number, or 0."""
    import time

    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import StoreError
    from repo_sleeper.redact import redact
    from repo_sleeper.store import questions

    if not workspace.settings.ask.remember or not (found.files or answered):
        return 0
    try:
        with closing(write_store(workspace)) as db:
            return questions.remember(
                db,
                redact(found.query)[0],
                now=time.time(),
                paths=[hit.path for hit in found.files],
                notes=[note.id for note in found.notes],
                answered=answered,
            )
    except (StoreError, OSError):
        return 0  # a place where nothing can be written can still be asked


def _keep_answer(workspace: Workspace, question: int, said: Answer) -> None:
    """Keep whether it took a call: what notes and kept answers spare is counted from that."""
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import StoreError
    from repo_sleeper.store import questions

    if not question:
        return
    by = "model" if said.asked_at is None else "kept"
    try:
        with closing(write_store(workspace)) as db:
            questions.answered(db, question, by=by, call=said.call)
    except (StoreError, OSError):
        return  # the answer is on the screen


def _tell_untrusted(wish: Wish, workspace: Workspace) -> None:
    """Why the model that would have answered is not asked."""
    if not workspace.untrusted or wish.context or wish.no_model:
        return
    from repo_sleeper import config, trust

    if wish.model or config.load(None, env=workspace.env).model.name:
        _warn(f"no model is asked: {workspace.untrusted}; {trust.advice(workspace.repo)}")


def _warn(warning: str) -> None:
    if warning:
        from repo_sleeper.cli import output

        output.say(f"sleeper: {warning}")


def _tell_slips(asked: Asked, found: Context) -> None:
    from repo_sleeper.recall.slips import slips

    none = not found.files
    for slip in slips(asked.db, asked.tree_id, found.query, nothing_found=none):
        _warn(f"nothing here is called {slip.written}; did you mean {' or '.join(slip.close)}?")


def _tell_unread(asked: Asked, found: Context) -> None:
    """The files it names that are not indexed; where nothing was found the text says so."""
    if not found.files or {"/", "."}.isdisjoint(found.query):
        return
    from repo_sleeper.recall import unread
    from repo_sleeper.redact import clean

    for sentence in unread.named(asked.db, asked.tree_id, found.query):
        _warn(f"{clean(sentence)} `sleeper status --skipped` has all")


# --- from the index alone ----------------------------------------------------------------------


def _fact(asked: Asked, workspace: Workspace, query: str) -> Answered | None:
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


def _answer(found: Context, asked: Asked, workspace: Workspace, name: str, wish: Wish) -> Answer:
    """The answer; when there is none, the context it would have come from, and then the error."""
    from repo_sleeper.cli import ask_view
    from repo_sleeper.errors import BudgetError, ModelError, ModelStoppedError, StoreError

    as_json = wish.as_json
    own = not wish.model  # what another model refuses says nothing about ours
    screen = ask_view.Screen() if ask_view.is_watched() and not as_json else None
    try:
        said = _answered(found, asked, workspace, name, screen, fresh=wish.fresh)
    except (BudgetError, ModelError, StoreError) as error:  # what cannot be noted is not sent
        called = isinstance(error, ModelError) and error.sent
        if own and isinstance(error, ModelError):
            _pause(workspace, error)
        if screen is not None and screen.used:
            screen.break_off()
        elif not isinstance(error, ModelStoppedError):  # who types Ctrl-C wants no more text
            ask_view.print_context(found, as_json=as_json, error=str(error), called=called)
        raise
    if own and said.call is not None:
        _pause(workspace, None)
    ask_view.print_answer(found, said, as_json=as_json, screen=screen)
    return said


def _pause(workspace: Workspace, error: ModelError | None) -> None:
    """Stop all calls for a key or a purse that is refused, until an answer shows it is mended."""
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import StoreError
    from repo_sleeper.store import pause

    if error is not None and error.kind not in pause.OF_THE_ACCOUNT:
        return
    try:
        with closing(write_store(workspace)) as db:
            pause.asked(db, error, now=_now())
    except (StoreError, OSError):
        return  # it is told anyway, and tried again


def _now() -> float:
    import time

    return time.time()


def _answered(  # noqa: PLR0913 -- a question, who is asked, and how
    found: Context,
    asked: Asked,
    workspace: Workspace,
    name: str,
    screen: Screen | None,
    *,
    fresh: bool,
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
    most = settings.model.max_output_tokens
    with closing(model):
        said = None if fresh else _kept(found, asked, model, max_tokens=most)
        if said is not None:
            return said
        with closing(write_store(workspace)) as db:
            return answer.answer(
                found,
                model=model,
                db=db,
                tree_id=asked.tree_id,
                clock=time.time,
                refusal=rounds.caps_refusal(settings),
                host=model.host,
                max_tokens=most,
                show=screen.show if screen else None,
            )


def _kept(found: Context, asked: Asked, model: WorkerModel, *, max_tokens: int) -> Answer | None:
    """What the model said to the very same prompt before; nothing is sent for it."""
    from repo_sleeper.recall import answer

    return answer.kept(
        found,
        db=asked.db,
        tree_id=asked.tree_id,
        model=model.name,
        host=model.host,
        max_tokens=max_tokens,
    )
