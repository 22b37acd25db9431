"""Symbols of live files by what they are called, by where they are, and who uses a name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import Passage, batches, marks, numbers


def defined(db: Database, tree_id: int, names: Iterable[str], *, limit: int) -> list[SymbolHit]:
    """Symbols with exactly these names, or these qualified names; scores are left at 1."""
    found: list[SymbolHit] = []
    for some in batches(sorted(set(names))):
        rows = db.rows(
            f"""select f.path, s.qualified, s.kind, s.start_line, s.end_line, s.signature
                from symbols s join files f on f.blob_id = s.blob_id and +f.tree_id = ?
                where s.name in ({marks(some)})
                order by s.kind = 'declaration', f.path, s.start_line limit ?""",
            (tree_id, *some, limit),
        )
        found += [_hit(row) for row in rows]
    return found


def names_like(db: Database, name: str) -> list[str]:
    """Defined names that begin with the same letter, large or small, and are about as long."""
    found: set[str] = set()
    for first in {name[0].lower(), name[0].upper()}:
        rows = db.rows(
            """select distinct name from symbols
               where name >= :first and name < :next and abs(length(name) - length(:name)) < 3""",
            {"first": first, "next": chr(ord(first[0]) + 1), "name": name},
        )
        found.update(row[0] for row in rows)
    return sorted(found)


def by_id(db: Database, ids: Iterable[int]) -> dict[int, SymbolHit]:
    """Symbols of these ids; the path is the caller's, because a content may have several."""
    rows = db.rows(
        f"""select '', qualified, kind, start_line, end_line, signature, id from symbols
            where id in {numbers(ids)}"""
    )
    return {row[6]: _hit(row) for row in rows}


def inside(db: Database, tree_id: int, passage: Passage) -> list[tuple[SymbolHit, str]]:
    """Symbols that lie within a passage, each with its doc comment, in order."""
    rows = db.rows(
        """select f.path, s.qualified, s.kind, s.start_line, s.end_line, s.signature, s.doc
           from files f join symbols s on s.blob_id = f.blob_id
           where f.tree_id = ? and f.path = ? and s.start_line >= ? and s.end_line <= ?
           order by s.id""",
        (tree_id, passage.path, passage.range.start, passage.range.end),
    )
    return [(_hit(row), row[6]) for row in rows]


def largest(
    db: Database, tree_id: int, path: str, kinds: Iterable[SymbolKind], *, limit: int
) -> list[SymbolHit]:
    """The symbols of a file that are of these kinds, those of the most lines first."""
    wanted = sorted(kind.value for kind in kinds)
    rows = db.rows(
        f"""select f.path, s.qualified, s.kind, s.start_line, s.end_line, s.signature
            from files f join symbols s on s.blob_id = f.blob_id
            where f.tree_id = ? and f.path = ? and s.kind in ({marks(wanted)})
            order by s.start_line - s.end_line, s.start_line, s.end_line, s.qualified limit ?""",
        (tree_id, path, *wanted, limit),
    )
    return [_hit(row) for row in rows]


def around(db: Database, tree_id: int, path: str, line: int) -> list[SymbolHit]:
    """Symbols of a file whose range holds the line, innermost first."""
    rows = db.rows(
        """select f.path, s.qualified, s.kind, s.start_line, s.end_line, s.signature
           from files f join symbols s on s.blob_id = f.blob_id
           where f.tree_id = ? and f.path = ? and s.start_line <= ? and s.end_line > ?
           order by s.end_line - s.start_line, s.start_line""",
        (tree_id, path, line, line),
    )
    return [_hit(row) for row in rows]


def users(db: Database, tree_id: int, name: str, *, limit: int) -> list[str]:
    """The files that refer to a name, the first of them by path."""
    rows = db.rows(
        """select f.path from uses u join files f on f.blob_id = u.blob_id and +f.tree_id = ?
           where u.name = ? order by f.path limit ?""",
        (tree_id, name, limit),
    )
    return [row[0] for row in rows]


def _hit(row: sqlite3.Row) -> SymbolHit:
    place = Range(row[3], row[4])
    return SymbolHit(row[0], row[1], SymbolKind(row[2]), place, 1.0, row[5])
