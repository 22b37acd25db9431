"""What became of paths: each was renamed to its successor, and that perhaps to another."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from repo_sleeper.domain.history import Commit
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import batches, marks

_STANDING = "history_standing"  # renamed elsewhere, yet there: what they were renamed to


def note(successors: dict[str, str | None], commits: Sequence[Commit]) -> None:
    """Oldest first: what is seen last of a path is what became of it.

    A change under an old name ends nothing: another branch may not have heard of the new one.
    """
    for commit in commits:
        successors.update(commit.renames)
        successors.update(dict.fromkeys(commit.begun))


def save(db: Database, successors: Mapping[str, str | None]) -> None:
    """Keep what is noted; paths without a successor forget the one they had."""
    db.many(
        "update history_paths set successor = ? where path = ?",
        [(successor, path) for path, successor in successors.items()],
    )


def are_any(db: Database) -> bool:
    """Whether any path was renamed."""
    found: int = db.value("select exists (select 1 from history_paths where successor is not null)")
    return found == 1


def keep_standing(db: Database, paths: Collection[str]) -> None:
    """Have the paths of the head keep their names, whatever another line of history did to them.

    A repository that was merged into a folder of this one had its own README.md and moved it.
    """
    rows = db.rows("select path, successor from history_paths where successor is not null")
    standing = {path: successor for path, successor in rows if path in paths}
    save(db, dict.fromkeys(standing))
    db.set_meta(_STANDING, json.dumps(standing, sort_keys=True) if standing else None)


def forget_standing(db: Database) -> None:
    """Have the successors again as they were noted, for another head."""
    save(db, json.loads(db.meta(_STANDING) or "{}"))
    db.set_meta(_STANDING, None)


def current_names(db: Database) -> dict[str, str]:
    """For each path that was renamed, the name at the end of the chain."""
    rows = db.rows("select path, successor from history_paths where successor is not null")
    successors = {row["path"]: row["successor"] for row in rows}
    return {path: followed(path, successors) for path in successors}


def successors_of(db: Database, paths: Iterable[str]) -> dict[str, str]:
    """What these paths were renamed to, and what that was renamed to, to the end."""
    found: dict[str, str] = {}
    wanted = set(paths)
    while wanted:
        renamed = {path: to for path, to in _renamed(db, wanted) if path not in found}
        found |= renamed
        wanted = set(renamed.values()) - found.keys()
    return found


def followed(path: str, successors: Mapping[str, str]) -> str:
    """The last name of a path; a ring of renames ends where it began to repeat itself."""
    seen = {path}
    while (following := successors.get(path)) is not None and following not in seen:
        path = following
        seen.add(path)
    return path


def _renamed(db: Database, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for some in batches(sorted(paths)):
        rows = db.rows(
            f"""select path, successor from history_paths
                where path in ({marks(some)}) and successor is not null""",
            some,
        )
        yield from ((row[0], row[1]) for row in rows)
