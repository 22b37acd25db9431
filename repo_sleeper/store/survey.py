"""Rows that only the survey reads: all live files at once, and names used by tests."""

from __future__ import annotations

from collections.abc import Collection

from repo_sleeper.store.database import Database


def live_files(db: Database, tree_id: int) -> list[tuple[str, str, int]]:
    """Path, language and lines of every indexed file, in order."""
    rows = db.rows(
        "select f.path, b.language, b.lines from files f join blobs b on b.id = f.blob_id"
        " where f.tree_id = ? and b.skip = '' order by f.path",
        (tree_id,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def content_state(db: Database, tree_id: int) -> list[tuple[str, str]]:
    """Path and content hash of every indexed file, in order."""
    rows = db.rows(
        "select f.path, b.hash from files f join blobs b on b.id = f.blob_id"
        " where f.tree_id = ? and b.skip = '' order by f.path",
        (tree_id,),
    )
    return [(row[0], row[1]) for row in rows]


def users_of(db: Database, tree_id: int, path: str) -> list[str]:
    """Files that use a name which this file defines at its top level and no other file does."""
    rows = db.rows(
        "select distinct f.path from files here"
        " join symbols s on s.blob_id = here.blob_id and s.parent_id is null"
        " join refs r on r.name = s.name and r.blob_id != s.blob_id"
        " join files f on f.blob_id = r.blob_id and f.tree_id = here.tree_id"
        " where here.tree_id = ? and here.path = ? order by f.path",
        (tree_id, path),
    )
    return [row[0] for row in rows]


def paths_with_words(db: Database, tree_id: int, words: Collection[str]) -> list[str]:
    """Files one of whose chunks holds all of the words."""
    query = " AND ".join(f'body : "{word}"' for word in sorted(words))
    rows = db.rows(
        "select distinct f.path from chunk_words w join chunks c on c.id = w.rowid"
        " join files f on f.blob_id = c.blob_id"
        " where chunk_words match ? and f.tree_id = ? order by f.path",
        (query, tree_id),
    )
    return [row[0] for row in rows]
