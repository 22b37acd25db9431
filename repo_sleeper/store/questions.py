"""Questions that were asked, what they were shown, and how they were answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from repo_sleeper.store.database import Database


def remember(  # noqa: PLR0913 -- a question and what became of it, each by name
    db: Database,
    text: str,
    *,
    now: float,
    paths: Sequence[str],
    notes: Sequence[str],
    answered: str = "",
) -> int:
    """Keep a question and what it was shown, for the agenda; its number, or 0 when it cannot be.

    An answer is never held up for this: a full disk or a long write of another process is no
    reason to fail. `answered` is "index" where the index had the answer.
    """
    values = (now, text, json.dumps(list(paths)), json.dumps(list(notes)), answered)
    insert = "insert into questions (at, text, paths, notes, answered) values (?, ?, ?, ?, ?)"
    try:
        with db.transaction():
            return db.execute(insert, values).lastrowid or 0
    except sqlite3.OperationalError:
        return 0


def answered(db: Database, question: int, *, by: str, call: int | None) -> None:
    """Keep that a question was answered: by a "model" in this call, or by a "kept" reply of it."""
    update = "update questions set answered = ?, call_id = ? where id = ?"
    with suppress(sqlite3.OperationalError):  # as above
        db.execute(update, (by, call, question))
