"""A first index: what arrives in no order is put in order once, when all of it is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from repo_sleeper.store.database import Database

# As the schema has them. Filled row by row, each row goes to a page of its own choice, and the
# pages end up half empty; made at the end they take half the time and less room. The other
# indexes grow at their end, and questions asked meanwhile need them.
_ORDERED_LAST = {
    "symbols_name": "symbols (name)",
    "symbols_node": "symbols (node_hash)",
    "imports_module": "imports (module)",
}
# Bytes of words that are held until they are written, in order: eight times what is usual makes
# fewer parts that would have to be merged.
_WORDS_HELD = 8 << 20


@contextmanager
def loading(db: Database) -> Iterator[None]:
    """Fill an empty store faster in a block; afterwards the store is whole, whatever was before.

    If the block is never left, as in a crash, the next one completes the store.
    """
    if db.value("select 1 from blobs limit 1") is None:
        with db.transaction():
            for name in _ORDERED_LAST:
                db.execute(f"drop index if exists {name}")
            hold = "insert into chunk_words (chunk_words, rank) values ('hashsize', ?)"
            db.execute(hold, (_WORDS_HELD,))
    yield
    _complete(db)


def _complete(db: Database) -> None:
    marks = ",".join("?" * len(_ORDERED_LAST))
    there = f"select count(*) from sqlite_schema where type = 'index' and name in ({marks})"
    if db.value(there, tuple(_ORDERED_LAST)) == len(_ORDERED_LAST):
        return
    with db.transaction():
        for name, columns in _ORDERED_LAST.items():
            db.execute(f"create index if not exists {name} on {columns}")
