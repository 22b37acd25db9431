"""Reconcile: make the store agree with a scan, parsing only contents never seen before."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.domain.text import as_utf8
from repo_sleeper.domain.tree import Changes, Scan, Signature, SkipReason
from repo_sleeper.index.contents import Read, read_file, skip_by_content
from repo_sleeper.index.languages import (
    CONTAINERS,
    LANGUAGES,
    TEXT,
    grammar_label,
    is_decided_by_name,
    language_named,
    language_of,
)
from repo_sleeper.store import code, contents
from repo_sleeper.store.code import StoredFile
from repo_sleeper.store.contents import Content, FileRow
from repo_sleeper.store.database import Database
from repo_sleeper.store.loading import loading

if TYPE_CHECKING:
    from repo_sleeper.index.pool import Parsed, ParserPool, Request

_RACY_S = 2.0
# A modification time no file has: what it is stored for is read again next time.
_NEVER = -1
_READ_AT_ONCE = 64
_STORE_AT_ONCE = 300
_STORE_BYTES = 3 << 20  # so much source at once, so that memory stays flat

Progress = Callable[[int, int], None]
Identity = tuple[str, str]  # content hash, grammar


def reconcile(  # noqa: PLR0913 -- the tree, what it should be, and who is told
    db: Database,
    tree_id: int,
    root: Path,
    scan: Scan,
    *,
    pool: ParserPool | None = None,
    now: float,
    progress: Progress | None = None,
    languages: Collection[str] = (),
    meanwhile: Callable[[], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Changes:
    """Make the stored files of a tree equal to the scan; returns what was different.

    Killed half-way, the next call simply continues: each batch is one transaction, and a file
    whose batch was lost still differs from its stored signature. `meanwhile` is called when the
    last work is handed out to the parsers, if there was any, and after each answer from then on.
    """
    began = clock()
    stored = code.stored_files(db, tree_id)
    labels = _Labels(languages)
    todo = sorted(
        path
        for path, seen in scan.files.items()
        if not _is_as_stored(stored.get(path), path, seen, labels)
    )
    work = _Work(db, tree_id, stored, now, meanwhile)
    with loading(db):
        if todo:
            reader = _Reader(db, os.fsencode(root), scan, labels, now)
            with _at_hand(pool) as parsers, _without_collecting():
                work.take(reader, todo, parsers, progress)
            work.unread, work.vanished = reader.unread, reader.vanished
    gone = stored.keys() - (scan.files.keys() - work.vanished - work.unread.keys())
    contents.remove_files(db, tree_id, gone)
    contents.put_skipped(db, tree_id, _texts({**scan.skipped, **work.unread}))
    return Changes(
        added=tuple(sorted(work.added)),
        changed=tuple(sorted(work.changed)),
        removed=tuple(sorted(gone - scan.absent)),
        parsed=work.parsed,
        seconds=clock() - began,
    )


def _texts(reasons: dict[str, SkipReason]) -> dict[str, str]:
    return {path: reason.value for path, reason in reasons.items()}


@contextmanager
def _at_hand(pool: ParserPool | None) -> Iterator[ParserPool]:
    if pool is not None:
        yield pool
        return
    from repo_sleeper.index.pool import ParserPool

    with ParserPool(keep=False) as own:  # starts nobody until there is something to parse
        yield own


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Rows by the hundred thousand, none in a cycle: looking for one takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Labels:
    """Which language, and so which grammar, a path is read with under the settings."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        names = (*(one.name for one in LANGUAGES), *CONTAINERS)
        self._current = {grammar_label(one) for one in (TEXT, *filter(self._is_wanted, names))}

    def language(self, path: str, data: bytes) -> str:
        found = language_of(path, data)
        return found if self._is_wanted(found) else TEXT

    def is_current(self, path: str, grammar: str) -> bool:
        """Whether rows made with this grammar are what we would make now."""
        if not is_decided_by_name(path):
            return grammar in self._current
        named = language_named(path)
        return grammar == grammar_label(named if self._is_wanted(named) else TEXT)

    def _is_wanted(self, name: str) -> bool:
        # The cells of a notebook are text at least; as JSON they would be nothing.
        return not self._wanted or name in self._wanted or name == "notebook"


def _is_as_stored(known: StoredFile | None, path: str, seen: Signature, labels: _Labels) -> bool:
    return known is not None and known.signature == seen and labels.is_current(path, known.grammar)


class _File(NamedTuple):
    """A path with the identity of the bytes just read from it."""

    path: str
    identity: Identity
    signature: Signature
    language: str
    data: bytes
    skip: SkipReason | None


