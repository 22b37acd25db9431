"""How notes come to be and end: versions are only ever appended, and a state says which counts."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.errors import NotFoundError
from repo_sleeper.store.database import Database
from repo_sleeper.store.evidence import anchor_line, places_of


def save_thought_notes(db: Database, thought_id: int, notes: Sequence[Note]) -> int:
    """Store the notes of a thought; how many are new or say something new.

    A note that a person dismissed is not written again.
    """
    tree_id: int = db.value("select tree_id from thoughts where id = ?", (thought_id,)) or 0
    with db.transaction():
        return sum(
            _save(db, note._replace(thought=thought_id), scope=0, tree_id=tree_id) for note in notes
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


# --- versions ---------------------------------------------------------------------------------


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
    _insert(db, note._replace(version=version), scope=scope, tree_id=tree_id, inputs=inputs)
    return True


def _insert(db: Database, note: Note, *, scope: int, tree_id: int, inputs: str) -> None:
    path, symbol = note.place
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
    # What was counted is counted again before anybody has to ask where it went.
    is_kept = note.origin is not Origin.SURVEY
    db.many(
        "insert into evidence values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                places_of(db, item, tree_id) if is_kept else 1,
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
