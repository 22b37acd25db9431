"""`sleeper ask`: the right code and notes for a question, and the model's answer from them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.domain import Context, Note
    from repo_sleeper.recall.answer import Answer
    from repo_sleeper.store.database import Database

_LONGEST = 64 * 1024
_DAEMON_LIMIT_S = 5.0
_LOCK_LIMIT_S = 2.0


class _Asked(NamedTuple):
    """A store to ask, the work tree in it, and what the person should know about both."""

    db: Database
    tree_id: int
    commit: str
    warning: str


def ask(  # noqa: PLR0913 -- the options, each by name
    question: Annotated[
        list[str], typer.Argument(metavar="QUESTION", help="What you want to know; - reads it.")
    ],
    *,
    context: Annotated[
        bool, typer.Option("--context", help="Print the context only; calls no model.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    files: Annotated[
        int | None, typer.Option("--files", min=1, max=1000, help="How many files to rank.")
    ] = None,
    tokens: Annotated[
        int | None, typer.Option("--tokens", min=1, max=200_000, help="Budget of the context.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Ask this model.")
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Ask no model.")] = False,
) -> None:
    """Answer a question from the index, the history and the notes."""
    from repo_sleeper.cli import place

    query = _query(" ".join(question))
    workspace = place.here()
    settings = workspace.settings
    name = "" if context or no_model else model or settings.model.ask_name or settings.model.name
    with _asking(workspace) as asked:
        found = _context(asked, workspace, query, files=files, tokens=tokens)
        _warn(asked.warning)
        if name and found.files:
            _print_answer(found, asked, workspace, name, as_json=as_json)
        else:
            _print_context(found, as_json=as_json)
    sys.stdout.flush()
    if not found.files:
        raise typer.Exit(3)


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
    from repo_sleeper.daemon.workspace import read_store, require_store

    require_store(workspace)
    if _daemon_reconciled(workspace):
        with closing(read_store(workspace)) as db:
            yield _asked(db, workspace, "")
        return
    warning = _reconciled_here(workspace)
    with closing(read_store(workspace)) as db:
        since = _since(db)
        yield _asked(db, workspace, f"{warning}{since}")


def _daemon_reconciled(workspace: Workspace) -> bool:
    socket_file = workspace.socket_file
    if not socket_file.exists():
        return False
    from repo_sleeper.daemon import verbs  # sockets cost a few ms, and there may be no daemon

    root = workspace.repo.root
    return verbs.reconcile(socket_file, root, limit=_DAEMON_LIMIT_S) is not None


def _reconciled_here(workspace: Workspace) -> str:
    """Reconcile without a daemon; what the person should know, in words."""
    from repo_sleeper.errors import GitError, StoreError

    try:
        if _took_a_turn(workspace):
            return "no daemon is running"
    except (GitError, StoreError) as error:
        return f"the index could not be brought up to date ({error})"
    return "the daemon is busy or does not answer"


def _took_a_turn(workspace: Workspace) -> bool:
    import time

    from repo_sleeper.daemon import rounds
    from repo_sleeper.daemon.workspace import write_store

    with rounds.with_lock(workspace, wait=_LOCK_LIMIT_S) as ours:
        if ours:
            with closing(write_store(workspace)) as db:
                rounds.reconcile_round(
                    db, workspace.repo, workspace.settings, now=time.time(), derive=False
                )
        return ours


def _since(db: Database) -> str:
    from repo_sleeper.store import search

    newest = search.newest_note(db)
    if not newest:
        return "; there are no notes yet"
    import time

    return f"; notes may lag since {time.strftime('%Y-%m-%d %H:%M', time.localtime(newest))}"


def _asked(db: Database, workspace: Workspace, warning: str) -> _Asked:
    from repo_sleeper.store import code

    for tree in code.trees(db):
        if tree.root == workspace.repo.root:
            return _Asked(db, tree.id, tree.head, warning)
    return _Asked(db, 0, "", warning)


# --- the context ------------------------------------------------------------------------------


def _context(
    asked: _Asked, workspace: Workspace, query: str, *, files: int | None, tokens: int | None
) -> Context:
    from repo_sleeper.recall import answer

    settings = workspace.settings.ask
    found = answer.context(
        asked.db,
        tree_id=asked.tree_id,
        root=workspace.repo.root,
        query=query,
        budget=tokens or settings.tokens,
        files=files or settings.files,
        commit=asked.commit,
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


# --- printing ---------------------------------------------------------------------------------


def _print_context(found: Context, *, as_json: bool) -> None:
    if as_json:
        _print_json(as_object(found))
        return
    sys.stdout.write(found.text)


def as_object(found: Context) -> dict[str, Any]:
    """A context as other programs read it. Lines are 1-based, ends included."""
    return {
        "query": found.query,
        "root": found.root,
        "commit": found.commit,
        "budget": found.budget,
        "tokens": found.tokens,
        "model_called": False,
        "files": [
            {"path": hit.path, "score": hit.score, "why": list(hit.why)} for hit in found.files
        ],
        "symbols": [
            {
                "path": hit.path,
                "name": hit.name,
                "kind": hit.kind.value,
                "start_line": hit.range.start + 1,
                "end_line": hit.range.end,
                "score": hit.score,
            }
            for hit in found.symbols
        ],
        "notes": [_note_object(note) for note in found.notes],
        "text": found.text,
    }


def _note_object(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "kind": note.kind.value,
        "title": note.title,
        "body": note.body,
        "origin": note.origin.value,
        "confidence": note.confidence,
        "fresh": note.fresh,
        "commit": note.commit,
        "evidence": [
            {
                "path": one.path,
                "start_line": one.range.start + 1,
                "end_line": one.range.end,
                "quote": one.quote,
            }
            for one in note.evidence
        ],
    }


def _print_json(value: dict[str, Any]) -> None:
    import json

    sys.stdout.write(json.dumps(value, indent=2) + "\n")


# --- the model --------------------------------------------------------------------------------


def _print_answer(
    found: Context, asked: _Asked, workspace: Workspace, name: str, *, as_json: bool
) -> None:
    """The answer; when there is none, the context it would have come from, and then the error."""
    from repo_sleeper.errors import BudgetError, ModelError

    try:
        said = _answered(found, asked, workspace, name)
    except (BudgetError, ModelError) as error:
        if as_json:
            called = isinstance(error, ModelError) and error.sent
            _print_json({**as_object(found), "model_called": called, "error": str(error)})
        else:
            sys.stdout.write(found.text)
        sys.stdout.flush()
        raise
    if as_json:
        _print_json({**as_object(found), "model_called": True, "answer": _answer_object(said)})
        return
    from repo_sleeper.cli import output

    output.out(said.text)
    if said.cut:
        output.say("sleeper: the answer was cut at the model's limit; max_output_tokens raises it")
    if said.struck:
        output.say(f"sleeper: struck what does not exist: {', '.join(said.struck)}")


def _answered(found: Context, asked: _Asked, workspace: Workspace, name: str) -> Answer:
    import time
    from dataclasses import replace
    from urllib.parse import urlsplit

    from repo_sleeper import config
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.llm.client import WorkerModel
    from repo_sleeper.recall import answer
    from repo_sleeper.sleep import budget

    settings = workspace.settings
    chosen = replace(settings.model, ask_name=name)
    caps = budget.Caps(**{part: getattr(settings.budget, part) for part in budget.Caps.__slots__})
    asking = WorkerModel(chosen, key=config.api_key(settings, os.environ), ask=True)
    with closing(asking) as model, closing(write_store(workspace)) as db:
        return answer.answer(
            found,
            model=model,
            db=db,
            tree_id=asked.tree_id,
            clock=time.time,
            refusal=lambda spent, usd, tokens: budget.refusal(caps, spent, usd, tokens),
            host=urlsplit(settings.model.api_base).hostname or "",
            max_tokens=settings.model.max_output_tokens,
        )


def _answer_object(said: Answer) -> dict[str, Any]:
    return {
        "text": said.text,
        "citations": list(said.citations),
        "struck": list(said.struck),
        "cut": said.cut,
        "model": said.model,
        "usd": said.usd,
        "tokens_sent": said.usage.sent if said.usage else None,
        "tokens_received": said.usage.received if said.usage else None,
    }
