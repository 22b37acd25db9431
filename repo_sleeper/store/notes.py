"""Notes: append-only versions, their evidence, and what is fresh in a tree."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.errors import NotFoundError
from repo_sleeper.store.database import Database, Row
from repo_sleeper.store.freshness import FRESH_NOTE, anchor_line, evidence_of

_SHORTEST_PREFIX = 4

# A note shows in a tree when it is fresh there. A stale one shows while what it is about exists
# there and, if a model wrote it, has not been thought about again as it is now. That is asked
# afresh each time, because another branch may still have what the note was written for.
_RETHOUGHT = """
exists (
    select 1 from files f join blobs b on b.id = f.blob_id
    join thoughts t on t.subject_hash = cast(b.node_hash as text) and t.kind = v.kind
    where f.tree_id = :tree and f.path = v.subject_path and t.state = 'applied'
) or exists (
    select 1 from thoughts t where substr(v.subject_path, -1) = '/' and t.state = 'applied'
    and t.subject_path = v.subject_path and t.kind = v.kind and t.id > v.thought_id
)"""
_VISIBLE = """
select v.* from (
    select n.*, {fresh} as fresh from notes n
    where n.state = 'active' and n.tree_id in (0, :tree) {where}
) v
where v.fresh or (:stale and (
    v.subject_path in ('', './') or exists (
        select 1 from files f where f.tree_id = :tree and f.path = v.subject_path
    ) or (substr(v.subject_path, -1) = '/' and exists (
        select 1 from files f where f.tree_id = :tree
        and substr(f.path, 1, length(v.subject_path)) = v.subject_path
    ))
) and not (v.origin = 'model' and ({rethought})))"""


def save_thought_notes(db: Database, thought_id: int, notes: Sequence[Note]) -> int:
    """Store the notes of a thought; how many are new or say something new.

    A note that a person dismissed is not written again.
    """
    tree_id: int = db.value("select tree_id from thoughts where id = ?", (thought_id,)) or 0
    with db.transaction():
        return sum(
            _save(db, replace(note, thought=thought_id), scope=0, tree_id=tree_id) for note in notes
        )


def save_survey_notes(
    db: Database,
    notes: Sequence[Note],
    *,
    kinds: Collection[NoteKind],
    inputs: Mapping[str, str],
    tree_id: int = 0,
) -> int:
    """Make the survey notes of `kinds` in this tree exactly these; how many changed.

    `inputs` has for each note id a hash of what it was counted from: while that is unchanged
    nothing is written at all.
    """
    before = _inputs(db, kinds, tree_id)
    changed = [note for note in notes if before.get(note.id) != inputs[note.id]]
    gone = sorted(before.keys() - {note.id for note in notes})
    if not changed and not gone:
        return 0
    with db.transaction():
        saved = sum(
            _save(db, note, scope=tree_id, tree_id=tree_id, inputs=inputs[note.id])
            for note in changed
        )
        db.many(
            "update notes set state = 'retired' where id = ? and tree_id = ? and state = 'active'",
            [(note, tree_id) for note in gone],
        )
    return saved + len(gone)


def list_notes(  # noqa: PLR0913 -- the filters of a listing, each by name
    db: Database,
    tree_id: int,
    *,
    kinds: Collection[NoteKind] | None = None,
    path: str | None = None,
    origin: Origin | None = None,
    include_stale: bool = True,
    limit: int | None = None,
) -> list[Note]:
    """The notes that show in this tree, fresh ones first, then by confidence.

    `path` is a file, or a folder written with a final slash; a note belongs to the path of its
    subject and to the paths it cites.
    """
    where = ""
    values: dict[str, Any] = {"limit": -1 if limit is None else limit}
    if kinds is not None:
        where += " and n.kind in (select value from json_each(:kinds))"
        values["kinds"] = json.dumps(sorted(kinds))
    if origin is not None:
        where += " and n.origin = :origin"
        values["origin"] = origin.value
    if path is not None:
        where += _about(path)
        values["path"] = path
    order = " order by v.fresh desc, v.confidence desc, v.kind, v.id limit :limit"
    return _notes(db, tree_id, _Filter(where, values, include_stale, order))


def note(db: Database, tree_id: int, id_prefix: str) -> Note | None:
    """The note whose id begins like this; None when there is none.

    Raises NotFoundError when several do.
    """
    if len(id_prefix) < _SHORTEST_PREFIX:
        return None
    values = {"prefix": id_prefix.lower()}
    where = "and substr(n.id, 1, length(:prefix)) = :prefix"
    found = _notes(db, tree_id, _Filter(where, values, order=" order by v.id"))
    if len(found) > 1:
        raise NotFoundError(
            f"several notes begin with {id_prefix}: {', '.join(n.id for n in found)}",
            hint="give more characters of the id",
        )
    return found[0] if found else None


def search_notes(
    db: Database, tree_id: int, terms: Sequence[str], *, limit: int, fresh_only: bool
) -> list[tuple[Note, float]]:
    """Notes with any of these words, best first; a score is positive, higher is better."""
    if not terms:
        return []
    found = db.rows(
        """
        select n.row as row, -bm25(note_words, 4.0, 1.0) as score
        from note_words join notes n on n.row = note_words.rowid
        where note_words match ? and n.state = 'active' and n.tree_id in (0, ?)
        order by score desc, n.id limit ?
        """,
        (" OR ".join(_quoted(term) for term in terms), tree_id, limit * 8),
    )
    scores = {row["row"]: row["score"] for row in found}
    matching = _Filter(
        "and n.row in (select value from json_each(:rows))",
        {"rows": json.dumps(list(scores))},
        stale=not fresh_only,
    )
    shown = _rows(db, tree_id, matching)
    best = sorted(shown, key=lambda row: (-scores[row["row"]], row["id"]))[:limit]
    return [
        (note, scores[row["row"]])
        for row, note in zip(best, _from_rows(db, tree_id, best), strict=True)
    ]


def fresh_counts(db: Database, tree_id: int) -> tuple[int, int]:
    """How many notes that show in this tree are fresh, and how many stale."""
    query = _VISIBLE.format(fresh=FRESH_NOTE, rethought=_RETHOUGHT, where="")
    row = db.row(
        f"select count(*) as all_notes, coalesce(sum(fresh), 0) as fresh from ({query})",
        {"tree": tree_id, "stale": 1},
    )
    return (row["fresh"], row["all_notes"] - row["fresh"]) if row else (0, 0)


def notes_on(db: Database, hashes: Collection[str]) -> list[Note]:
    """Notes of models anchored to any of these hashes, not to be repeated.

    That holds for those that a person dismissed or a second look retired as well.
    """
    rows = db.rows(
        """
        select n.*, 1 as fresh from notes n
        where n.state in ('active', 'dismissed', 'retired') and n.origin = 'model' and n.row in (
            select note_row from evidence where hash in (select value from json_each(?))
        ) order by n.id
        """,
        (json.dumps(sorted(hashes)),),
    )
    return _from_rows(db, 0, rows)


def dismissed(db: Database, tree_id: int, kind: NoteKind) -> list[tuple[Note, str]]:
    """Notes of a kind that were put aside, and why; whether they are fresh was not looked at."""
    rows = db.rows(
        """
        select n.*, 1 as fresh from notes n
        where n.state = 'dismissed' and n.kind = ? and n.tree_id in (0, ?) order by n.id
        """,
        (kind.value, tree_id),
    )
    return list(zip(_from_rows(db, tree_id, rows), (row["why"] for row in rows), strict=True))


def retire(db: Database, id: str, why: str) -> bool:  # noqa: A002 -- as in dismiss
    """A second look found the note wrong; whether it was still there."""
    done = db.execute(
        "update notes set state = 'retired', why = ? where id = ? and tree_id = 0"
        " and state = 'active' and origin = 'model'",
        (why, id),
    )
    return bool(done.rowcount)


def dismiss(db: Database, id: str, why: str) -> None:  # noqa: A002 -- what a person types
    """A person says the note is wrong or of no use; it is kept, not shown, not written again."""
    with db.transaction():
        done = db.execute(
            "update notes set state = 'dismissed', why = ? where id = ? and state = 'active'",
            (why, id),
        )
        if not done.rowcount:
            raise NotFoundError(f"there is no note {id}", hint="`sleeper notes list` shows them")


def restore(db: Database, id: str) -> None:  # noqa: A002 -- what a person types
    """A person thinks better of it: the newest version that was dismissed shows again."""
    db.execute(
        """
        update notes set state = 'active', why = '' where row = (
            select max(row) from notes where id = ? and state = 'dismissed'
        )
        """,
        (id,),
    )


@dataclass(frozen=True, slots=True)
class _Filter:
    """Part of a query: which notes, stale ones too or not, and in which order."""

    where: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    stale: bool = True
    order: str = ""


def _rows(db: Database, tree_id: int, wanted: _Filter) -> list[Row]:
    query = (
        _VISIBLE.format(fresh=FRESH_NOTE, rethought=_RETHOUGHT, where=wanted.where) + wanted.order
    )
    return db.rows(query, {**wanted.values, "tree": tree_id, "stale": wanted.stale})


def _notes(db: Database, tree_id: int, wanted: _Filter) -> list[Note]:
    return _from_rows(db, tree_id, _rows(db, tree_id, wanted))


def _about(path: str) -> str:
    return (
        f" and ({_under('n.subject_path', path)} or exists (select 1 from evidence e"
        f" where e.note_row = n.row and {_under('e.path', path)}))"
    )


def _under(column: str, path: str) -> str:
    folder = path.endswith("/")
    return f"substr({column}, 1, length(:path)) = :path" if folder else f"{column} = :path"


def _confirmed(db: Database) -> set[str]:
    return {row["note_id"] for row in db.rows("select note_id from bugs where state = 'confirmed'")}


def _is_hypothesis(row: Row, confirmed: Collection[str]) -> bool:
    """What could not be checked; and of a likely bug, that nobody has confirmed it yet."""
    is_bug = row["kind"] == NoteKind.LIKELY_BUG and row["origin"] == Origin.MODEL
    return row["id"] not in confirmed if is_bug else bool(row["hypothesis"])


def _from_rows(db: Database, tree_id: int, rows: Sequence[Row]) -> list[Note]:
    confirmed = _confirmed(db)
    evidence = evidence_of(db, tree_id, [row["row"] for row in rows])
    return [
        Note(
            id=row["id"],
            kind=NoteKind(row["kind"]),
            title=row["title"],
            body=row["body"],
            confidence=row["confidence"],
            origin=Origin(row["origin"]),
            evidence=evidence.get(row["row"], ()),
            subject="::".join(filter(None, (row["subject_path"], row["subject_symbol"]))),
            commit=row["commit"],
            created_at=row["created_at"],
            version=row["version"],
            hypothesis=_is_hypothesis(row, confirmed),
            fresh=bool(row["fresh"]),
            thought=row["thought_id"],
        )
        for row in rows
    ]


def _save(db: Database, note: Note, *, scope: int, tree_id: int, inputs: str = "") -> bool:
    newest = db.row(
        "select * from notes where id = ? and tree_id = ? order by version desc limit 1",
        (note.id, scope),
    )
    if newest is not None and newest["state"] == "dismissed":
        return False
    db.execute(
        "update notes set state = 'superseded' where id = ? and tree_id = ? and state = 'active'",
        (note.id, scope),
    )
    version = 1 if newest is None else newest["version"] + 1
    _insert(db, replace(note, version=version), scope=scope, tree_id=tree_id, inputs=inputs)
    return True


def _insert(db: Database, note: Note, *, scope: int, tree_id: int, inputs: str) -> None:
    path, _, symbol = note.subject.partition("::")
    row = db.execute(
        """
        insert into notes (id, tree_id, version, kind, title, body, confidence, origin,
            subject_path, subject_symbol, "commit", created_at, hypothesis, thought_id, inputs)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            note.id,
            scope,
            note.version,
            note.kind.value,
            note.title,
            note.body,
            note.confidence,
            note.origin.value,
            path,
            symbol,
            note.commit,
            note.created_at,
            note.hypothesis,
            note.thought,
            inputs,
        ),
    ).lastrowid
    db.execute(
        "insert into note_words (rowid, title, body) values (?, ?, ?)",
        (row, note.title, note.body),
    )
    _insert_evidence(db, row or 0, note, tree_id)


def _insert_evidence(db: Database, row: int, note: Note, tree_id: int) -> None:
    db.many(
        "insert into evidence values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row,
                position,
                item.path,
                item.range.start,
                item.range.end,
                item.quote,
                item.anchor.value,
                item.hash,
                item.symbol,
                anchor_line(db, item, tree_id),
            )
            for position, item in enumerate(note.evidence)
        ],
    )


def _inputs(db: Database, kinds: Collection[NoteKind], tree_id: int) -> dict[str, str]:
    rows = db.rows(
        """
        select id, inputs from notes
        where origin = 'survey' and tree_id = ? and state = 'active'
        and kind in (select value from json_each(?))
        """,
        (tree_id, json.dumps(sorted(kinds))),
    )
    return {row["id"]: row["inputs"] for row in rows}


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
