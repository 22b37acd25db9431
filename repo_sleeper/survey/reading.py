"""Reads lines of files in the work tree without ever leaving it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from repo_sleeper.domain.paths import path_to_bytes

_MOST = 1 << 20
_MOST_TOGETHER = 64 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Sources:
    """Lines of the tree's files, each file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, list[str]] = {}

    def lines(self, path: str) -> list[str]:
        """The lines of a file."""
        if path not in self._lines:
            self._lines[path] = read_lines(self._root, path)
        return self._lines[path]


def line_of(lines: Sequence[str], number: int) -> str:
    """One line, empty where there is none any more."""
    return lines[number] if number < len(lines) else ""


def read_all(root: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """The contents of all files, or of as many as fit into a bound on memory."""
    found: dict[str, bytes] = {}
    left = _MOST_TOGETHER
    for path in paths:
        found[path] = read_bytes(root, path)
        left -= len(found[path])
        if left < 0:
            break
    return found


def read_lines(root: Path, path: str) -> list[str]:
    """The lines of a regular file; none if it is anything else, too large or gone."""
    return read_bytes(root, path).decode("utf-8", "replace").splitlines()


def read_bytes(root: Path, path: str) -> bytes:
    """The content of a regular file; empty if it is anything else, too large or gone.

    Folder by folder, so that no link among them leads out of the tree.
    """
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return b""
    *above, name = path_to_bytes(path).split(b"/")
    try:
        for part in above:
            folder = _entered(folder, part)
        return _content(folder, name)
    except OSError:
        return b""
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
