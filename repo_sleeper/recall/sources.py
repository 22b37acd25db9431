"""The lines of files as a context may show them: what the index has read, or nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from repo_sleeper.digest import sha256
from repo_sleeper.domain.paths import path_to_bytes
from repo_sleeper.domain.text import as_text
from repo_sleeper.redact import MOST_SECRETS, is_secret_path, redact
from repo_sleeper.store import search
from repo_sleeper.store.tree import Tree

_READ_MAX = 4 * 1024 * 1024


class Sources:
    """Files of one tree, each read once. What is to be `sent` is without stores of secrets."""

    def __init__(self, tree: Tree, *, sent: bool) -> None:
        self._tree = tree
        self._sent = sent
        self._known: dict[str, list[str]] = {}
        self._raw: dict[str, list[str]] = {}

    def lines(self, path: str) -> Sequence[str]:
        """The lines of a file if it still is what the index has read; without its secrets."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def raw(self, path: str) -> Sequence[str]:
        """The same as it stands, for what tells only where lines are."""
        if path not in self._raw:
            data = self._bytes(path)
            self._raw[path] = as_text(data).split("\n") if data else []
        return self._raw[path]

    def is_as_read(self, path: str) -> bool:
        """Whether a file still is what the index has read, which may lag behind a busy daemon."""
        return bool(self._bytes(path))

    def _bytes(self, path: str) -> bytes:
        root = os.fsencode(self._tree.root)
        data = _bytes_of(os.path.join(root, path_to_bytes(path)))  # noqa: PTH118 -- bytes
        known = search.content_hash(self._tree.db, self._tree.id, path)
        return data if sha256(data).hexdigest()[:32] == known else b""

    def _read(self, path: str) -> list[str]:
        data = self._bytes(path)
        if not data:
            return []
        text = as_text(data)
        # What is packed is redacted there. Only a key over many lines must be seen as a whole.
        if self._sent or "PRIVATE KEY" in text:
            text, secrets = redact(text)
            if self._sent and (secrets > MOST_SECRETS or is_secret_path(path)):
                return []
        return text.split("\n")


def _bytes_of(file: bytes) -> bytes:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _READ_MAX:
            return b""
        return os.read(descriptor, _READ_MAX)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
