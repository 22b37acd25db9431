"""Opens the one database: a single writer in WAL mode, readers that cannot write."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from repo_sleeper.errors import NewerStoreError, NotInitialisedError, OlderStoreError, StoreError

# The number of migrations this code knows; migrations.py is imported only when there are more,
# because where a store is brought up to date it brings sqlite-utils (0.1 s) with it. A test holds
# the two together.
SCHEMA_VERSION = 14

_BUSY_MS = 5_000
REBUILD = "`sleeper init --rebuild` puts it aside and starts a new one"
Row = sqlite3.Row


class Database:
    """A connection that speaks in rows and transactions.

    Every statement in the program lives in `repo_sleeper.store`; this class adds only what
    SQLite leaves to discipline: writes take the lock at once (`BEGIN IMMEDIATE`), because a read
    transaction that turns into a write fails without waiting.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        connection.isolation_level = None
        self.connection = connection

    def close(self) -> None:
        """Close; the last writer to leave folds the WAL back into the file."""
        self.connection.close()

    @property
    def file(self) -> str:
        """Where it is stored; empty where that is memory."""
        return self.value("select file from pragma_database_list where name = 'main'") or ""

    def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """One statement."""
        return self.connection.execute(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row."""
        self.connection.executemany(sql, rows)

    def rows(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """All rows of a query."""
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Row | None:
        """The first row, or None."""
        found: Row | None = self.connection.execute(sql, values).fetchone()
        return found

    def value(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.connection.execute(sql, values).fetchone()
        return None if found is None else found[0]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Inside another transaction it simply takes part in that one."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def meta(self, key: str) -> str | None:
        """A single remembered value."""
        found: str | None = self.value("select value from meta where key = ?", (key,))
        return found

    def set_meta(self, key: str, value: str | None) -> None:
        """Remember a value; None forgets it."""
        if value is None:
            self.execute("delete from meta where key = ?", (key,))
        else:
            self.execute("insert or replace into meta values (?, ?)", (key, value))


def open_database(path: Path | None = None) -> Database:
    """Open for writing, creating and migrating as needed; without a path, in memory.

    Only the process that holds the repository's lock may call this on a real path.
    """
    if path is None:
        connection = sqlite3.connect(":memory:")
    else:
        _refuse_odd_files(path)
        _create_private(path)
        connection = _connect(f"{path.as_uri()}?mode=rw")
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return Database(connection)


def read_database(path: Path, *, older: bool = False) -> Database:
    """Open for reading. `immutable` is used only where even the directory is read-only.

    Raises NotInitialisedError when there is no database yet, and OlderStoreError for one that an
    older sleeper left, unless an `older` one will do.
    """
    if not path.exists() or path.stat().st_size == 0:
        raise NotInitialisedError(
            "sleeper has no index of this repository", hint="`sleeper init` makes one"
        )
    _refuse_odd_files(path)
    options = "mode=ro" if os.access(path.parent, os.W_OK) else "mode=ro&immutable=1"
    connection = _connect(f"{path.as_uri()}?{options}")
    try:
        version = _refuse_newer(connection, path)
        if not older:
            _refuse_older(version, path)
        connection.execute("pragma query_only = on")
    except BaseException:
        connection.close()
        raise
    return Database(connection)


def _connect(uri: str) -> sqlite3.Connection:
    connection = None
    try:
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_MS / 1000, check_same_thread=False
        )
        connection.execute("select count(*) from sqlite_schema")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise StoreError(f"the database cannot be opened: {error}", hint=_way_out(error)) from error
    return connection


def _way_out(error: sqlite3.Error) -> str:
    """What to do about a database that cannot be opened."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return REBUILD
    return "`sleeper doctor` looks at who may read it; `lsof` at who holds it"


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode = wal",
        "synchronous = normal",
        "foreign_keys = on",
        "temp_store = memory",
        "cache_size = -16000",
    ):
        connection.execute(f"pragma {pragma}")
    version = _refuse_newer(connection, path)
    if version < SCHEMA_VERSION:
        from repo_sleeper.store.migrations import migrate

        migrate(connection, version=SCHEMA_VERSION)


def _refuse_newer(connection: sqlite3.Connection, path: Path | None) -> int:
    version: int = connection.execute("pragma user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise NewerStoreError(
            f"{path} was written by a newer sleeper (schema {version}, this one knows "
            f"{SCHEMA_VERSION})",
            hint="upgrade with `pip install --upgrade repo-sleeper`",
        )
    return version


def _refuse_older(version: int, path: Path) -> None:
    """Who only reads cannot bring it up to date; nothing is damaged, and nothing to put aside."""
    if version < SCHEMA_VERSION:
        raise OlderStoreError(
            f"{path} is as an older sleeper left it (schema {version}, this one reads "
            f"{SCHEMA_VERSION})",
            hint="`sleeper daemon restart` brings it up to date; all notes stay",
        )


def _refuse_odd_files(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise StoreError(f"{path} is not a regular file", hint="move it away and try again")


def _create_private(path: Path) -> None:
    # SQLite gives -wal and -shm the permissions of the database, so those are right as well.
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
        path.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}",
            hint="reading goes on; whatever is decided, thought or paid for must be written there",
        ) from error


def _create(path: Path) -> None:
    """Have the file, never opening one that is there.

    To close it would end the locks of every connection that this process has to it: the next
    process to leave would take itself for the last one, and the WAL away from under them.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    if not os.access(path, os.W_OK):
        is_read_only = os.statvfs(path).f_flag & os.ST_RDONLY
        why = errno.EROFS if is_read_only else errno.EACCES
        raise OSError(why, os.strerror(why))
