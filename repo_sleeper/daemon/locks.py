"""Held file locks: the proof that a process lives, released by the kernel on any death."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repo_sleeper.errors import StoreError

_POLL = 0.02
_LONGEST = 1 << 16  # bytes of what a holder writes
# A pipe that came with a downloaded repository must not be waited for.
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Lock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def inscribe(self, text: str) -> None:
        """Write who holds it; only while the lock is held is it believed."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def is_at(self, path: Path) -> bool:
        """Whether the file we hold is still the one others would find."""
        ours = os.fstat(self._descriptor)
        return is_still(path, (ours.st_dev, ours.st_ino))

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes hold two locks."""
        os.close(self._descriptor)


def take(
    path: Path, *, wait: float = 0.0, clock: Callable[[], float] = time.monotonic
) -> Lock | None:
    """The lock, or None when another process still holds it after `wait` seconds."""
    descriptor = _open(path)
    deadline = clock() + wait
    while not _locked(descriptor, fcntl.LOCK_EX):
        if clock() >= deadline:
            os.close(descriptor)
            return None
        time.sleep(_POLL)
    return Lock(descriptor)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock; asks without standing in anyone's way for long."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    except OSError:
        return False
    try:
        return _is_plain(descriptor) and not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def inscribed(path: Path) -> dict[str, Any]:
    """What the holder wrote down; {} when nobody holds it, or it is not what we write."""
    return written(path) if is_held(path) else {}


def written(path: Path) -> dict[str, Any]:
    """What was last written into a lock, whether or not somebody holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    except OSError:
        return {}
    try:
        found = json.loads(os.read(descriptor, _LONGEST)) if _is_plain(descriptor) else {}
    except (OSError, ValueError):
        return {}
    finally:
        os.close(descriptor)
    return found if isinstance(found, dict) else {}


def identity(path: Path) -> tuple[int, int] | None:
    """Which file is found there, whatever its name; None when there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_still(path: Path, known: tuple[int, int] | None) -> bool:
    """Whether the file found there is the one we know, or none is where we know of none.

    Only a clear answer tells that a file went: where a disk fails, or a folder may not be
    entered, nobody finds another one either.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return known is None
    except OSError:
        return known is not None
    return (found.st_dev, found.st_ino) == known


@contextmanager
def held(path: Path, *, wait: float = 0.0) -> Iterator[bool]:
    """Hold the lock for a block if it can be had; the block is told whether it was."""
    lock = take(path, wait=wait)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock for a block beside others who share it; none of them can be told apart.

    Whoever has it for themselves has it for a moment, and is waited for.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened for writing: {error.strerror}",
            hint="sleeper needs to write inside the repository's git directory",
        ) from error
    if _is_plain(descriptor):
        return descriptor
    os.close(descriptor)
    raise StoreError(f"{path} is not a regular file", hint="remove it, then try again")


def _is_plain(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
