"""The write side of the index: contents, which files have them, and what is thrown away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from repo_sleeper.domain.tree import Signature
from repo_sleeper.store.database import Database
from repo_sleeper.words import parts

_AT_ONCE = 300

# Rows as the parser child computes them, so that the writer only has to insert. Positions count
# from the first symbol of the same content.
SymbolRow = tuple[str, str, str, int, int, int, int | None, str, str]
ReferenceRow = tuple[str, str]  # name, places as JSON
ImportRow = tuple[int, str, str]
ChunkRow = tuple[int | None, int, int, str, str, str]


class Content(NamedTuple):
    """One content, read: what goes into `blobs` and the tables that hang on it."""

    hash: str
    grammar: str
    language: str
    size: int
    lines: int = 0
    node_hash: int = 0
    module_hash: int = 0
    has_error: bool = False
    skip: str = ""
    symbols: Sequence[SymbolRow] = ()
    references: Sequence[ReferenceRow] = ()
    imports: Sequence[ImportRow] = ()
    chunks: Sequence[ChunkRow] = ()
    statements: str = ""  # as `domain.statements` packs them


class FileRow(NamedTuple):
    """A path that now has a content; `dirty_at` None keeps what is stored."""

    path: str
    blob_id: int
    signature: Signature
    dirty_at: float | None = None


def known_contents(db: Database, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of each (hash, grammar) that is stored already."""
    pairs = set(wanted)
    hashes = sorted({pair[0] for pair in pairs})
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        some = hashes[start : start + _AT_ONCE]
        rows = db.execute(
            f"select hash, grammar, id from blobs where hash in ({','.join('?' * len(some))})",
            some,
        )
        found.update({(hash_, grammar): blob_id for hash_, grammar, blob_id in rows})
    return {pair: found[pair] for pair in pairs & found.keys()}


def add_contents(db: Database, contents: Sequence[Content]) -> dict[tuple[str, str], int]:
    """Store contents never seen before, in one transaction; returns their numbers."""
    with db.transaction():
        first = (db.value("select max(id) from blobs") or 0) + 1
        numbered = list(enumerate(contents, first))
        db.many(
            "insert into blobs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_blob_row(number, content) for number, content in numbered],
        )
        _add_symbols(db, numbered)
    return {(content.hash, content.grammar): number for number, content in numbered}


def _blob_row(number: int, content: Content) -> tuple[object, ...]:
    return (
        number,
        content.hash,
        content.grammar,
        content.language,
        content.lines,
        content.size,
        content.node_hash,
        content.module_hash,
        int(content.has_error),
        content.skip,
    )


def _add_symbols(db: Database, numbered: Sequence[tuple[int, Content]]) -> None:
    base = (db.value("select max(id) from symbols") or 0) + 1
    symbols: list[tuple[object, ...]] = []
    references: list[tuple[str, int, str]] = []
    chunks: list[tuple[int, int | None, ChunkRow]] = []
    for number, content in numbered:
        for place, row in enumerate(content.symbols, base):
            parent = row[6]
            symbols.append(
                (place, number, *row[:6], None if parent is None else base + parent, *row[7:])
            )
        references += [(name, number, places) for name, places in content.references]
        chunks += [
            (number, None if row[0] is None else base + row[0], row) for row in content.chunks
        ]
        base += len(content.symbols)
    db.many("insert into symbols values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", symbols)
    references.sort()  # in the order of the tree they go into
    db.many("insert or ignore into uses values (?, ?, ?)", references)
    db.many(
        "insert or ignore into imports values (?, ?, ?, ?)",
        [(number, *row) for number, content in numbered for row in content.imports],
    )
    db.many(
        "insert into statements values (?, ?)",
        [(number, content.statements) for number, content in numbered if content.statements],
    )
    _add_chunks(db, chunks)


def _add_chunks(db: Database, chunks: Sequence[tuple[int, int | None, ChunkRow]]) -> None:
    # A number is never given twice: the words of a deleted chunk stay behind under theirs.
    first = 1 + max(db.value("select max(id) from chunks") or 0, int(db.meta("last-chunk") or "0"))
    db.many(
        "insert into chunks values (?, ?, ?, ?, ?)",
        [
            (number, blob_id, symbol, row[1], row[2])
            for number, (blob_id, symbol, row) in enumerate(chunks, first)
        ],
    )
    db.many(
        "insert into chunk_words (rowid, names, doc, body) values (?, ?, ?, ?)",
        [(number, *row[3:]) for number, (_, _, row) in enumerate(chunks, first)],
    )


