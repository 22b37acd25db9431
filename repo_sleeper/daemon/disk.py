"""A full disk: how the system and SQLite tell it, and the one line a person gets."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repo_sleeper.errors import DiskFullError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_FULL = 13
_SQLITE_VAGUE = frozenset({10, 14})  # an I/O error, or a file that cannot be opened
SPARE_BYTES = 64 * 1024


@contextmanager
def told_if_full(place: Path) -> Iterator[None]:
    """Have whatever fails in a block because the disk of `place` is full say just that."""
    try:
        yield
    except Exception as error:
        if (full := full_disk(error, place)) is not None:
            raise full from error
        raise


def full_disk(error: BaseException, place: Path) -> DiskFullError | None:
    """What to tell the person if an error, or what led to it, means a full disk."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DiskFullError):
            return cause
        if _means_full(cause, place):
            return DiskFullError(
                "the disk is full, so nothing more can be written",
                hint="free some space, then try again",
            )
        cause = cause.__cause__
    return None


def _means_full(error: BaseException, place: Path) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # SQLite's own, without importing it
    return code == _SQLITE_FULL or (code in _SQLITE_VAGUE and _is_out_of_space(place))


def _is_out_of_space(place: Path) -> bool:
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < SPARE_BYTES
