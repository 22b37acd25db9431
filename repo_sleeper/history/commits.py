"""Imports the history from git, only what is new, and derives churn and co-change from it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper import git
from repo_sleeper.domain.history import Commit
from repo_sleeper.errors import GitError
from repo_sleeper.git import Repository
from repo_sleeper.git.past import names_at
from repo_sleeper.history.churn import decayed_churn
from repo_sleeper.history.cochange import confidences
from repo_sleeper.redact import clean
from repo_sleeper.store import history, renames
from repo_sleeper.store.database import Database

if TYPE_CHECKING:
    from repo_sleeper.history.ahead import Ahead

_HEADS = "history_heads"  # where each work tree's history was last read: they share one store
_LIMIT = "history_limit"
_READING = 3  # another number has every store read its history again: what we make of it changed
_LONGEST_SUBJECT = 300
_LONGEST_BODY = 2_000
# Beyond these nothing changes what we derive: ten half-lives, and habits of years ago.
_CHURN_COMMITS = 2_000
_CO_CHANGE_COMMITS = 5_000
_SWEEP = 200  # a commit of more paths is a reformat or an import, not work on each of them


class _Difference(NamedTuple):
    """What the store has to learn, newest first, and to forget."""

    new: list[str]
    gone: set[str]


def import_history(
    db: Database, repo: Repository, *, limit: int, head: str = "", ahead: Ahead | None = None
) -> int:
    """Make the store hold the newest `limit` commits; how many were not there before.

    `head` asks for the history as another commit has it, instead of the one checked out. `ahead`
    has been reading the history of a store that has none yet.
    """
    newest = head or git.head(repo)
    recorded = _recorded_heads(db)
    heads = {place: oid for place, oid in recorded.items() if Path(place).exists()}
    place = str(repo.git_dir)
    extent = _extent(repo, limit)
    is_complete = heads == recorded  # else what only a removed work tree contained has to go
    if db.meta(_LIMIT) == extent and heads.get(place, "") == newest and is_complete:
        return 0
    with db.transaction():
        renames.forget_standing(db)
        if db.meta(_LIMIT) != extent:
            history.forget_history(db)
            heads = {}
        others = [oid for other, oid in heads.items() if other != place]
        known = history.known_commits(db)
        told = ahead.told(newest) if ahead is not None and not known else None
        if told is None:
            old = heads.get(place, "") if is_complete else ""
            difference = _progress(repo, known, old=old, new=newest, limit=limit) or _comparison(
                repo, known, heads=(newest, *others), limit=limit
            )
            history.remove_commits(db, difference.gone)
            count, commits = len(difference.new), git.tell(repo, difference.new[::-1])
        else:
            count, commits = len(told), iter(told)
        history.add_commits(db, _storable(commits))
        renames.keep_standing(db, _names_at(repo, newest) if renames.are_any(db) else ())
        _derive(db)
        db.set_meta(_HEADS, json.dumps({**heads, place: newest}, sort_keys=True))
        db.set_meta(_LIMIT, extent)
    return count


def _extent(repo: Repository, limit: int) -> str:
    """How far back there is anything to read, and how we read it: setting, depth, our rules."""
    depth = sorted(git.cut_off_at(repo))
    cut_off = f" {sha256(repr(depth).encode()).hexdigest()[:16]}" if depth else ""
    return f"{limit} by {_READING}{cut_off}"


def _recorded_heads(db: Database) -> dict[str, str]:
    """The commit each work tree was last seen at, also of those that have been removed since."""
    recorded: dict[str, str] = json.loads(db.meta(_HEADS) or "{}")
    return recorded


def _progress(
    repo: Repository, known: set[str], *, old: str, new: str, limit: int
) -> _Difference | None:
    """The cheap and usual case, that commits were only added; None if it is not that.

    Nor is it where the oldest have to make room.
    """
    if not old or not new or not git.is_ancestor(repo, old, new):
        return None
    oids = git.commit_ids(repo, new, limit=limit, after=old)
    found = [oid for oid in oids if oid not in known]
    return _Difference(found, set()) if len(known) + len(found) <= limit else None


def _comparison(
    repo: Repository, known: set[str], *, heads: Sequence[str], limit: int
) -> _Difference:
    """After a rewrite or a switch: all that the heads contain against all that is stored."""
    here = _contained(repo, heads[0], limit)
    elsewhere = [oid for head in heads[1:] for oid in _contained(repo, head, limit)]
    new = [oid for oid in here if oid not in known]
    return _Difference(new, known.difference(here, elsewhere))


def _contained(repo: Repository, head: str, limit: int) -> list[str]:
    try:
        return git.commit_ids(repo, head, limit=limit) if head else []
    except GitError:
        return []  # the head of another work tree may have been collected since


def _names_at(repo: Repository, commit: str) -> frozenset[str]:
    try:
        return names_at(repo, commit) if commit else frozenset()
    except GitError:
        return frozenset()  # a clone may lack the folders of its head


def _storable(commits: Iterable[Commit]) -> Iterator[tuple[Commit, bool]]:
    from repo_sleeper.history.fixes import is_fix, without_trailers  # 6 ms, where there is news

    for commit in commits:
        subject = clean(commit.subject)[:_LONGEST_SUBJECT]
        body = without_trailers(clean(commit.body)).strip()
        if (subject, body) != (commit.subject, commit.body) or len(body) > _LONGEST_BODY:
            yield commit._replace(subject=subject, body=body[:_LONGEST_BODY]), is_fix(subject)
        else:
            yield commit, is_fix(subject)


def _derive(db: Database) -> None:
    changes = history.recent_changes(db, limit=_CO_CHANGE_COMMITS)
    touches: dict[str, list[int]] = defaultdict(list)
    for age, paths in enumerate(changes[:_CHURN_COMMITS]):
        for path in paths if len(paths) <= _SWEEP else ():
            touches[path].append(age)
    history.save_churn(db, decayed_churn(touches))
    history.save_co_changes(db, confidences(changes))
