"""One thought: reserve, ask, keep the reply, and only then read it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace

from repo_sleeper.domain.model import Price, Prompt, Reply
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.domain.thoughts import Subject, ThoughtState
from repo_sleeper.errors import ModelError, ModelReplyError, SleeperError
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
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import context, kept, known, prompts, replies
from repo_sleeper.think.asking import Asking
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


def job(subject: Subject, kind: NoteKind, step: str = "") -> Job:
    """A thought of this kind about it; `step` is which look at it this is."""
    return Job(subject=subject, kind=kind, version=prompts.version(kind) + step)


def prepare(tree: Tree, job: Job, limits: Limits) -> Prompt:
    """Exactly what a thought would send; nothing is written or sent."""
    return context.build(tree, job, limits).prompt


def think_about(tree: Tree, job: Job, asking: Asking, limits: Limits) -> Outcome:
    """Think about one subject and store what comes of it.

    Whatever the model does, the outcome says so and the ledger has it. Raised are only
    BudgetError and ConfigError, before anything is sent.
    """
    try:
        material = _material(tree, job, limits)
        call = _reserved(tree, job, material, asking)
    except (UnsendableError, OutOfDateError, ModelError) as error:
        return _unsent(tree, job, error, now=asking.clock())
    return _asked(tree.db, call, material.prompt, asking)


def recover(db: Database, *, clock: Callable[[], float]) -> list[Outcome]:
    """After a crash: count what was under way, and read the replies that are already paid for.

    To be called by the one writer before any new call.
    """
    with db.transaction():
        ledger.recover(db)
        thoughts.lose(db)
        bugs.lose(db)
    return [_applied(db, thought, now=clock()) for thought in thoughts.received(db)]


# --- asking -----------------------------------------------------------------------------------


def _material(tree: Tree, job: Job, limits: Limits) -> Material:
    _refuse_again(tree.db, job)
    return context.build(tree, job, limits)


def _refuse_again(db: Database, job: Job) -> None:
    if done := thoughts.refusal(db, job):
        raise OutOfDateError(done)


def _reserved(tree: Tree, job: Job, material: Material, asking: Asking) -> _Call:
    """The cost set aside and what is about to be sent, both or neither."""
    db, price, now = tree.db, asking.model.price(), asking.clock()
    terms = asking.terms("think", price)
    with db.transaction():
        _refuse_again(db, job)  # nobody else can write now
        call_id = ledger.reserve(db, material.prompt, terms, now=now, subject=job.subject)
        thought_id = thoughts.start(
            db,
            job,
            call_id=call_id,
            tree_id=tree.id,
            content_hash=material.contents.get(job.subject.path, ""),
            commit=tree.commit,
            request=kept.request(material),
            now=now,
        )
    return _Call(call_id, thought_id, now, price)


def _unsent(tree: Tree, job: Job, error: SleeperError, *, now: float) -> Outcome:
    """Why nothing was sent. Content that may never be sent is set aside for good."""
    if isinstance(error, UnsendableError):
        set_aside = thoughts.set_aside(tree.db, job, tree_id=tree.id, why=str(error), now=now)
        return Outcome(ThoughtState.FAILED, set_aside, error=error)
    is_paused = isinstance(error, ModelError) and pause.failed(tree.db, error, now=now) is not None
    return Outcome(None, error=error, stop=is_paused)


def _asked(db: Database, call: _Call, prompt: Prompt, asking: Asking) -> Outcome:
    try:
        reply = asking.model.complete(prompt)
    except ModelError as error:
        return _failed(db, call, error, now=asking.clock())
    seconds = max(asking.clock() - call.started, 0.0)
    thought = thoughts.receive(
        db,
        call.thought_id,
        reply=storable(clean(redact(reply.text)[0])),
        receipt=kept.receipt(reply, call.price, seconds=seconds),
    )
    return _applied(db, thought, now=asking.clock())


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
        existing=notes.notes_on(db, thought.tree_id, kept.hashes(found.values())),
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
