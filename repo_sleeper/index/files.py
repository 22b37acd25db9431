"""Files on their way into the index: which language each is read in, and what its bytes are."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from repo_sleeper.domain.text import as_utf8
from repo_sleeper.domain.tree import Scan, Signature, SkipReason
from repo_sleeper.index.contents import Read, read_file, skip_by_content
from repo_sleeper.index.languages import (
    CONTAINERS,
    LANGUAGES,
    TEXT,
    grammar_label,
    is_left_open,
    language_named,
    language_of,
)
from repo_sleeper.store import contents
from repo_sleeper.store.tree import Tree

_RACY_S = 2.0
# A modification time no file has: what it is stored for is read again next time.
_NEVER = -1
_READ_AT_ONCE = 64

Identity = tuple[str, str]  # content hash, grammar


class Labels:
    """Which language, and so which grammar, a path is read with under the settings."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        names = (TEXT, *(one.name for one in LANGUAGES), *CONTAINERS)
        self._by_name = {one: grammar_label(self._wanted_or_text(one)) for one in names}
        self._current = frozenset(self._by_name.values())

    def language(self, path: str, data: bytes) -> str:
        return self._wanted_or_text(language_of(path, data))

    def is_current(self, path: str, grammar: str) -> bool:
        """Whether rows made with this grammar are what we would make now."""
        named = language_named(path)
        if is_left_open(path, named):
            return grammar in self._current
        return grammar == self._by_name[named]

    def _wanted_or_text(self, name: str) -> str:
        # The cells of a notebook are text at least; as JSON they would be nothing.
        is_wanted = not self._wanted or name in self._wanted or name == "notebook"
        return name if is_wanted else TEXT


class File(NamedTuple):
    """A path with the identity of the bytes just read from it."""

    path: str
    identity: Identity
    signature: Signature
    language: str
    data: bytes
    skip: SkipReason | None


class Reader:
    """Reads files in order, and notes those that cannot be read."""

    def __init__(self, tree: Tree, scan: Scan, labels: Labels, now: float) -> None:
        self.unread: dict[str, SkipReason] = {}
        self.vanished: set[str] = set()
        self._db = tree.db
        self._root = os.fsencode(tree.root)
        self._scan = scan
        self._labels = labels
        self._racy_ns = int((now - _RACY_S) * 1e9)

    def groups(self, paths: Iterable[str]) -> Iterator[tuple[list[File], dict[Identity, int]]]:
        """Files in groups, with the contents among them that are stored already."""
        rest = iter(paths)
        while some := list(islice(rest, _READ_AT_ONCE)):
            files = [file for path in some if (file := self._read(path)) is not None]
            yield files, contents.known_contents(self._db, [file.identity for file in files])

    def _read(self, path: str) -> File | None:
        found = read_file(self._root, path, self._scan.files[path])
        if found is None:
            self.vanished.add(path)
            return None
        if isinstance(found, SkipReason):
            self.unread[path] = found
            return None
        from hashlib import sha256  # only where something differs

        data = as_utf8(found.data)
        language = self._labels.language(path, data)
        return File(
            path,
            (sha256(found.data).hexdigest()[:32], grammar_label(language)),
            self._trusted(found),
            language,
            data,
            skip_by_content(path, data, language),
        )

    def _trusted(self, found: Read) -> Signature:
        """The signature to remember: one that matches nothing if it may change unseen.

        Two writes within the tick of the file system's clock look like one, so a file changed
        just now is read again next time. The change time counts: nobody can set that back.
        """
        if found.settled and found.signature.ctime_ns < self._racy_ns:
            return found.signature
        return found.signature._replace(mtime_ns=_NEVER)
