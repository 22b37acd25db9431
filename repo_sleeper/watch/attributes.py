"""Which files a repository itself calls generated or another's: `linguist-...` in attributes."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from typing import TYPE_CHECKING

from repo_sleeper import git
from repo_sleeper.domain.paths import path_to_bytes
from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.errors import GitError

if TYPE_CHECKING:
    from repo_sleeper.git import Repository

_NAME = ".gitattributes"
_WORD = b"linguist-"
_MOST = 1 << 20  # bytes of one file; whoever writes more has it generated
_REASONS = {
    "linguist-generated": SkipReason.GENERATED,
    "linguist-vendored": SkipReason.VENDORED,
}


def marked(repo: Repository, paths: Collection[str]) -> dict[str, SkipReason]:
    """Those of the paths that are marked. Git is only asked where a file speaks of it at all."""
    if not _is_spoken_of(repo, paths):
        return {}
    try:
        found = list(git.attributed(repo, list(paths), list(_REASONS)))
    except GitError:
        return {}  # reading too much is the smaller harm: nothing of this is private
    return {path: _REASONS[name] for path, name in found if path in paths}


def _is_spoken_of(repo: Repository, paths: Collection[str]) -> bool:
    own = os.fsencode(repo.common_dir / "info" / "attributes")
    root = os.fsencode(repo.root)
    named = (path for path in paths if path.endswith(_NAME))
    listed = (root + b"/" + path_to_bytes(path) for path in named)
    return any(_WORD in _content(file) for file in (own, *listed))


def _content(file: bytes) -> bytes:
    """What is in a small plain file; nothing for a link, a pipe or what cannot be read."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        is_plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, _MOST) if is_plain else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)
