"""What the stored commits say of each path: how often it changed, was mended, and when."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from repo_sleeper.store import renames
from repo_sleeper.store.database import Database

SWEEP = 30  # a commit of more paths is no work on any one of them
_QUARTER = 13 * 7 * 86_400  # seconds


class PathRecord(NamedTuple):
    """How often a path was changed, and how often in order to mend something."""

    path: str
    touches: int
    fixes: int


class Quarter(NamedTuple):
    """The changes of a path in thirteen weeks, `age` of them before the newest commit."""

    age: int
    touches: int
    fixes: int
    first: int
    last: int


def path_records(db: Database) -> list[PathRecord]:
    """Changes and fixes of each path over the whole history, as now named; sweeps left out."""
    names = renames.current_names(db)
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in db.rows(
        "select p.path, count(*) as touches, sum(c.is_fix) as fixes from commits c"
        " join commit_paths cp on cp.commit_id = c.id join history_paths p on p.id = cp.path_id"
        " where c.files <= ? group by p.id",
        (SWEEP,),
    ):
        total = totals[names.get(row["path"], row["path"])]
        total[0] += row["touches"]
        total[1] += row["fixes"]
    return [PathRecord(path, *totals[path]) for path in sorted(totals)]


def path_ages(db: Database) -> dict[str, tuple[int, int]]:
    """When each path was first and last changed, as far back as commits are stored.

    Paths as now named; what a file did under older names counts. Merges bring no paths.
    """
    names = renames.current_names(db)
    ages: dict[str, tuple[int, int]] = {}
    for path, first, last in db.execute(
        "select p.path, min(c.time), max(c.time) from commit_paths cp"
        " join commits c on c.id = cp.commit_id join history_paths p on p.id = cp.path_id"
        " group by cp.path_id"
    ):
        name = names.get(path, path)
        before = ages.get(name, (first, last))
        ages[name] = (min(before[0], first), max(before[1], last))
    return dict(sorted(ages.items()))


def path_quarters(db: Database, *, most: int) -> dict[str, list[Quarter]]:
    """Changes and fixes of each path in the last quarters of the history, the newest first.

    Counted back from the newest commit, not from today: what is stored alone decides. Paths as
    now named; sweeps left out.
    """
    names = renames.current_names(db)
    found: dict[str, list[Quarter]] = defaultdict(list)
    for path, *counted in db.execute(
        "select p.path, (newest - c.time) / :quarter as age, count(*), sum(c.is_fix),"
        " min(c.time), max(c.time) from (select max(time) as newest from commits)"
        " join commits c on c.time > newest - :quarter * :most"
        " join commit_paths cp on cp.commit_id = c.id join history_paths p on p.id = cp.path_id"
        " where c.files <= :sweep group by p.id, age order by age, p.path",
        {"quarter": _QUARTER, "most": most, "sweep": SWEEP},
    ):
        found[names.get(path, path)].append(Quarter(*counted))
    return dict(found)
