"""What became of a bug whose code is not here any more: resolved by commits, or only not here."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from repo_sleeper.domain.notes import Evidence, Note
from repo_sleeper.repetition import found_again
from repo_sleeper.store.database import Database

NOT_ASKED = "the code is not as it was when the bug was found"
EDITED = "the code is edited, and the edit is not committed"


class Past(Protocol):
    """The history of this checkout, as far as the fate of a bug depends on it."""

    def since(self, commit: str) -> Collection[str] | None:
        """The commits here that this one does not contain; None where it is not here itself."""

    def committed(self, path: str) -> str | None:
        """What was last committed at a path that is edited now; None where it is as committed."""


class Fate(NamedTuple):
    """Whether commits changed the code since the bug was found: which one, and what is known."""

    resolved: bool
    commit: str = ""
    why: str = ""


def successor(gone: Note, others: Iterable[Note]) -> str:
    """The id of the note that says the same of the code as it is, or last was; "" for none."""
    later = [note for note in others if note.fresh or _found(note) > _found(gone)]
    again = [note for note in later if note.id != gone.id and found_again(note, gone)]
    return max(again, key=lambda note: (note.fresh, _found(note))).id if again else ""


def _found(note: Note) -> tuple[int, str]:
    return (note.thought or 0, note.id)


def fate(db: Database, note: Note, past: Past | None) -> Fate:
    """What became of a bug that is not in the code at hand. Without a past nobody can tell.

    Code that an older commit or an edit in progress has is no proof that anybody mended it.
    """
    if past is None:
        return Fate(resolved=False, why=NOT_ASKED)
    since = past.since(note.commit)
    if since is None:
        return Fate(resolved=False, why=f"found at {note.commit[:10]}, not in this checkout")
    edited = {one.path: past.committed(one.path) for one in note.evidence}
    if any(_is_there(one, edited[one.path]) for one in note.evidence):
        return Fate(resolved=False, why=EDITED)
    touched = [(oid, subject) for oid, subject in _touching(db, note) if oid in since]
    return _by(touched, edited=any(text is not None for text in edited.values()))


def _is_there(evidence: Evidence, committed: str | None) -> bool:
    """Whether the quoted lines are in the text that was committed, however they are indented."""
    lines = {line.strip() for line in (committed or "").split("\n")}
    quoted = [line.strip() for line in evidence.quote.split("\n")]
    return committed is not None and all(line in lines for line in quoted)


def _touching(db: Database, note: Note) -> list[tuple[str, str]]:
    """The commits that touched what the note cites, oldest first, with their subjects."""
    rows = db.rows(
        """
        select distinct c.oid, c.subject, c.time, c.id from commits c
        join commit_paths t on t.commit_id = c.id join history_paths p on p.id = t.path_id
        where p.path in (select value from json_each(?)) order by c.time, c.id
        """,
        (json.dumps(sorted({one.path for one in note.evidence})),),
    )
    return [(row["oid"].hex(), row["subject"]) for row in rows]


def _by(touched: list[tuple[str, str]], *, edited: bool) -> Fate:
    """By the commit since that touched the code, if there is only one.

    Of several, which one changed the definition is not known here, and not guessed.
    """
    if not touched:
        return Fate(resolved=False, why=EDITED if edited else NOT_ASKED)
    if len(touched) == 1:
        return Fate(resolved=True, commit=touched[0][0], why=touched[0][1])
    between = f"{touched[0][0][:10]} to {touched[-1][0][:10]}"
    return Fate(
        resolved=True, why=f"the code has changed in one of {len(touched)} commits, {between}"
    )
