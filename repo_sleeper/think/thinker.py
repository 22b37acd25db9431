"""One thought: reserve, ask, keep the reply, and only then read it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from repo_sleeper.domain.model import Price, Prompt, Reply
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.domain.thoughts import Subject, ThoughtState
from repo_sleeper.errors import ModelError, ModelReplyError, SleeperError
from repo_sleeper.llm.model import Model
from repo_sleeper.redact import clean, redact
from repo_sleeper.store import (
    bugs,
    code,
    folders,
    ledger,
    notes,
    pause,
    subjects,
    thoughts,
    versions,
)
from repo_sleeper.store.database import Database
from repo_sleeper.store.thoughts import Job, Thought
from repo_sleeper.think import context, kept, known, prompts, replies
from repo_sleeper.think.context import Limits, Material, OutOfDateError, UnsendableError
from repo_sleeper.think.grounding import Asked
from repo_sleeper.think.replies import storable
from repo_sleeper.think.rethinking import Rethought, doubted, rethink


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a thought ended. `state` is None when nothing was sent and nothing is decided.

    `stop` says that the next call would fail too: a pause is set.
    """

    state: ThoughtState | None
    thought_id: int | None = None
    notes: tuple[Note, ...] = ()
    dropped: tuple[str, ...] = ()
    usd: float = 0.0
    error: SleeperError | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """A reservation and the thought it is for."""

    id: int
    thought_id: int
    started: float
    price: Price


def prepare(  # noqa: PLR0913 -- a place, a subject and a limit, each by name
    db: Database,
    *,
    tree_id: int,
    root: Path,
    subject: Subject,
    kind: NoteKind,
    input_tokens: int,
    max_output_tokens: int,
    complete: bool = True,
    step: str = "",
) -> Prompt:
    """Exactly what a thought would send; nothing is written or sent.

    `complete` is that of the scan: while git cannot say what is ignored, nothing may be sent.
    """
    limits = Limits(input_tokens, max_output_tokens)
    _refuse_incomplete(complete=complete)
    return context.build(
        db, tree_id=tree_id, root=root, subject=subject, kind=kind, limits=limits, step=step
    ).prompt


def think_about(  # noqa: PLR0913 -- a place, a subject, a model and a limit, each by name
    db: Database,
    *,
    tree_id: int,
    root: Path,
    subject: Subject,
    kind: NoteKind,
    model: Model,
    refusal: ledger.Refusal,
    clock: Callable[[], float],
    commit: str,
    input_tokens: int,
    max_output_tokens: int,
    host: str = "",
    complete: bool = True,
    step: str = "",
    shared: bool = False,
) -> Outcome:
    """Think about one subject and store what comes of it; `step` is which look at it this is.

    `shared` says that other thoughts about it follow, whose prompts begin alike.

    Whatever the model does, the outcome says so and the ledger has it. Raised are only
    BudgetError and ConfigError, before anything is sent.
    """
    _refuse_incomplete(complete=complete)
    job = Job(subject=subject, kind=kind, version=prompts.version(kind) + step)
    limits = Limits(input_tokens, max_output_tokens, shared)
    try:
        material = _material(db, job, tree_id=tree_id, root=root, limits=limits)
        price = model.price()
    except UnsendableError as error:
        thought_id = thoughts.set_aside(db, job, tree_id=tree_id, why=str(error), now=clock())
        return Outcome(ThoughtState.FAILED, thought_id, error=error)
    except OutOfDateError as error:
        return Outcome(None, error=error)
    except ModelError as error:
        return Outcome(None, error=error, stop=pause.failed(db, error, now=clock()) is not None)
    now = clock()
    with db.transaction():
        if done := thoughts.refusal(db, job):  # again, now that nobody else can write
            return Outcome(None, error=OutOfDateError(done))
        call_id = ledger.reserve(
            db,
            purpose="think",
            model=model.name,
            host=host,
            prompt=material.prompt,
            price=price,
            now=now,
            refusal=refusal,
            subject=subject.label,
        )
        thought_id = thoughts.start(
            db,
            job,
            call_id=call_id,
            tree_id=tree_id,
            content_hash=material.contents.get(subject.path, ""),
            commit=commit,
            request=kept.request(material),
            now=now,
        )
    call = _Call(call_id, thought_id, now, price)
    return _asked(db, call, material.prompt, model=model, clock=clock)


def recover(db: Database, *, clock: Callable[[], float]) -> list[Outcome]:
    """After a crash: count what was under way, and read the replies that are already paid for.

    To be called by the one writer before any new call.
    """
    with db.transaction():
        ledger.recover(db)
        thoughts.lose(db)
        bugs.lose(db)
    return [_applied(db, thought, now=clock()) for thought in thoughts.received(db)]


def _refuse_incomplete(*, complete: bool) -> None:
    if not complete:
        raise SleeperError(
            "git cannot say which files are ignored, so nothing is sent",
            hint="`sleeper doctor` says more",
        )


# --- asking -----------------------------------------------------------------------------------


