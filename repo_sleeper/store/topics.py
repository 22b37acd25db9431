"""Commits about a topic: what history has to say to a question, in few queries."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from repo_sleeper.store import renames
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import batches, marks, numbers, quoted

_AGES = 3_000  # commits: what is older is as old as that
_NEWEST = "select -time from commits order by time desc limit ?"
# Not `order by`, nor a list of paths: then SQLite would read every link of the tree.
_IMPORTS = "select target from links where tree_id = ? and path = ?"


class Precedent(NamedTuple):
    """A commit on the question's topic; `age` is how many commits are newer, up to a limit."""

    subject: str
    score: float
    age: int
    paths: tuple[str, ...]


def commits_about(
    db: Database, words: Iterable[str], *, limit: int, widest: int
) -> list[Precedent]:
    """Commits whose message has any of the words and that touched few files, the best first."""
    match = " OR ".join(quoted(word) for word in words)
    if not match:
        return []
    best = db.rows(
        """select rowid, -bm25(commit_words, 3.0, 1.0) as score from commit_words
           where commit_words match ? order by score desc, rowid limit ?""",
        (match, limit),
    )
    scores = {row[0]: row[1] for row in best}
    found = db.rows(
        f"""select id, subject, time from commits
            where id in {numbers(scores)} and files between 1 and ?""",
        (widest,),
    )
    newest = [row[0] for row in db.rows(_NEWEST, (_AGES,))]
    touched = _touched(db, [row[0] for row in found])
    commits = [
        Precedent(row[1], scores[row[0]], _age(row[2], newest), touched.get(row[0], ()))
        for row in found
    ]
    return sorted(commits, key=lambda one: (-one.score, one.age, one.subject))


def standing(
    db: Database, tree_id: int, paths: Iterable[str]
) -> dict[str, tuple[int, float, int, str]]:
    """Size, decayed churn, commits since the last change and language of those that are live."""
    newest = db.value("select max(id) from commits") or 0
    found: dict[str, tuple[int, float, int, str]] = {}
    for some in batches(sorted(set(paths))):
        rows = db.rows(
            f"""select f.path, f.size, h.churn,
                       (select max(commit_id) from commit_paths c where c.path_id = h.id),
                       b.language
                from files f join blobs b on b.id = f.blob_id and b.skip = ''
                left join history_paths h on h.path = f.path
                where f.tree_id = ? and f.path in ({marks(some)})""",
            (tree_id, *some),
        )
        found.update(
            {row[0]: (row[1], row[2] or 0.0, newest - (row[3] or 0), row[4]) for row in rows}
        )
    return found


def linked(
    db: Database, tree_id: int, paths: Iterable[str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs (path, what it imports) and (path, who imports it) for these paths."""
    some = sorted(paths)
    imports = [
        (path, target)
        for path in some
        for target in sorted({row[0] for row in db.rows(_IMPORTS, (tree_id, path))})
    ]
    importers = db.rows(
        f"""select distinct target, path from links
            where tree_id = ? and target in ({marks(some)}) order by 1, 2""",
        (tree_id, *some),
    )
    return imports, [(row[0], row[1]) for row in importers]


def _age(time: int, newest: Sequence[int]) -> int:
    """How many commits are newer; where more are than we look at, as many as that."""
    return bisect_left(newest, -time)


def _touched(db: Database, commits: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The paths of each commit, under the names they have now."""
    rows = db.rows(
        f"""select c.commit_id, p.path from commit_paths c
            join history_paths p on p.id = c.path_id where c.commit_id in {numbers(commits)}"""
    )
    successors = renames.successors_of(db, {row[1] for row in rows})
    found: dict[int, dict[str, None]] = {}
    for commit, path in rows:
        found.setdefault(commit, {})[renames.followed(path, successors)] = None
    return {commit: tuple(sorted(paths)) for commit, paths in found.items()}