def put_files(db: Database, tree_id: int, rows: Sequence[FileRow]) -> None:
    """Say which content each path has now; its words are findable while that is indexed."""
    with db.transaction():
        paths = [row.path for row in rows]
        before = _indexed(db, tree_id, paths)
        db.many(
            """insert into files values (?, ?, ?, ?, ?, ?, ?, coalesce(?, 0))
               on conflict (tree_id, path) do update set
                 blob_id = excluded.blob_id, size = excluded.size, mtime_ns = excluded.mtime_ns,
                 ctime_ns = excluded.ctime_ns, inode = excluded.inode,
                 dirty_at = max(dirty_at, excluded.dirty_at)""",
            [_file_row(tree_id, row) for row in rows],
        )
        after = _indexed(db, tree_id, paths)
        db.many(
            "insert into path_words (words, tree, path) values (?, ?, ?)",
            [(" ".join(_path_words(path)), tree_id, path) for path in sorted(after - before)],
        )
        _forget_words(db, tree_id, before - after)


def _indexed(db: Database, tree_id: int, paths: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        rows = db.execute(
            f"""select f.path from files f join blobs b on b.id = f.blob_id
                where f.tree_id = ? and f.path in ({",".join("?" * len(some))}) and b.skip = ''""",
            (tree_id, *some),
        )
        found.update(path for (path,) in rows)
    return found


def _forget_words(db: Database, tree_id: int, paths: Collection[str]) -> None:
    if not paths:
        return
    numbers = {
        path: number
        for number, path in db.execute(
            "select rowid, path from path_words where tree = ?", (tree_id,)
        )
    }
    db.many(
        "delete from path_words where rowid = ?",
        [(numbers[path],) for path in sorted(paths) if path in numbers],
    )


def _file_row(tree_id: int, row: FileRow) -> tuple[object, ...]:
    seen = row.signature
    return (
        tree_id,
        row.path,
        row.blob_id,
        seen.size,
        seen.mtime_ns,
        seen.ctime_ns,
        seen.inode,
        row.dirty_at,
    )


def _path_words(path: str) -> list[str]:
    # Whole components as well, so that `test_cart` finds what `test cart` finds and more.
    return [*path.lower().replace("/", " ").replace(".", " ").split(), *parts(path)]


def remove_files(db: Database, tree_id: int, paths: Iterable[str]) -> None:
    """Forget paths of a tree; their contents stay, in case they come back."""
    gone = sorted(paths)
    if not gone:
        return
    with db.transaction():
        db.many(
            "delete from files where tree_id = ? and path = ?", [(tree_id, path) for path in gone]
        )
        _forget_words(db, tree_id, gone)


def put_skipped(db: Database, tree_id: int, reasons: Mapping[str, str]) -> None:
    """Say which paths are left unread and why; nothing is written when nothing changed."""
    stored = {
        row[0]: row[1]
        for row in db.rows("select path, reason from skipped where tree_id = ?", (tree_id,))
    }
    if stored == reasons:
        return
    with db.transaction():
        db.many(
            "delete from skipped where tree_id = ? and path = ?",
            [(tree_id, path) for path in sorted(stored.keys() - reasons.keys())],
        )
        db.many(
            "insert or replace into skipped values (?, ?, ?)",
            [(tree_id, path, why) for path, why in sorted(reasons.items() - stored.items())],
        )


def garbage_collect(db: Database, *, keep: int) -> int:
    """Delete contents that no tree has, but for the newest `keep`; returns how many went."""
    dead = [
        (row[0],)
        for row in db.rows(
            """select id from blobs where id not in (select blob_id from files)
               order by id desc limit -1 offset ?""",
            (keep,),
        )
    ]
    if not dead:
        return 0
    with db.transaction():
        last = db.value("select max(id) from chunks") or 0
        db.set_meta("last-chunk", str(max(last, int(db.meta("last-chunk") or "0"))))
        db.execute("create temp table dead (id integer primary key)")
        db.many("insert into dead values (?)", dead)
        for table in ("uses", "imports", "chunks", "symbols", "statements"):
            db.execute(f"delete from {table} where blob_id in (select id from temp.dead)")
        db.execute("delete from blobs where id in (select id from temp.dead)")
        db.execute("drop table temp.dead")
    return len(dead)
