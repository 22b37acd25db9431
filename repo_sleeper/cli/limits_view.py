"""What of a repository could not be read as well as the rest, and why: said, never passed over."""

from __future__ import annotations

import posixpath
from collections import Counter

from repo_sleeper import git
from repo_sleeper.cli import output
from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.git import Repository
from repo_sleeper.index.languages import TEXT, language_named
from repo_sleeper.recall.file_kinds import is_code
from repo_sleeper.store import extent
from repo_sleeper.store.database import Database

_SHOWN = 4
# What nobody chose to leave out, and nobody would guess.
_FAILED = (
    SkipReason.UNREADABLE,
    SkipReason.PARSER_CRASHED,
    SkipReason.PARSER_TIMEOUT,
    SkipReason.TOO_DEEP,
)


def limits(db: Database, tree_id: int, repo: Repository) -> list[str]:
    """One line for each limit of the index and the history; none where there is no limit."""
    found = [unread(db, tree_id), _broken(db, tree_id), _failed(db, tree_id)]
    if not git.head(repo):
        found.append("no commits yet: nothing is known of changes")
    elif git.cut_off_at(repo):
        found.append("a shallow clone: the history ends where it was cut off")
    elif git.is_treeless(repo):
        found.append("a clone without trees: of old commits it is not known what they changed")
    return [one for one in found if one]


def unread(db: Database, tree_id: int) -> str:
    """Code in languages without a grammar here: '.ex 5, .hs 5: searched as text only'."""
    paths = (path for path in extent.paths_in(db, tree_id, "text") if _has_no_grammar(path))
    endings = Counter(posixpath.splitext(path)[1].lower() for path in paths)
    most = sorted(endings.items(), key=lambda item: (-item[1], item[0]))
    if not most:
        return ""
    shown = ", ".join(f"{ending} {count:,}" for ending, count in most[:_SHOWN])
    more = f" and {len(most) - _SHOWN} more" if len(most) > _SHOWN else ""
    return f"{shown}{more}: no grammar here, searched as text only"


def _has_no_grammar(path: str) -> bool:
    """A component of Vue without a script is text as well, and nothing of it is left unread."""
    return is_code(path, TEXT) and language_named(path) == TEXT


def _broken(db: Database, tree_id: int) -> str:
    broken = extent.broken_counts(db, tree_id)
    if not broken:
        return ""
    most = sorted(broken.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{language} {count:,}" for language, count in most[:_SHOWN])
    files = output.count(sum(broken.values()), "file")
    return f"{files} with syntax the grammar does not follow ({shown}): read as far as it does"


def _failed(db: Database, tree_id: int) -> str:
    reasons = Counter(extent.skipped(db, tree_id).values())
    failed = [f"{reason} {reasons[reason]:,}" for reason in _FAILED if reasons[reason]]
    if not failed:
        return ""
    files = output.count(sum(reasons[reason] for reason in _FAILED), "file")
    return f"{files} not read ({', '.join(failed)}): `sleeper status --skipped` lists them"
