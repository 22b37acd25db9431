"""Care of the database as a whole: is it sound, how big is it, is its log folded in."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from repo_sleeper.store.database import Database

DamageError = sqlite3.DatabaseError  # what reading a damaged database raises


def checkpoint(db: Database) -> None:
    """Fold the write-ahead log into the file; does nothing while someone reads."""
    db.execute("pragma wal_checkpoint(truncate)")


def damage(db: Database) -> str:
    """What is wrong with the file, or ""."""
    try:
        found = [str(row[0]) for row in db.rows("pragma quick_check(3)")]
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == ["ok"] else "; ".join(found)


def sqlite_version() -> str:
    """The version of SQLite in use."""
    return sqlite3.sqlite_version


def has_full_text_search() -> bool:
    """Whether this SQLite was built with FTS5, which everything we find is found with."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("create virtual table words using fts5(word)")
        except sqlite3.OperationalError:  # pragma: no cover (a SQLite built without it)
            return False
    return True
