"""How much of a tree is indexed, and what of it is not, or not as well as the rest."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from repo_sleeper.store.database import Database


class Counts(NamedTuple):
    """How much of a tree is indexed."""

    files: int
    symbols: int
    references: int
    languages: Mapping[str, int] = MappingProxyType({})
    skipped: int = 0


def skipped(db: Database, tree_id: int) -> dict[str, str]:
    """Every path that is not indexed, and the reason, in order of path."""
    rows = db.rows(
        """select path, reason from skipped where tree_id = :tree
           union select f.path, b.skip from files f join blobs b on b.id = f.blob_id
           where f.tree_id = :tree and b.skip <> '' order by path""",
        {"tree": tree_id},
    )
    return {row[0]: row[1] for row in rows}


def is_in_path(db: Database, tree_id: int, word: str) -> bool:
    """Whether a folder of the tree is called so, or a file, with its ending or without."""
    sql = """select exists (select 1 from files where tree_id = ? and
             (instr('/' || path || '/', ?) or instr('/' || path, ?)))"""
    return bool(db.value(sql, (tree_id, f"/{word}/", f"/{word}.")))


def counts(db: Database, tree_id: int) -> Counts:
    """Files, symbols and references of a tree's live code."""
    languages = {
        row[0]: row[1]
        for row in db.rows(
            """select b.language, count(*) as n from files f join blobs b on b.id = f.blob_id
               where f.tree_id = ? and b.skip = '' group by 1 order by n desc, 1""",
            (tree_id,),
        )
    }
    return Counts(
        files=sum(languages.values()),
        symbols=_live_sum(db, tree_id, "symbols", "1"),
        references=_live_sum(db, tree_id, "uses", "json_array_length(t.places)"),
        languages=languages,
        skipped=len(skipped(db, tree_id)),
    )


def indexed(db: Database, tree_id: int) -> list[str]:
    """Every path that `counts` counts, in order: what was read and is skipped is not among them."""
    rows = db.rows(
        """select f.path from files f join blobs b on b.id = f.blob_id
           where f.tree_id = ? and b.skip = '' order by f.path""",
        (tree_id,),
    )
    return [row[0] for row in rows]


def paths_in(db: Database, tree_id: int, language: str) -> list[str]:
    """The indexed paths of one language, in order."""
    rows = db.rows(
        """select f.path from files f join blobs b on b.id = f.blob_id
           where f.tree_id = ? and b.skip = '' and b.language = ? order by f.path""",
        (tree_id, language),
    )
    return [row[0] for row in rows]


def broken_counts(db: Database, tree_id: int) -> dict[str, int]:
    """Language -> how many of its files have syntax errors."""
    rows = db.rows(
        """select b.language, count(*) from files f join blobs b on b.id = f.blob_id
           where f.tree_id = ? and b.skip = '' and b.has_error group by 1""",
        (tree_id,),
    )
    return {row[0]: row[1] for row in rows}


def _live_sum(db: Database, tree_id: int, table: str, worth: str) -> int:
    return int(
        db.value(
            f"""select coalesce(sum({worth}), 0) from {table} t
                where t.blob_id in (select blob_id from files where tree_id = ?)""",
            (tree_id,),
        )
    )
