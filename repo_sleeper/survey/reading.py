"""Reads lines of files in the work tree without ever leaving it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from repo_sleeper.domain.paths import path_to_bytes
from repo_sleeper.domain.text import as_utf8

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


class Texts(Mapping[str, bytes]):
    """The contents of files, in one piece of memory that can be searched as a whole.

    A content is copied out when it is asked for: of thousands, few are needed at a time.
    """

    def __init__(self, contents: Mapping[str, bytes] = MappingProxyType({})) -> None:
        self.whole = bytearray()
        self._places: dict[str, tuple[int, int]] = {}
        for path, data in contents.items():
            self.add(path, data)

    def add(self, path: str, data: bytes) -> None:
        """One more, with a line break after it, so that no word goes on in the next."""
        start = len(self.whole)
        self.whole += data
        self.whole += b"\n"
        self._places[path] = (start, start + len(data))

    def only(self, paths: Iterable[str]) -> Texts:
        """The same piece of memory, and of its contents these."""
        some = Texts()
        some.whole = self.whole
        some._places = {path: self._places[path] for path in paths}
        return some

    def __getitem__(self, path: str) -> bytes:
        start, end = self._places[path]
        with memoryview(self.whole) as whole:
            return bytes(whole[start:end])

    def __contains__(self, path: object) -> bool:
        return path in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def line_of(lines: Sequence[str], number: int) -> str:
    """One line, empty where there is none any more."""
    return lines[number] if number < len(lines) else ""


def read_all(root: Path, paths: Iterable[str]) -> Texts:
    """The contents of all files, or of as many as fit into a bound on memory."""
    found = Texts()
    with closing(_Way(root)) as way:
        for path in paths:
            found.add(path, way.content(path))
            if len(found.whole) > _MOST_TOGETHER:
                break
    return found


def read_lines(root: Path, path: str) -> list[str]:
    """The lines of a regular file; none if it is anything else, too large or gone."""
    return read_bytes(root, path).decode("utf-8", "replace").splitlines()


def read_bytes(root: Path, path: str) -> bytes:
    """The content of a regular file; empty if it is anything else, too large or gone."""
    with closing(_Way(root)) as way:
        return way.content(path)


class _Way:
    """The folders down to the file read last: most often the next one is beside it.

    Folder by folder, so that no link among them leads out of the tree.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: list[bytes] = []
        self._folders: list[int] = []  # the root first, so one more than the names

    def close(self) -> None:
        """Leave every folder."""
        self._names.clear()
        while self._folders:
            os.close(self._folders.pop())

    def content(self, path: str) -> bytes:
        """As `read_bytes`."""
        *above, name = path_to_bytes(path).split(b"/")
        try:
            return as_utf8(_content(self._entered(above), name))
        except OSError:
            return b""

    def _entered(self, above: list[bytes]) -> int:
        if not self._folders:
            self._folders.append(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        while self._names != above[: len(self._names)]:
            self._names.pop()
            os.close(self._folders.pop())
        for name in above[len(self._names) :]:
            inner = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=self._folders[-1])
            self._folders.append(inner)
            self._names.append(name)
        return self._folders[-1]


def _content(folder: int, name: bytes) -> bytes:
    handle = os.open(name, _FLAGS, dir_fd=folder)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST:
            return b""
        return _all(handle, about.st_size)
    finally:
        os.close(handle)


def _all(handle: int, size: int) -> bytes:
    # Not by a file object, which takes longer to make than most files take to read.
    parts: list[bytes] = []
    while size > 0 and (part := os.read(handle, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
