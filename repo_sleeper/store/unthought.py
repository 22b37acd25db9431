"""What lacks a thought: symbols, files and folders of a tree that may be thought about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import TypedDict

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Candidate, Subject
from repo_sleeper.store import folders, usefulness
from repo_sleeper.store.database import Database, Row
from repo_sleeper.store.folders import KIND, LIVE, Folder
from repo_sleeper.store.thoughts import ATTEMPTS, DONE, FAILURE
from repo_sleeper.store.usefulness import Use

LARGE = 18_000  # bytes: a file beyond them is not shown whole, so its largest symbols stand alone
_LARGE_SYMBOL = 25  # lines
_MOST_SYMBOLS = 8
_ENOUGH_THOUGHT = 8  # parts of a folder thought about before the folder is
_PART_BYTES = 400  # what a part adds to the prompt about a folder
_MOST_BYTES = 18_000

_JOBS = f"""
select subject_hash, kind, prompt_version,
       max({DONE}) as done, sum({FAILURE}) as failures,
       sum(case when state = 'applied' then grounded else 0 end) as changes
from thoughts group by subject_hash, kind, prompt_version"""
_LAST = """
select subject_path, subject_symbol, kind, max(at) as at from thoughts
where state = 'applied' group by subject_path, subject_symbol, kind"""
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
# Looks at the same content count once, and a symbol is found by its hash: thoughts are many.
_COVERAGE = """
with looks as (
    select distinct kind, content_hash,
           case subject_symbol when '' then '' else subject_hash end as part
    from thoughts where state = 'applied' and content_hash != ''
), seen as (
    select l.kind, s.node_hash from looks l cross join blobs b on b.hash = l.content_hash
    cross join symbols s on s.blob_id = b.id where l.part = ''
    union
    select l.kind, s.node_hash from looks l cross join blobs b on b.hash = l.content_hash
    cross join symbols s on s.node_hash = cast(l.part as integer) and +s.blob_id = b.id
    where l.part != ''
), sizes as (
    select s.blob_id, count(*) as symbols from symbols s
    where s.blob_id in (select blob_id from files where tree_id = :tree) group by s.blob_id
)
select s.blob_id, seen.kind, 1.0 * count(*) / z.symbols as share
from seen join symbols s on s.node_hash = seen.node_hash join sizes z on z.blob_id = s.blob_id
group by s.blob_id, seen.kind"""
# Symbols of large files that are large themselves and contain none that is.
_SYMBOLS = f"""
with large as (
    select f.path, f.dirty_at, b.id as blob_id, b.size, b.lines
    from files f join blobs b on b.id = f.blob_id
    where f.tree_id = :tree and b.language != 'text' and b.skip = '' and b.size > {LARGE}
), used as (select name, count(*) as times from refs group by name)
select l.*, s.qualified, s.node_hash, s.end_line - s.start_line as span,
       coalesce(u.times, 0) as times
