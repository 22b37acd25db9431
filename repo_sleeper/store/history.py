"""Commits and the paths they touched: what the history stage derives, and what others ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from repo_sleeper.domain.history import CoChange, Commit
from repo_sleeper.store import renames
from repo_sleeper.store.database import Database, Row
from repo_sleeper.words import parts

_BATCH = 1_000


# --- writing ----------------------------------------------------------------------------------


def has_commits(db: Database) -> bool:
    """Whether any commit is stored."""
    return db.value("select 1 from commits limit 1") is not None


def known_commits(db: Database) -> set[str]:
    """The ids of all commits stored."""
    return {row[0].hex() for row in db.rows("select oid from commits")}


def stored_oid(oid: str) -> bytes:
    """The id of a commit as it is stored: half as long as git prints it."""
    return bytes.fromhex(oid)


def add_commits(db: Database, commits: Iterable[tuple[Commit, bool]]) -> None:
    """Store commits not stored yet, oldest first, each with whether it is a fix.

    A newer commit gets a higher number: the order of those made within one second. Oldest first
    because an index of words that is filled backwards costs five times as much.
    """
    path_ids = _path_numbers(db)
    successors: dict[str, str | None] = {}
    next_id = 1 + (db.value("select max(id) from commits") or 0)
    source = iter(commits)
    with db.transaction():
        while batch := list(islice(source, _BATCH)):
            _add_batch(db, batch, next_id, path_ids)
            next_id += len(batch)
            renames.note(successors, [commit for commit, _ in batch])
        renames.save(db, successors)


def _add_batch(
    db: Database, batch: Sequence[tuple[Commit, bool]], first_id: int, path_ids: dict[str, int]
) -> None:
    numbered = list(enumerate(batch, start=first_id))
    db.many(
        "insert into commits (id, oid, time, author, subject, body, is_merge, is_fix, files)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (id_, stored_oid(c.oid), *c[1:5], c.is_merge, is_fix, len(c.paths))
            for id_, (c, is_fix) in numbered
        ],
    )
    db.many(
        "insert into commit_words (rowid, subject, body) values (?, ?, ?)",
        [(id_, *_words(c.subject, c.body)) for id_, (c, _) in numbered],
    )
    _add_paths(db, [commit for commit, _ in batch], path_ids)
    db.many(
        "insert or ignore into commit_paths values (?, ?)",
        [(id_, path_ids[path]) for id_, (c, _) in numbered for path in c.paths],
    )


def _add_paths(db: Database, commits: Sequence[Commit], path_ids: dict[str, int]) -> None:
    unknown = [path for commit in commits for path in _all_paths(commit) if path not in path_ids]
    fresh = list(dict.fromkeys(unknown))
    first = 1 + max(path_ids.values(), default=0)
    path_ids.update((path, id_) for id_, path in enumerate(fresh, start=first))
    db.many(
        "insert into history_paths (id, path) values (?, ?)",
        [(path_ids[path], path) for path in fresh],
    )


def _all_paths(commit: Commit) -> Iterator[str]:
    yield from commit.paths
    for old, _ in commit.renames:
        yield old


def remove_commits(db: Database, oids: Collection[str]) -> None:
    """Forget commits that no head contains any more."""
    with db.transaction():
        gone = set(map(stored_oid, oids))
        for number, oid in db.rows("select id, oid from commits") if gone else ():
            if oid in gone:
                _remove_words(db, number)
                db.execute("delete from commits where id = ?", (number,))


def _remove_words(db: Database, number: int) -> None:
    # A contentless index is told what it holds: SQLite before 3.43 cannot delete by rowid alone.
    (said,) = db.rows("select subject, body from commits where id = ?", (number,))
    db.execute(
        "insert into commit_words (commit_words, rowid, subject, body) values ('delete', ?, ?, ?)",
        (number, *_words(*said)),
    )


def forget_history(db: Database) -> None:
    """Start again from nothing."""
    with db.transaction():
        db.execute("insert into commit_words (commit_words) values ('delete-all')")
        for table in ("commit_paths", "commits", "co_changes", "history_paths"):
            db.execute(f"delete from {table}")


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(" ".join(parts(text)) for text in texts)


def save_churn(db: Database, churn: Mapping[str, float]) -> None:
    """Replace the churn of every path."""
    with db.transaction():
        db.execute("update history_paths set churn = 0 where churn != 0")
        db.many(
            "update history_paths set churn = ? where path = ?",
            [(value, path) for path, value in churn.items()],
        )


def save_co_changes(db: Database, pairs: Iterable[CoChange]) -> None:
    """Replace what is known of paths changing together."""
    found = list(pairs)
    with db.transaction():
        db.execute("delete from co_changes")
        db.many(
            "insert or ignore into history_paths (path) values (?)",
            [(path,) for path in dict.fromkeys(path for one in found for path in one[:2])],
        )
        numbers = _path_numbers(db)
        db.many(
            "insert into co_changes values (?, ?, ?, ?)",
            [(numbers[one.path], numbers[one.other], *one[2:]) for one in found],
        )


def _path_numbers(db: Database) -> dict[str, int]:
    return {path: number for number, path in db.execute("select id, path from history_paths")}


# --- reading ----------------------------------------------------------------------------------


def recent_changes(db: Database, *, limit: int) -> list[tuple[str, ...]]:
    """The paths of each of the newest commits that are no merges, newest first, as now named."""
    names = renames.current_names(db)
    found: dict[int, list[str]] = {}
    for row in db.rows(
        "select c.id, p.path from (select id, time from commits where not is_merge"
        " order by time desc, id desc limit ?) c left join commit_paths cp on cp.commit_id = c.id"
        " left join history_paths p on p.id = cp.path_id order by c.time desc, c.id desc",
        (limit,),
    ):
        paths = found.setdefault(row["id"], [])
        if row["path"] is not None:
            paths.append(names.get(row["path"], row["path"]))
    return [tuple(dict.fromkeys(paths)) for paths in found.values()]


def churn(db: Database) -> dict[str, float]:
    """Decayed churn of every path that has any; what a file did under older names counts."""
    rows = db.rows("select path, churn from history_paths where churn > 0 order by path")
    return {row["path"]: row["churn"] for row in rows}


def co_changed(db: Database, path: str) -> list[tuple[str, float]]:
    """Paths that change when this one does, with P(other | path), the surest first."""
    rows = db.rows(
        "select o.path, 1.0 * c.together / c.touches as confidence from history_paths p"
        " join co_changes c on c.path_id = p.id join history_paths o on o.id = c.other_id"
        " where p.path = ? order by confidence desc, o.path",
        (path,),
    )
    return [(row["path"], row["confidence"]) for row in rows]


def co_changes(db: Database) -> list[CoChange]:
    """Every pair known to change together, in order."""
    rows = db.rows(
        "select p.path, o.path, c.together, c.touches from co_changes c"
        " join history_paths p on p.id = c.path_id join history_paths o on o.id = c.other_id"
        " order by 1, 2"
    )
    return [CoChange(*row) for row in rows]


def recent_commits(db: Database, limit: int) -> list[Commit]:
    """The newest commits, newest first."""
    rows = db.rows("select * from commits order by time desc, id desc limit ?", (limit,))
    names = renames.current_names(db)
    return [_commit(row, _paths_of(db, row["id"], names)) for row in rows]


def _commit(row: Row, paths: tuple[str, ...]) -> Commit:
    return Commit(
        oid=row["oid"].hex(),
        time=row["time"],
        author=row["author"],
        subject=row["subject"],
        body=row["body"],
        paths=paths,
        is_merge=bool(row["is_merge"]),
    )


def _paths_of(db: Database, commit_id: int, names: Mapping[str, str]) -> tuple[str, ...]:
    rows = db.rows(
        "select path from commit_paths join history_paths on id = path_id where commit_id = ?"
        " order by path",
        (commit_id,),
    )
    return tuple(dict.fromkeys(names.get(row["path"], row["path"]) for row in rows))


def state(db: Database) -> str:
    """Something that differs whenever other commits are stored, or paths have other names now."""
    row = db.rows(
        """select count(*), coalesce(max(id), 0), coalesce(sum(id), 0),
            (select count(successor) from history_paths) from commits"""
    )[0]
    return ":".join(str(number) for number in row)


def commit_count(db: Database) -> int:
    """How many commits are stored."""
    count: int = db.value("select count(*) from commits")
    return count
