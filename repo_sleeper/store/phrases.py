"""Where words stand side by side: a phrase is looked up in the texts of live chunks."""

from __future__ import annotations

from repo_sleeper.domain.code import Range
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import quoted

# In the joins `+f.tree_id` keeps SQLite from walking every file of the tree, as in `search`.


def phrase_paths(db: Database, tree_id: int, phrase: str, *, limit: int) -> list[str]:
    """Live files that have these words side by side, in the order stored."""
    rows = db.rows(
        """select distinct f.path from chunk_words w join chunks c on c.id = w.rowid
           join files f on f.blob_id = c.blob_id and +f.tree_id = ?
           where chunk_words match ? limit ?""",
        (tree_id, quoted(phrase), limit),
    )
    return [row[0] for row in rows]


def phrase_places(
    db: Database, tree_id: int, phrase: str, *, limit: int
) -> list[tuple[str, Range]]:
    """Chunks of live files that have these words side by side, in the order stored."""
    rows = db.rows(
        """select f.path, c.start_line, c.end_line from chunk_words w
           join chunks c on c.id = w.rowid
           join files f on f.blob_id = c.blob_id and +f.tree_id = ?
           where chunk_words match ? limit ?""",
        (tree_id, quoted(phrase), limit),
    )
    return [(path, Range(start, end)) for path, start, end in rows]
