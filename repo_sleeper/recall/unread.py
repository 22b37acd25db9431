"""What a question may be about and the index has not read: said, where it would else be silence."""

from __future__ import annotations

import re
from collections import Counter

from repo_sleeper.store import extent, search
from repo_sleeper.store.database import Database
from repo_sleeper.words import parts

_WHERE = "`sleeper status --skipped` lists them"
_WRITTEN = re.compile(r"[^\s`'\"“”(),:;?!<>]+")
_MOST_WRITTEN = 40
_MOST_NAMED = 3
_MOST_REASONS = 3


def named(db: Database, tree_id: int, text: str) -> list[str]:
    """A sentence for each skipped file whose path the text has, whole or its end."""
    written = _paths_in(text)
    if not written:
        return []
    skipped = extent.skipped(db, tree_id)
    found: dict[str, None] = {}
    for one in written:
        if one in skipped:
            found[one] = None
        elif not _is_indexed(db, tree_id, one):
            found.update((path, None) for path in skipped if path.endswith(f"/{one}"))
    return [f"{path} is not indexed: {skipped[path]}." for path in list(found)[:_MOST_NAMED]]


def counted(db: Database, tree_id: int) -> list[str]:
    """How many files are not indexed, and the commonest reasons; nothing where all are."""
    reasons = Counter(extent.skipped(db, tree_id).values())
    total = reasons.total()
    if not total:
        return []
    common = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{count:,} {reason}" for reason, count in common[:_MOST_REASONS])
    more = ", ..." if len(common) > _MOST_REASONS else ""
    are = "1 file is" if total == 1 else f"{total:,} files are"
    return [f"{are} not indexed ({told}{more}): {_WHERE}."]


def _paths_in(text: str) -> list[str]:
    """Words that are written as paths are: with a folder or an ending."""
    words = (one.rstrip(".").removeprefix("./") for one in _WRITTEN.findall(text))
    return [one for one in words if "/" in one or "." in one][:_MOST_WRITTEN]


def _is_indexed(db: Database, tree_id: int, written: str) -> bool:
    """Whether it may mean a file that the index does have."""
    near = search.paths_ending(db, tree_id, parts(written))
    return any(f"/{path}".endswith(f"/{written}") for path in near)