from large l join symbols s on s.blob_id = l.blob_id left join used u on u.name = s.name
where s.end_line - s.start_line >= {_LARGE_SYMBOL} and not exists (
    select 1 from symbols c where c.blob_id = s.blob_id and c.parent_id = s.id
    and c.end_line - c.start_line >= {_LARGE_SYMBOL}
) order by l.path, s.start_line, s.id"""


def unthought(  # noqa: PLR0913 -- a tree and what to weigh it by, each by name
    db: Database,
    tree_id: int,
    *,
    kinds: Collection[NoteKind],
    versions: Mapping[NoteKind, str],
    expected: Mapping[str, float] | None = None,
    now: float = 0.0,
    steps: Sequence[str] = ("",),
) -> list[Candidate]:
    """Every subject and kind that may be thought about, once for each content.

    It is a query, not a queue: nothing is lost by a crash, and a content that comes back has
    been paid for. `expected` says how many of the next edits should fall on each path.
    `steps` are the looks that one subject may get; one that changed nothing is the last.
    """
    record = _record(db, versions, steps)
    live = db.rows(LIVE, {"tree": tree_id})
    large = db.rows(_SYMBOLS, {"tree": tree_id})
    worth = _worth(db, tree_id, expected, now)
    found: dict[tuple[str, NoteKind], Candidate] = {}
    for kind in sorted(kinds):
        candidates = [*_files(live, kind, record, worth), *_symbols(large, kind, record, worth)]
        if kind is KIND:
            candidates += _folders(db, tree_id, live, record, worth)
        for one in candidates:
            found.setdefault((one.subject.hash, kind), one)
    return sorted(found.values(), key=lambda c: (c.subject.path, c.subject.symbol, c.kind))


def sizes(db: Database, tree_id: int) -> dict[str, int]:
    """Every indexed path of a tree, code or not, with its bytes."""
    rows = db.rows("select path, size from files where tree_id = ? order by path", (tree_id,))
    return {row["path"]: row["size"] for row in rows}


class _Look(TypedDict):
    """The fields of a candidate that tell which look at its subject it is."""

    step: str
    looks: int
    failures: int


@dataclass(frozen=True, slots=True)
class _Record:
    """What the thoughts so far say: of a job, and of a place."""

    jobs: Mapping[tuple[str, str, str], Row]
    last: Mapping[tuple[str, str, str], float]
    versions: Mapping[NoteKind, str]
    steps: Sequence[str]

    def over(self, hash_: str, kind: NoteKind) -> bool:
        """Whether this is thought about as it is now, or will never be."""
        return _is_over(self._job(hash_, kind, ""))

    def next_look(self, hash_: str, kind: NoteKind) -> _Look | None:
        """The look that comes next, the first as long as there was none; None for no more."""
        for looks, step in enumerate(self.steps):
            job = self._job(hash_, kind, step)
            if not _is_over(job):
                return _Look(step=step, looks=looks, failures=0 if job is None else job["failures"])
            if job is None or not job["changes"]:
                return None
        return None

    def thought_at(self, path: str, symbol: str, kind: NoteKind) -> float:
        """When this place was last thought about, in whatever state."""
        return self.last.get((path, symbol, kind.value), 0.0)

    def _job(self, hash_: str, kind: NoteKind, step: str) -> Row | None:
        return self.jobs.get((hash_, kind.value, self.versions[kind] + step))


def _is_over(job: Row | None) -> bool:
    return job is not None and (bool(job["done"]) or job["failures"] >= ATTEMPTS)


class _Usefulness(TypedDict):
    """The fields of a candidate that tell how notes on its path were used."""

    beside: float
    asked: float
    hits: int
    misses: int


@dataclass(frozen=True, slots=True)
class _Worth:
    """What the value of a file is judged by."""

    expected: Mapping[str, float] | None
    references: Mapping[int, float]
    covered: Mapping[tuple[int, str], float]
    use: Use
    committed_at: float

    def uncommitted(self, dirty_at: float) -> float:
        """When a file was changed, if no commit came after: only that is still being worked on."""
        return dirty_at if dirty_at > self.committed_at else 0.0

    def edits(self, path: str) -> float | None:
        """How many of the next edits should fall here; None when nobody has said."""
        return None if self.expected is None else self.expected.get(path, 0.0)


def _record(db: Database, versions: Mapping[NoteKind, str], steps: Sequence[str]) -> _Record:
    return _Record(
        {(r["subject_hash"], r["kind"], r["prompt_version"]): r for r in db.rows(_JOBS)},
        {(r["subject_path"], r["subject_symbol"], r["kind"]): r["at"] for r in db.rows(_LAST)},
        versions,
        steps,
    )


def _worth(db: Database, tree_id: int, expected: Mapping[str, float] | None, now: float) -> _Worth:
    tree = {"tree": tree_id}
    return _Worth(
        expected,
        {r["blob_id"]: r["times"] for r in db.rows(_REFERENCES, tree)},
        {(r["blob_id"], r["kind"]): r["share"] for r in db.rows(_COVERAGE, tree)},
        usefulness.use(db, tree_id, now=now),
        db.value("select coalesce(max(time), 0) from commits where not is_merge"),
    )


def _files(
    live: Sequence[Row], kind: NoteKind, record: _Record, worth: _Worth
) -> Iterator[Candidate]:
    for row in live:
        subject = Subject(row["path"], str(row["node_hash"]))
        look = record.next_look(subject.hash, kind)
        if look is not None:
            yield Candidate(
                subject=subject,
                kind=kind,
                size=row["size"],
                expected=worth.edits(row["path"]),
                **_usefulness(worth, row["path"], kind),
                references=worth.references.get(row["blob_id"], 0.0),
                coverage=worth.covered.get((row["blob_id"], kind.value), 0.0),
                dirty_at=worth.uncommitted(row["dirty_at"]),
                thought_at=record.thought_at(row["path"], "", kind),
                **look,
            )


def _usefulness(worth: _Worth, path: str, kind: NoteKind) -> _Usefulness:
    return {
        "beside": worth.use.beside.get(path, 0.0),
        "asked": worth.use.asked.get(path, 0.0),
        "hits": worth.use.hits.get((path, kind), 0),
        "misses": worth.use.misses.get((path, kind), 0),
    }


def _share(whole: float | None, part: float) -> float | None:
    return None if whole is None else whole * part


# --- symbols ----------------------------------------------------------------------------------


def _symbols(
    rows: Sequence[Row], kind: NoteKind, record: _Record, worth: _Worth
) -> Iterator[Candidate]:
    by_path: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_path[row["path"]].append(row)
    for path, inside in by_path.items():
        lines = max(inside[0]["lines"], 1)
        for row in sorted(inside, key=_standing)[:_MOST_SYMBOLS]:
            subject = Subject(path, str(row["node_hash"]), row["qualified"])
            thought_at = record.thought_at(path, subject.symbol, kind)
            look = record.next_look(subject.hash, kind)
            if look is not None:
                yield Candidate(
                    subject=subject,
                    kind=kind,
                    size=row["size"] * row["span"] // lines,
                    expected=_share(worth.edits(path), row["span"] / lines),
                    **_usefulness(worth, path, kind),
                    references=row["times"],
                    # What was thought about and is not over has changed. Of the others in a
                    # file just edited we cannot tell.
                    dirty_at=worth.uncommitted(row["dirty_at"]) if thought_at else 0.0,
                    thought_at=thought_at,
                    **look,
                )


def _standing(row: Row) -> tuple[float, str, int]:
    """The larger and the more used a symbol is, the more it deserves a thought of its own."""
    return (-row["span"] * (1.0 + log2(1.0 + row["times"])), row["qualified"], row["node_hash"])


# --- folders ----------------------------------------------------------------------------------


def _folders(
    db: Database, tree_id: int, live: Sequence[Row], record: _Record, worth: _Worth
) -> Iterator[Candidate]:
    edits, references = _sums(live, worth)
    for path, folder in folders.folders(db, tree_id).items():
        look = record.next_look(folder.hash, KIND)
        if look is None or not _ready(folder, record):
            continue
        if not look["looks"] and not folders.reopened(folder, folders.last_parts(db, path)):
            continue
        yield Candidate(
            subject=Subject(path, folder.hash),
            kind=KIND,
            size=min(_PART_BYTES * len(folder.parts), _MOST_BYTES),
            expected=None if worth.expected is None else edits[path],
            references=references[path],
            **_usefulness(worth, path, KIND),
            thought_at=record.thought_at(path, "", KIND),
            **look,
        )


def _ready(folder: Folder, record: _Record) -> bool:
    """Whether enough of its parts were thought about: the larger is built from the smaller."""
    done = sum(
        bool(hash_) if folders.is_folder(path) else record.over(hash_, KIND)
        for path, hash_ in folder.children.items()
    )
    return done >= min(_ENOUGH_THOUGHT, ceil(len(folder.children) / 2))


def _sums(live: Sequence[Row], worth: _Worth) -> tuple[dict[str, float], dict[str, float]]:
    edits: dict[str, float] = defaultdict(float)
    references: dict[str, float] = defaultdict(float)
    for row in live:
        folder = row["path"]
        while folder != folders.ROOT:
            folder = folders.parent(folder)
            edits[folder] += worth.edits(row["path"]) or 0.0
            references[folder] += worth.references.get(row["blob_id"], 0.0)
    return edits, references
