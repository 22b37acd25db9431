"""The work tree as a scan saw it, and what a reconcile did about it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Signature(NamedTuple):
    """What `lstat` says of a file; when it is unchanged the content is taken as unchanged.

    ctime and inode are part of it because size and mtime can both be restored.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class SkipReason(StrEnum):
    """Why a file is not indexed. Shown by `sleeper status --skipped`."""

    BINARY = "binary"
    GENERATED = "generated"
    LOCK_FILE = "lock-file"
    MINIFIED = "minified"
    NOT_REGULAR = "not-regular"
    SECRET = "secret"  # noqa: S105 -- a reason, not a secret
    SETTINGS = "ignored-by-settings"
    SUBMODULE = "submodule"
    SYMLINK = "symlink"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    VENDORED = "vendored"
    LFS = "lfs-pointer"
    PARSER_CRASHED = "parser-crashed"
    PARSER_TIMEOUT = "parser-timeout"
    TOO_DEEP = "too-deep"


class Scan(NamedTuple):
    """The tree as it is on disk: what may be indexed, and what may not with the reason.

    `complete` is False when git could not say what is ignored: then nothing may be sent to a
    model, and `doubt` is why. `absent` holds tracked paths that a sparse checkout leaves out:
    absent, not deleted.
    """

    files: dict[str, Signature]
    skipped: dict[str, SkipReason]
    absent: frozenset[str] = frozenset()
    complete: bool = True
    doubt: str = ""


class Changes(NamedTuple):
    """What a reconcile did. `parsed` counts contents never seen before."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    parsed: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path whose content is not what it was, in order."""
        return tuple(sorted((*self.added, *self.changed, *self.removed)))
