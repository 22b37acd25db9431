"""Thoughts: each call to the model for a note, from reservation to notes."""

from __future__ import annotations

from dataclasses import dataclass

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Subject, ThoughtState
from repo_sleeper.errors import ModelError
from repo_sleeper.store.database import Database, Row

ATTEMPTS = 3

# Over `thoughts`: paid for or under way, or refused for what it contains: never sent again.
DONE = """state in ('reserved', 'received', 'applied')
           or (state = 'failed' and error_kind in ('too-long', 'refused', 'unsendable'))"""
# Attempts that brought nothing and may have cost something. Being offline or told to wait is
# not the subject's fault and does not count.
FAILURE = """state = 'unknown'
              or (state = 'failed' and error_kind in ('server', 'timeout', 'reply', 'request'))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What makes a thought the same thought: it is paid for once."""

    subject: Subject
    kind: NoteKind
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A stored thought; `request` and `receipt` are the JSON written with it."""

    id: int
    call_id: int
    tree_id: int
    job: Job
    state: ThoughtState
    commit: str
    content_hash: str
    request: str
    reply: str
    receipt: str
    drafts: int
    grounded: int
    error_kind: str
    error: str
    at: float


def refusal(db: Database, job: Job) -> str:
    """Why this job is not to be paid for again; empty when it may be."""
    row = db.row(
        f"""
        select coalesce(max({DONE}), 0) as done, coalesce(sum({FAILURE}), 0) as failures
        from thoughts where subject_hash = ? and kind = ? and prompt_version = ?
        """,
        (job.subject.hash, job.kind.value, job.version),
    )
    if row is not None and row["done"]:
        return f"{job.subject.label} has been thought about as it is now ({job.kind})"
    if row is not None and row["failures"] >= ATTEMPTS:
        return f"{job.subject.label} failed {row['failures']} times ({job.kind})"
    return ""


def start(  # noqa: PLR0913 -- the whole record of a thought, each by name
    db: Database,
    job: Job,
    *,
    call_id: int,
    tree_id: int,
    content_hash: str,
    commit: str,
    request: str,
    now: float,
) -> int:
    """Keep what is about to be sent, in the transaction that reserves its cost."""
    done = db.execute(
        """
        insert into thoughts (call_id, tree_id, subject_path, subject_symbol, subject_hash,
            content_hash, kind, prompt_version, state, "commit", request, at)
        values (?, ?, ?, ?, ?, ?, ?, ?, 'reserved', ?, ?, ?)
        """,
        (
            call_id,
            tree_id,
            job.subject.path,
            job.subject.symbol,
            job.subject.hash,
            content_hash,
            job.kind.value,
            job.version,
            commit,
            request,
            now,
        ),
    )
    return done.lastrowid or 0


def set_aside(db: Database, job: Job, *, tree_id: int, why: str, now: float) -> int:
    """Keep that this content is never sent, so that nobody tries it again."""
    done = db.execute(
        """
        insert into thoughts (call_id, tree_id, subject_path, subject_symbol, subject_hash, kind,
            prompt_version, state, request, error_kind, error, at)
        values (null, ?, ?, ?, ?, ?, ?, 'failed', '', 'unsendable', ?, ?)
        """,
        (
            tree_id,
            job.subject.path,
            job.subject.symbol,
            job.subject.hash,
            job.kind.value,
            job.version,
            why,
            now,
        ),
    )
    return done.lastrowid or 0


def receive(db: Database, thought_id: int, *, reply: str, receipt: str) -> Thought:
    """Keep the reply before anyone reads it: it is paid for."""
    with db.transaction():
        db.execute(
            "update thoughts set state = 'received', reply = ?, receipt = ? where id = ?",
            (reply, receipt, thought_id),
        )
    return _thought(db.rows(f"{_SELECT} where id = ?", (thought_id,))[0])


def apply(db: Database, thought_id: int, *, drafts: int, grounded: int) -> None:
    """The reply has become notes, or rightly none."""
    db.execute(
        "update thoughts set state = 'applied', drafts = ?, grounded = ? where id = ?",
        (drafts, grounded, thought_id),
    )


def fail(db: Database, thought_id: int, error: ModelError) -> None:
    """Keep why there are no notes."""
    db.execute(
        "update thoughts set state = 'failed', error_kind = ?, error = ? where id = ?",
        (error.kind, str(error), thought_id),
    )


def lose(db: Database) -> int:
    """After a crash: thoughts whose reply never arrived are unknown."""
    return db.execute("update thoughts set state = 'unknown' where state = 'reserved'").rowcount


def received(db: Database) -> list[Thought]:
    """Thoughts whose reply is stored but not yet read, oldest first."""
    return [_thought(row) for row in db.rows(f"{_SELECT} where state = 'received' order by id")]


def thought(db: Database, thought_id: int) -> Thought | None:
    """One thought with all that was sent and came back."""
    row = db.row(f"{_SELECT} where id = ?", (thought_id,))
    return None if row is None else _thought(row)


def looks_before(db: Database, thought: Thought) -> list[Thought]:
    """Earlier looks of this kind at the same content that came to something, oldest first."""
    subject = thought.job.subject
    rows = db.rows(
        f"""{_SELECT} where subject_hash = ? and kind = ? and subject_path = ?
            and subject_symbol = ? and state = 'applied' and id < ? order by id""",
        (subject.hash, thought.job.kind.value, subject.path, subject.symbol, thought.id),
    )
    return [_thought(row) for row in rows]


_SELECT = 'select *, "commit" as at_commit from thoughts'


def _thought(row: Row) -> Thought:
    subject = Subject(row["subject_path"], row["subject_hash"], row["subject_symbol"])
    return Thought(
        id=row["id"],
        call_id=row["call_id"] or 0,
        tree_id=row["tree_id"] or 0,
        job=Job(subject=subject, kind=NoteKind(row["kind"]), version=row["prompt_version"]),
        state=ThoughtState(row["state"]),
        commit=row["at_commit"],
        content_hash=row["content_hash"],
        request=row["request"],
        reply=row["reply"],
        receipt=row["receipt"],
        drafts=row["drafts"],
        grounded=row["grounded"],
        error_kind=row["error_kind"],
        error=row["error"],
        at=row["at"],
    )
