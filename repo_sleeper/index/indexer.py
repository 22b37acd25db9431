"""Reconcile: make the store agree with a scan, parsing only contents never seen before."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from repo_sleeper.domain.tree import Changes, Scan, Signature, SkipReason
from repo_sleeper.index.files import File, Identity, Labels, Reader
from repo_sleeper.index.hands import ALONE, Hands
from repo_sleeper.index.languages import CONTAINERS, TEXT, grammar_label
from repo_sleeper.store import code, contents
from repo_sleeper.store.code import StoredFile
from repo_sleeper.store.contents import Content, FileRow
from repo_sleeper.store.loading import loading
from repo_sleeper.store.tree import Tree

if TYPE_CHECKING:
    from repo_sleeper.index.pool import Parsed, ParserPool, Request

_STORE_AT_ONCE = 300
_STORE_BYTES = 3 << 20  # so much source at once, so that memory stays flat


def reconcile(
    tree: Tree, scan: Scan, *, now: float, languages: Collection[str] = (), hands: Hands = ALONE
) -> Changes:
    """Make the stored files of a tree equal to the scan; returns what was different.

    Killed half-way, the next call simply continues: each batch is one transaction, and a file
    whose batch was lost still differs from its stored signature.
    """
    stored = code.stored_files(tree.db, tree.id)
    labels = Labels(languages)
    todo = sorted(
        path
        for path, seen in scan.files.items()
        if not _is_as_stored(stored.get(path), path, seen, labels)
    )
    work = _Work(tree, stored, now, hands)
    with loading(tree.db):
        if todo:
            work.take(Reader(tree, scan, labels, now), todo)
    gone = stored.keys() - (scan.files.keys() - work.vanished - work.unread.keys())
    contents.remove_files(tree.db, tree.id, gone)
    contents.put_skipped(tree.db, tree.id, _texts({**scan.skipped, **work.unread}))
    return Changes(
        added=tuple(sorted(work.added)),
        changed=tuple(sorted(work.changed)),
        removed=tuple(sorted(gone - scan.absent)),
        parsed=work.parsed,
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


def _is_as_stored(known: StoredFile | None, path: str, seen: Signature, labels: Labels) -> bool:
    return known is not None and known.signature == seen and labels.is_current(path, known.grammar)


class _Work:
    """Files on their way into the store: parsed once for each content, stored in batches."""

    def __init__(self, tree: Tree, stored: dict[str, StoredFile], now: float, hands: Hands) -> None:
        self.added: list[str] = []
        self.changed: list[str] = []
        self.unread: dict[str, SkipReason] = {}
        self.vanished: set[str] = set()
        self.parsed = 0
        self._db = tree.db
        self._tree_id = tree.id
        self._stored = stored
        self._hands = hands
        self._is_handed_out = False
        self._dirty_at = now if stored else None  # a first index says nothing about activity
        self._waiting: dict[Identity, list[File]] = {}  # asked for, not answered
        self._numbers: dict[Identity, int | None] = {}  # answered; None: not stored yet
        self._contents: list[Content] = []
        self._bytes = 0
        self._ready: list[File] = []

    def take(self, reader: Reader, paths: list[str]) -> None:
        """Bring these paths up to date."""
        done = 0
        with _at_hand(self._hands.pool) as parsers, _without_collecting():
            for parsed in parsers.parse(self._unknown(reader, paths)):
                self._received(parsed)
                self._turn_to_the_rest()
                if len(self._contents) >= _STORE_AT_ONCE or self._bytes >= _STORE_BYTES:
                    done += self._store()
                    self._told(done, len(paths))
            self._store()
        self._told(len(paths), len(paths))
        self.unread, self.vanished = reader.unread, reader.vanished

    def _told(self, done: int, of: int) -> None:
        if self._hands.progress is not None:
            self._hands.progress(done, of)

    def _turn_to_the_rest(self) -> None:
        """Parsers are at work with nothing more to be given: what else is there to do."""
        if self._is_handed_out and self._hands.meanwhile is not None:
            self._hands.meanwhile()

    def _unknown(self, reader: Reader, paths: list[str]) -> Iterator[Request]:
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

    def _row(self, file: File, blob_id: int) -> FileRow | None:
        known = self._stored.get(file.path)
        dirty_at = None
        if known is None or known.hash != file.identity[0]:
            (self.added if known is None else self.changed).append(file.path)
            dirty_at = self._dirty_at
        elif known.signature == file.signature and known.blob_id == blob_id:
            return None  # read again to be sure, and nothing to write
        return FileRow(file.path, blob_id, file.signature, dirty_at)


def _without_data(file: File) -> File:
    return file._replace(data=b"")


def _skipped(file: File, reason: SkipReason) -> Content:
    hash_, grammar = file.identity
    return Content(
        hash=hash_,
        grammar=grammar,
        language=file.language,
        size=file.signature.size,
        skip=reason.value,
    )


def _content(file: File, parsed: Parsed) -> Content:
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
