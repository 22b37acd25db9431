"""Trees, the files in them, and plain questions about their code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.paths import path_from_bytes, path_to_bytes
from repo_sleeper.domain.tree import Signature
from repo_sleeper.store import contents
from repo_sleeper.store.database import Database, Row

garbage_collect = contents.garbage_collect

_NAMES_AT_ONCE = 300

_SYMBOL = """s.id, f.path, s.name, s.qualified, s.kind, s.start_line, s.end_line, s.node_hash,
    s.parent_id, s.signature, s.doc"""


class Tree(NamedTuple):
    """A work tree of the repository; `head` is the commit last reconciled."""

    id: int
    root: Path
    git_dir: Path
    head: str
    reconciled_at: float


class StoredFile(NamedTuple):
    """A path as last reconciled."""

    signature: Signature
    hash: str
    blob_id: int
    grammar: str


class Blob(NamedTuple):
    """One content, wherever it is."""

    id: int
    hash: str
    grammar: str
    language: str
    lines: int
    size: int
    node_hash: int
    module_hash: int
    has_error: bool


class StoredSymbol(NamedTuple):
    """A definition in a live file."""

    id: int
    path: str
    name: str
    qualified: str
    kind: SymbolKind
    range: Range
    node_hash: int
    parent_id: int | None
    signature: str
    doc: str


class StoredReference(NamedTuple):
    """A name used in a live file; `symbol` is the qualified name around it, or empty."""

    path: str
    name: str
    kind: str
    lines: tuple[int, ...]
    symbol: str


# --- trees ------------------------------------------------------------------------------------


def ensure_tree(db: Database, root: Path, git_dir: Path) -> int:
    """The number of this work tree; writes only when it is new or its git directory moved."""
    row = db.row("select id, git_dir from trees where root = ?", (_text(root),))
    if row is not None and row["git_dir"] == _text(git_dir):
        return int(row["id"])
    with db.transaction():
        db.execute(
            """insert into trees (root, git_dir) values (?, ?)
               on conflict (root) do update set git_dir = excluded.git_dir""",
            (_text(root), _text(git_dir)),
        )
    return int(db.value("select id from trees where root = ?", (_text(root),)))


def trees(db: Database) -> list[Tree]:
    """Every work tree ever reconciled here."""
    return [
        Tree(
            row["id"],
            _path(row["root"]),
            _path(row["git_dir"]),
            row["head"],
            row["reconciled_at"],
        )
        for row in db.rows("select * from trees order by id")
    ]


def mark_reconciled(db: Database, tree_id: int, head: str, now: float) -> None:
    """Remember the commit that the files of the tree were last compared at."""
    with db.transaction():
        db.execute(
            "update trees set head = ?, reconciled_at = ? where id = ?", (head, now, tree_id)
        )


def _text(path: Path) -> str:
    return path_from_bytes(os.fsencode(path))


def _path(text: str) -> Path:
    return Path(os.fsdecode(path_to_bytes(text)))


# --- files ------------------------------------------------------------------------------------


def stored_files(db: Database, tree_id: int) -> dict[str, StoredFile]:
    """Every path read so far, those whose content is skipped included."""
    cursor = db.execute(
        """select f.path, f.size, f.mtime_ns, f.ctime_ns, f.inode, b.hash, f.blob_id, b.grammar
           from files f join blobs b on b.id = f.blob_id where f.tree_id = ?""",
        (tree_id,),
    )
    return {
        path: StoredFile(Signature(size, mtime, ctime, inode), hash_, blob_id, grammar)
        for path, size, mtime, ctime, inode, hash_, blob_id, grammar in cursor
    }


def known_paths(db: Database, tree_id: int) -> list[str]:
    """Every path the last reconcile has seen, those that are skipped included."""
    cursor = db.execute(
        """select path from files where tree_id = :tree
           union all select path from skipped where tree_id = :tree""",
        {"tree": tree_id},
    )
    return [path for (path,) in cursor]


def latest_files(db: Database, root: Path, *, limit: int) -> dict[str, Signature]:
    """The files of a work tree that were written last, as last reconciled."""
    cursor = db.execute(
        """select path, size, mtime_ns, ctime_ns, inode from files
           where tree_id = (select id from trees where root = ?) order by mtime_ns desc limit ?""",
        (_text(root), limit),
    )
    return {path: Signature(*seen) for path, *seen in cursor}


def blob_of(db: Database, tree_id: int, path: str) -> Blob | None:
    """The content at a path, or None when it is not indexed."""
    row = db.row(
        """select b.* from files f join blobs b on b.id = f.blob_id
           where f.tree_id = ? and f.path = ? and b.skip = ''""",
        (tree_id, path),
    )
    if row is None:
        return None
    return Blob(
        id=row["id"],
        hash=row["hash"],
        grammar=row["grammar"],
        language=row["language"],
        lines=row["lines"],
        size=row["size"],
        node_hash=row["node_hash"],
        module_hash=row["module_hash"],
        has_error=bool(row["has_error"]),
    )


# --- code -------------------------------------------------------------------------------------


def symbols_in(db: Database, tree_id: int, path: str) -> list[StoredSymbol]:
    """Definitions of one file, in order of place."""
    rows = db.rows(
        f"""select {_SYMBOL} from files f join symbols s on s.blob_id = f.blob_id
            where f.tree_id = ? and f.path = ? order by s.id""",
        (tree_id, path),
    )
    return [_symbol(row) for row in rows]


def definitions(db: Database, tree_id: int, name: str) -> list[StoredSymbol]:
    """Definitions of a name, prototypes last; a name with dots is compared with qualified names."""
    rows = db.rows(
        f"""select {_SYMBOL} from symbols s join files f on f.blob_id = s.blob_id
            where s.name = ? and f.tree_id = ?
            order by s.kind = 'declaration', f.path, s.id""",
        (name.rpartition(".")[2], tree_id),
    )
    found = [_symbol(row) for row in rows]
    if "." not in name:
        return found
    return [one for one in found if f".{one.qualified}".endswith(f".{name}")]


def references_to(db: Database, tree_id: int, name: str) -> list[StoredReference]:
    """Where a name is used, one entry for each kind of use and symbol around it."""
    rows = db.execute(
        """select f.path, u.places, (select min(s.id) from symbols s where s.blob_id = u.blob_id)
           from uses u join files f on f.blob_id = u.blob_id where u.name = ? and f.tree_id = ?""",
        (name, tree_id),
    )
    uses = sorted(use for path, places, first in rows for use in _uses(path, places, first or 0))
    around = _qualified(db, {symbol for _, symbol, _, _ in uses})
    return [
        StoredReference(path, name, kind, tuple(map(int, lines.split())), around.get(symbol, ""))
        for path, symbol, kind, lines in uses
    ]


def _uses(path: str, places: str, first: int) -> Iterator[tuple[str, int, str, str]]:
    """What the view `refs` says of one row, in a third of the time; 0 is outside all symbols."""
    for symbol, kind, lines in json.loads(places):
        yield path, 0 if symbol is None else first + symbol, kind, lines


def _qualified(db: Database, ids: Iterable[int]) -> dict[int, str]:
    numbers = ",".join(map(str, sorted(ids)))  # our own: safe to write out, however many
    return dict(db.execute(f"select id, qualified from symbols where id in ({numbers})").fetchall())


def imports_of(db: Database, tree_id: int) -> list[tuple[str, int, str, tuple[str, ...]]]:
    """Every import of the tree: path, line, module as written, names taken from it."""
    rows = db.rows(
        """select f.path, i.line, i.module, i.names from imports i
           join files f on f.blob_id = i.blob_id where f.tree_id = ?
           order by f.path, i.line, i.module""",
        (tree_id,),
    )
    return [(path, line, module, tuple(names.split())) for path, line, module, names in rows]


def names_exist(db: Database, tree_id: int, names: Iterable[str]) -> set[str]:
    """Those of the names that live code defines, uses or imports; dots as in `definitions`."""
    wanted = sorted(set(names))
    last = sorted({name.rpartition(".")[2] for name in wanted})
    plain = {name for part in _batches(last) for name in _known(db, tree_id, part)}
    return {name for name in wanted if _exists(db, tree_id, name, plain)}


def _exists(db: Database, tree_id: int, name: str, plain: set[str]) -> bool:
    if "." not in name:
        return name in plain
    return bool(definitions(db, tree_id, name)) or _is_imported(db, tree_id, name)


def _is_imported(db: Database, tree_id: int, module: str) -> bool:
    row = db.row(
        """select 1 from imports i join files f on f.blob_id = i.blob_id
           where i.module = ? and f.tree_id = ?""",
        (module, tree_id),
    )
    return row is not None


def _known(db: Database, tree_id: int, names: list[str]) -> Iterator[str]:
    marks = ",".join("?" * len(names))
    for table in ("symbols", "uses"):
        rows = db.rows(
            f"""select distinct t.name from {table} t join files f on f.blob_id = t.blob_id
                where t.name in ({marks}) and f.tree_id = ?""",
            (*names, tree_id),
        )
        yield from (row[0] for row in rows)


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _NAMES_AT_ONCE):
        yield names[start : start + _NAMES_AT_ONCE]


def _symbol(row: Row) -> StoredSymbol:
    return StoredSymbol(
        id=row["id"],
        path=row["path"],
        name=row["name"],
        qualified=row["qualified"],
        kind=SymbolKind(row["kind"]),
        range=Range(row["start_line"], row["end_line"]),
        node_hash=row["node_hash"],
        parent_id=row["parent_id"],
        signature=row["signature"],
        doc=row["doc"],
    )