class _Reader:
    """Reads files in order, and notes those that cannot be read."""

    def __init__(self, db: Database, root: bytes, scan: Scan, labels: _Labels, now: float) -> None:
        self.unread: dict[str, SkipReason] = {}
        self.vanished: set[str] = set()
        self._db = db
        self._root = root
        self._scan = scan
        self._labels = labels
        self._racy_ns = int((now - _RACY_S) * 1e9)

    def groups(self, paths: Iterable[str]) -> Iterator[tuple[list[_File], dict[Identity, int]]]:
        """Files in groups, with the contents among them that are stored already."""
        rest = iter(paths)
        while some := list(islice(rest, _READ_AT_ONCE)):
            files = [file for path in some if (file := self._read(path)) is not None]
            yield files, contents.known_contents(self._db, [file.identity for file in files])

    def _read(self, path: str) -> _File | None:
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
        return _File(
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


class _Work:
    """Files on their way into the store: parsed once for each content, stored in batches."""

    def __init__(
        self,
        db: Database,
        tree_id: int,
        stored: dict[str, StoredFile],
        now: float,
        meanwhile: Callable[[], object] | None,
    ) -> None:
        self.added: list[str] = []
        self.changed: list[str] = []
        self.unread: dict[str, SkipReason] = {}
        self.vanished: set[str] = set()
        self.parsed = 0
        self._db = db
        self._tree_id = tree_id
        self._stored = stored
        self._meanwhile = meanwhile
        self._is_handed_out = False
        self._dirty_at = now if stored else None  # a first index says nothing about activity
        self._waiting: dict[Identity, list[_File]] = {}  # asked for, not answered
        self._numbers: dict[Identity, int | None] = {}  # answered; None: not stored yet
        self._contents: list[Content] = []
        self._bytes = 0
        self._ready: list[_File] = []

    def take(
        self,
        reader: _Reader,
        paths: list[str],
        parsers: ParserPool,
        progress: Progress | None,
    ) -> None:
        """Bring these paths up to date."""
        done = 0
        for parsed in parsers.parse(self._unknown(reader, paths)):
            self._received(parsed)
            self._turn_to_the_rest()
            if len(self._contents) >= _STORE_AT_ONCE or self._bytes >= _STORE_BYTES:
                done += self._store()
                if progress is not None:
                    progress(done, len(paths))
        self._store()
        if progress is not None:
            progress(len(paths), len(paths))

    def _turn_to_the_rest(self) -> None:
        """Parsers are at work with nothing more to be given: what else is there to do."""
        if self._is_handed_out and self._meanwhile is not None:
            self._meanwhile()

    def _unknown(self, reader: _Reader, paths: list[str]) -> Iterator[Request]:
        """Requests for contents that are neither stored nor asked for; the rest is put aside."""
        from repo_sleeper.index.pool import Request  # only where something differs

        for files, known in reader.groups(paths):
            self._numbers.update(known)
            for file in files:
                if file.identity in self._numbers:
                    self._ready.append(file)
                elif file.identity in self._waiting:
                    self._waiting[file.identity].append(_without_data(file))
                else:
                    self._waiting[file.identity] = [_without_data(file)]
                    if file.skip is None:
                        yield Request(file.identity[0], file.path, file.language, file.data)
                    else:
                        self._finished(_skipped(file, file.skip), file.identity)
        self._is_handed_out = True
        if self._waiting:
            self._turn_to_the_rest()

    def _received(self, parsed: Parsed) -> None:
        request = parsed.request
        identity = (request.key, grammar_label(request.language))
        file = self._waiting[identity][0]
        self.parsed += 1
        self._finished(_content(file, parsed), identity)

    def _finished(self, content: Content, identity: Identity) -> None:
        self._contents.append(content)
        self._bytes += content.size
        self._numbers[identity] = None
        self._ready += self._waiting.pop(identity)

    def _store(self) -> int:
        """One transaction: the new contents, and the paths that have them."""
        ready, self._ready = self._ready, []
        with self._db.transaction():
            self._numbers.update(contents.add_contents(self._db, self._contents))
            rows = [self._row(file, self._numbers[file.identity] or 0) for file in ready]
            contents.put_files(self._db, self._tree_id, [row for row in rows if row is not None])
        self._contents.clear()
        self._bytes = 0
        return len(ready)

    def _row(self, file: _File, blob_id: int) -> FileRow | None:
        known = self._stored.get(file.path)
        dirty_at = None
        if known is None or known.hash != file.identity[0]:
            (self.added if known is None else self.changed).append(file.path)
            dirty_at = self._dirty_at
        elif known.signature == file.signature and known.blob_id == blob_id:
            return None  # read again to be sure, and nothing to write
        return FileRow(file.path, blob_id, file.signature, dirty_at)


def _without_data(file: _File) -> _File:
    return file._replace(data=b"")


def _skipped(file: _File, reason: SkipReason) -> Content:
    hash_, grammar = file.identity
    return Content(
        hash=hash_,
        grammar=grammar,
        language=file.language,
        size=file.signature.size,
        skip=reason.value,
    )


def _content(file: _File, parsed: Parsed) -> Content:
    rows = parsed.rows
    if rows is None:
        return _skipped(file, parsed.skip or SkipReason.PARSER_CRASHED)
    return Content(
        hash=file.identity[0],
        grammar=file.identity[1],
        language=rows.language or (TEXT if file.language in CONTAINERS else file.language),
        size=file.signature.size,
        lines=rows.lines,
        node_hash=rows.node_hash,
        module_hash=rows.module_hash,
        has_error=rows.has_error,
        symbols=rows.symbols,
        references=rows.references,
        imports=rows.imports,
        chunks=rows.chunks,
        statements=rows.statements,
    )