def _material(db: Database, job: Job, *, tree_id: int, root: Path, limits: Limits) -> Material:
    done = thoughts.refusal(db, job)
    if done:
        raise OutOfDateError(done)
    return context.build(
        db,
        tree_id=tree_id,
        root=root,
        subject=job.subject,
        kind=job.kind,
        limits=limits,
        step=job.version,
    )


def _asked(
    db: Database, call: _Call, prompt: Prompt, *, model: Model, clock: Callable[[], float]
) -> Outcome:
    try:
        reply = model.complete(prompt)
    except ModelError as error:
        return _failed(db, call, error, now=clock())
    seconds = max(clock() - call.started, 0.0)
    thought = thoughts.receive(
        db,
        call.thought_id,
        reply=storable(clean(redact(reply.text)[0])),
        receipt=kept.receipt(reply, call.price, seconds=seconds),
    )
    return _applied(db, thought, now=clock())


def _failed(db: Database, call: _Call, error: ModelError, *, now: float) -> Outcome:
    seconds = max(now - call.started, 0.0)
    with db.transaction():
        ledger.fail(db, call.id, error, charge=error.sent, seconds=seconds)
        thoughts.fail(db, call.thought_id, error)
        pause.failed(db, error, now=now)
    stop = pause.waiting(db, now) is not None
    return Outcome(ThoughtState.FAILED, call.thought_id, error=error, stop=stop)


# --- reading ----------------------------------------------------------------------------------


def _applied(db: Database, thought: Thought, *, now: float) -> Outcome:
    """Turn a stored reply into notes, evidence and a settled call, all or nothing."""
    reply, price = kept.paid(thought)
    try:
        rethought = _read(db, thought, reply, now)
    except ModelReplyError as error:
        return _useless(db, thought, error, now=now)
    with db.transaction():
        usd = ledger.settle(db, thought.call_id, reply, price, reply.seconds)
        versions.save_thought_notes(db, thought.id, rethought.notes)
        for id_, why in rethought.retired:
            versions.retire(db, id_, why)
        drafts = rethought.changes + len(rethought.dropped)
        thoughts.apply(db, thought.id, drafts=drafts, grounded=rethought.changes)
        pause.succeeded(db)
    left = (*rethought.doubted, *rethought.dropped)
    return Outcome(ThoughtState.APPLIED, thought.id, rethought.notes, left, usd)


def _read(db: Database, thought: Thought, reply: Reply, now: float) -> Rethought:
    if reply.finish == "length":
        raise ModelReplyError(
            "the reply was cut at its length limit", hint="raise model.max_output_tokens"
        )
    operations = replies.operations(thought.reply)
    found = kept.sources_of(db, thought)
    asked = Asked(
        kind=thought.job.kind,
        commit=thought.commit,
        now=now,
        names_exist=lambda names: _names_exist(db, thought, names),
        put_aside=[n for n, _ in notes.dismissed(db, thought.tree_id, thought.job.kind)],
        existing=notes.notes_on(db, kept.hashes(found.values())),
        folder=thought.job.subject.path if folders.is_folder(thought.job.subject.path) else "",
        shown=_shown(db, thought),
        merge=() if prompts.is_pass(thought.job.version) else _so_far(db, thought),
    )
    return rethink(operations, found, replace(asked, doubted=_doubted(db, thought, asked)))


def _shown(db: Database, thought: Thought) -> dict[str, Note]:
    """The notes that this thought was shown and that are still as they were."""
    ids = kept.notes_shown(thought)
    return {note.id: note for note in _so_far(db, thought) if note.id in ids}


def _doubted(db: Database, thought: Thought, asked: Asked) -> set[str]:
    """The notes shown, as they are worded now, that earlier looks at this content spoke against."""
    found: set[str] = set()
    for before in thoughts.looks_before(db, thought) if asked.shown else ():
        shown = {id_: note for id_, note in asked.shown.items() if note.created_at <= before.at}
        with suppress(ModelReplyError):  # an older version may have read what this one does not
            said = replies.operations(before.reply)
            found |= doubted(said, kept.sources_of(db, before), replace(asked, shown=shown))
    return found


def _so_far(db: Database, thought: Thought) -> list[Note]:
    return known.on(db, thought.tree_id, thought.job.subject, thought.job.kind)


def _useless(db: Database, thought: Thought, error: ModelReplyError, *, now: float) -> Outcome:
    reply, price = kept.paid(thought)
    with db.transaction():
        usd = ledger.settle(db, thought.call_id, reply, price, reply.seconds)
        ledger.complain(db, thought.call_id, error)
        thoughts.fail(db, thought.id, error)
        pause.failed(db, error, now=now)
    stop = pause.waiting(db, now) is not None
    return Outcome(ThoughtState.FAILED, thought.id, usd=usd, error=error, stop=stop)


def _names_exist(db: Database, thought: Thought, names: Collection[str]) -> set[str]:
    """The repository has them, or its own commands do, which the thought was shown."""
    tree_id = thought.tree_id
    told = kept.command_words(thought).intersection(names)
    return told | code.names_exist(db, tree_id, names) | subjects.known_paths(db, tree_id, names)
