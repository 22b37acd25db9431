"""Imports the history from git, only what is new, and derives churn and co-change from it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper import git
from repo_sleeper.domain.history import Commit
from repo_sleeper.errors import GitError
from repo_sleeper.git import Repository
from repo_sleeper.history.churn import decayed_churn
from repo_sleeper.history.cochange import confidences
from repo_sleeper.redact import clean
from repo_sleeper.store import history
from repo_sleeper.store.database import Database

if TYPE_CHECKING:
    from repo_sleeper.history.ahead import Ahead

_HEADS = "history_heads"  # where each work tree's history was last read: they share one store
_LIMIT = "history_limit"
_LONGEST_SUBJECT = 300
_LONGEST_BODY = 2_000
# Beyond these nothing changes what we derive: ten half-lives, and habits of years ago.
_CHURN_COMMITS = 2_000
_CO_CHANGE_COMMITS = 5_000
_SWEEP = 200  # a commit of more paths is a reformat or an import, not work on each of them

_MEND = re.compile(r"\bfix(e[sd]|ing)?\b", re.IGNORECASE)
_DEFECT = re.compile(
    r"\b((bug|hot)-?fix(es)?|bugs?|regress(ion|ed)s?|crash(e[sd]|ing)?"
    r"|segfaults?|deadlocks?|race condition|(memory|resource|fd) leaks?|off[- ]by[- ]one)\b",
    re.IGNORECASE,
)
_COSMETIC = re.compile(
    r"\b(typos?|spelling|grammar|lint(er|ing)?|flake8|pylint|mypy|ruff|black|isort|pre-commit"
    r"|format(ting)?|whitespaces?|indent(ation)?|docs?|documentation|docstrings?|comments?"
    r"|changelog|readme|news|links?|ci|travis|tox|badges?|tests?|typing|type hints?|warnings?"
    r"|code[- ]style|style (?:rules?|issues?)|stylecop|rubocop|clippy|eslint|prettier|phpstan"
    r"|psalm|sonar\w*|error[- ]?prone|analy[sz]ers?|warns|code smells?|nits?"
    r"|[CDEFW]\d{3}|(?:SA|CA|CS|IDE|SC|RUF|PLR|S)\d{4})\b",  # what such tools number
    re.IGNORECASE,
)
# `Add menus, fixes #12`: on many sites these words close what was asked for, whatever it was.
_CLOSES = re.compile(r"\bfix(?:e[sd])?:? +(?:issues? +)?(?:[\w./-]*#|https?:)", re.IGNORECASE)
_MAKES = re.compile(
    r"^\W*(?:feat\w*\W|(?:add|allow|bump|clean|deprecate|document|drop|freeze|implement|improve"
    r"|introduce|make|move|new|refactor|remove|rename|support|update|upgrade)(?:e?[sd])?\b)",
    re.IGNORECASE,
)
# `fix: regex`, `fixed import`: mends the commit before it, in the same branch.
_AFTERTHOUGHT = re.compile(r"^\W*fix(e[sd]|ing)?\b(\W+[a-z]+){0,2}\W*$", re.IGNORECASE)
_TRAILER = re.compile(r"^[A-Z][A-Za-z]*(-[A-Za-z]+)*-by: .*$", re.MULTILINE)


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
    heads = _recorded_heads(db)
    place = str(repo.git_dir)
    extent = _extent(repo, limit)
    if db.meta(_LIMIT) == extent and heads.get(place, "") == newest:
        return 0
    with db.transaction():
        if db.meta(_LIMIT) != extent:
            history.forget_history(db)
            heads = {}
        others = [oid for other, oid in heads.items() if other != place]
        known = history.known_commits(db)
        told = ahead.told(newest) if ahead is not None and not known else None
        if told is None:
            difference = _progress(
                repo, known, old=heads.get(place, ""), new=newest, limit=limit
            ) or _comparison(repo, known, heads=(newest, *others), limit=limit)
            history.remove_commits(db, difference.gone)
            count, commits = len(difference.new), git.tell(repo, difference.new[::-1])
        else:
            count, commits = len(told), iter(told)
        history.add_commits(db, map(_storable, commits))
        _derive(db)
        db.set_meta(_HEADS, json.dumps({**heads, place: newest}, sort_keys=True))
        db.set_meta(_LIMIT, extent)
    return count


def _extent(repo: Repository, limit: int) -> str:
    """How far back there is anything to read: changes with the setting and with the depth."""
    depth = sorted(git.cut_off_at(repo))
    return f"{limit} {sha256(repr(depth).encode()).hexdigest()[:16]}" if depth else str(limit)


def is_fix(subject: str) -> bool:
    """Whether a commit says that it mends the program, rather than its looks, docs or tests."""
    if _DEFECT.search(subject) is None:
        if _MEND.search(subject) is None or _is_closing(subject):
            return False
        if "#" not in subject and _AFTERTHOUGHT.match(subject) is not None:
            return False
    return _COSMETIC.search(subject) is None


def _is_closing(subject: str) -> bool:
    """Whether all that speaks of a fix is that the commit closes an issue by making something."""
    return _MAKES.match(subject) is not None and _MEND.search(_CLOSES.sub("", subject)) is None


def _recorded_heads(db: Database) -> dict[str, str]:
    """The commit each work tree was last seen at; those that were removed do not count."""
    recorded: dict[str, str] = json.loads(db.meta(_HEADS) or "{}")
    return {place: oid for place, oid in recorded.items() if Path(place).exists()}


def _progress(
    repo: Repository, known: set[str], *, old: str, new: str, limit: int
) -> _Difference | None:
    """The cheap and usual case, that commits were only added; None if it is not that."""
    if not old or not new or not git.is_ancestor(repo, old, new):
        return None
    oids = git.commit_ids(repo, new, limit=limit, after=old)
    return _Difference([oid for oid in oids if oid not in known], set())


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


def _storable(commit: Commit) -> tuple[Commit, bool]:
    subject = clean(commit.subject)[:_LONGEST_SUBJECT]
    body = _TRAILER.sub("", clean(commit.body)).strip()  # trailers hold names and addresses
    if (subject, body) != (commit.subject, commit.body) or len(body) > _LONGEST_BODY:
        commit = commit._replace(subject=subject, body=body[:_LONGEST_BODY])
    return commit, is_fix(subject)


def _derive(db: Database) -> None:
    changes = history.recent_changes(db, limit=_CO_CHANGE_COMMITS)
    touches: dict[str, list[int]] = defaultdict(list)
    for age, paths in enumerate(changes[:_CHURN_COMMITS]):
        for path in paths if len(paths) <= _SWEEP else ():
            touches[path].append(age)
    history.save_churn(db, decayed_churn(touches))
    history.save_co_changes(db, confidences(changes))
