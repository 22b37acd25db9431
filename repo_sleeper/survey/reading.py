"""Reads lines of files in the work tree without ever leaving it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from repo_sleeper.domain import path_to_bytes

_MOST = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_lines(root: Path, path: str) -> list[str]:
    """The lines of a regular file; none if it is anything else, too large or gone.

    Folder by folder, so that no link among them leads out of the tree.
    """
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return []
    *above, name = path_to_bytes(path).split(b"/")
    try:
        for part in above:
            folder = _entered(folder, part)
        return _content(folder, name).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    finally:
        os.close(folder)


def _entered(folder: int, name: bytes) -> int:
    inner = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
    os.close(folder)
    return inner


def _content(folder: int, name: bytes) -> bytes:
    with os.fdopen(os.open(name, _FLAGS, dir_fd=folder), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST:
            return b""
        return file.read(_MOST)
