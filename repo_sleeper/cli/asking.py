"""What `sleeper ask` does. No typer in here: the short way to it is taken without."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.cli.looking import Asked, count, up_to_date

if TYPE_CHECKING:
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.domain.answers import Answered
    from repo_sleeper.domain.recall import Context
    from repo_sleeper.recall.answer import Answer

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
    name = _model(wish, workspace)
    with up_to_date(workspace) as asked:
        _tell_untrusted(wish, workspace)  # only where there is a store: else `init` comes first
        from repo_sleeper.cli import ask_view  # the look has it at hand, if there was time

        if _is_to_be_counted(asked, query):
            count(workspace)
        found = _context(asked, workspace, query, wish, sent=bool(name))
        fact = None if wish.context or wish.fresh else found.fact or _fact(asked, workspace, query)
        _warn(asked.warning)
        if fact is None:  # whose name is one that is here
            _tell_slips(asked, found)
        _tell_unread(asked, found)
        question = _remember(workspace, found, answered="" if fact is None else "index")
        if fact is not None:
            ask_view.print_fact(found, fact, as_json=wish.as_json, model=bool(name))
            return 0
        if name and found.files:
            from repo_sleeper.cli.answering import answer

            _keep_answer(workspace, question, answer(found, asked, workspace, name, wish))
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
        if slip.written not in found.text:  # else it is here, by a macro perhaps
            _warn(f"nothing here is called {slip.written}; did you mean {' or '.join(slip.close)}?")


def _tell_unread(asked: Asked, found: Context) -> None:
    """The files it names that are not indexed; where nothing was found the text says so."""
    if not found.files or {"/", "."}.isdisjoint(found.query):
        return
    from repo_sleeper.recall import unread
    from repo_sleeper.redact import clean

    for sentence in unread.named(asked.db, asked.tree_id, found.query):
        _warn(f"{clean(sentence)} `sleeper status --skipped` has all")


def _is_to_be_counted(asked: Asked, query: str) -> bool:
    """Whether it is about imports and files changed since somebody saw which files they mean."""
    from repo_sleeper.store import freshness

    if not freshness.is_behind(asked.db, asked.tree_id):
        return False
    from repo_sleeper.store import answers  # 2 ms

    return answers.rests_on_links(asked.db, asked.tree_id, query)


# --- from the index alone ----------------------------------------------------------------------


def _fact(asked: Asked, workspace: Workspace, query: str) -> Answered | None:
    """The answer also where the question is put as a commit would be: `test total`."""
    from repo_sleeper.recall.sources import Sources
    from repo_sleeper.store import answers
    from repo_sleeper.store.tree import Tree

    tree = Tree(asked.db, asked.tree_id, workspace.repo.root, asked.commit)
    return answers.answer(tree.db, tree.id, query, read=Sources(tree, sent=False).raw)
