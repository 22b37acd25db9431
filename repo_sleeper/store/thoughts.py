"""Thoughts: each call to the model for a note, from reservation to notes, and what lacks one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from repo_sleeper.domain import Candidate, NoteKind, Subject, ThoughtState
from repo_sleeper.errors import ModelError
from repo_sleeper.store.database import Database, Row

ATTEMPTS = 3
_FEWEST_LINES = 5  # below, there is nothing to say that the file does not

# Over `thoughts`: paid for or under way, or refused for what it contains: never sent again.
_DONE = """state in ('reserved', 'received', 'applied')
           or (state = 'failed' and error_kind in ('too-long', 'refused', 'unsendable'))"""
# Attempts that brought nothing and may have cost something. Being offline or told to wait is
# not the subject's fault and does not count.
_FAILURE = """state = 'unknown'
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
        select coalesce(max({_DONE}), 0) as done, coalesce(sum({_FAILURE}), 0) as failures
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


# --- what lacks a thought ---------------------------------------------------------------------

_LIVE = f"""
select f.path, f.dirty_at, b.id as blob_id, b.node_hash, b.size
from files f join blobs b on b.id = f.blob_id
where f.tree_id = :tree and b.grammar != 'text' and b.skip = '' and b.lines >= {_FEWEST_LINES}
order by f.path"""
_JOBS = f"""
select subject_hash, kind, prompt_version,
       max({_DONE}) as done, sum({_FAILURE}) as failures
from thoughts group by subject_hash, kind, prompt_version"""
_LAST = """
select subject_path, kind, max(at) as at from thoughts
where state = 'applied' group by subject_path, kind"""
# How often a file's names are used elsewhere; a name with several definitions is shared out.
_REFERENCES = """
with used as (select name, count(*) as times from refs group by name),
     defined as (select name, count(distinct blob_id) as times from symbols group by name),
     names as (
         select distinct s.blob_id, s.name from symbols s
         join files f on f.blob_id = s.blob_id and f.tree_id = :tree
     )
select n.blob_id, sum(1.0 * u.times / d.times) as times
from names n join used u on u.name = n.name join defined d on d.name = n.name
group by n.blob_id"""
# Which share of a file's symbols an earlier thought of a kind has seen exactly as they are now.
_COVERAGE = """
with seen as (
    select distinct t.kind, s.node_hash
    from thoughts t cross join blobs b on b.hash = t.content_hash
    cross join symbols s on s.blob_id = b.id
    where t.state = 'applied'
), sizes as (
    select s.blob_id, count(*) as symbols from symbols s
    where s.blob_id in (select blob_id from files where tree_id = :tree) group by s.blob_id
)
select s.blob_id, seen.kind, 1.0 * count(*) / z.symbols as share
from seen join symbols s on s.node_hash = seen.node_hash join sizes z on z.blob_id = s.blob_id
group by s.blob_id, seen.kind"""


def unthought(
    db: Database,
    tree_id: int,
    *,
    kinds: Collection[NoteKind],
    versions: Mapping[NoteKind, str],
    churn: Mapping[str, float] | None = None,
) -> list[Candidate]:
    """Every subject and kind that may be thought about, once for each content.

    It is a query, not a queue: nothing is lost by a crash, and a content that comes back has
    been paid for.
    """
    tree = {"tree": tree_id}
    jobs = {(r["subject_hash"], r["kind"], r["prompt_version"]): r for r in db.rows(_JOBS)}
    last = {(r["subject_path"], r["kind"]): r["at"] for r in db.rows(_LAST)}
    used = {r["blob_id"]: r["times"] for r in db.rows(_REFERENCES, tree)}
    covered = {(r["blob_id"], r["kind"]): r["share"] for r in db.rows(_COVERAGE, tree)}
    found: dict[tuple[str, NoteKind], Candidate] = {}
    for row in db.rows(_LIVE, tree):
        for kind in sorted(kinds):
            subject = Subject(row["path"], str(row["node_hash"]))
            job = jobs.get((subject.hash, kind.value, versions[kind]))
            if (subject.hash, kind) in found or (job is not None and _over(job)):
                continue
            found[subject.hash, kind] = Candidate(
                subject=subject,
                kind=kind,
                size=row["size"],
                churn=(churn or {}).get(row["path"], 0.0),
                references=used.get(row["blob_id"], 0.0),
                coverage=covered.get((row["blob_id"], kind.value), 0.0),
                dirty_at=row["dirty_at"],
                thought_at=last.get((row["path"], kind.value), 0.0),
                failures=0 if job is None else job["failures"],
            )
    return list(found.values())


def _over(job: Row) -> bool:
    return bool(job["done"]) or job["failures"] >= ATTEMPTS
