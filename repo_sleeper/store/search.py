"""What a question is looked up in: words of chunks and paths."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.store.database import Database

# A name in a definition says more than the same word in a comment or a body.
_BM25 = "bm25(chunk_words, 3.0, 1.5, 1.0)"
_TOKENIZER = "porter unicode61 remove_diacritics 2"
_NAMES_AT_ONCE = 500
_STEMMING = Lock()
# Documents of a word that are counted: one in more is common, and how common makes no difference.
# (fts5vocab knows only whole counts, and reads the word's every place for them.)
_COUNTED = 20_000
_MATCHED = 5_000  # paths that are looked at for one question, those with rare words first
# In the joins below `+f.tree_id` keeps SQLite from walking every file of the tree: the few
# contents are known, and their files are found by the index on blob_id.


class Term(NamedTuple):
    """A word of the question as the index knows it: its stem, and how many documents have it."""

    word: str
    stem: str
    chunks: int
    paths: int


class Passage(NamedTuple):
    """A chunk of a live file, and the symbol it belongs to if it does."""

    path: str
    range: Range
    symbol_id: int | None
    score: float


def stems(words: Iterable[str]) -> dict[str, str]:
    """Each word as the index stores it; a word the tokenizer sees nothing in is left out.

    SQLite's own tokenizer does it, in memory, so that it can never differ from the index.
    """
    unique = sorted(set(words))
    with _STEMMING:
        memory = _stemmer()
        memory.execute("begin")
        memory.executemany("insert into w (rowid, x) values (?, ?)", enumerate(unique))
        found = memory.execute("select doc, term from v where offset = 0").fetchall()
        memory.execute("rollback")
    return {unique[doc]: term for doc, term in found}


@lru_cache(maxsize=1)
def _stemmer() -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.execute(f"create virtual table w using fts5(x, tokenize='{_TOKENIZER}')")
    memory.execute("create virtual table v using fts5vocab(w, instance)")
    return memory


def terms(db: Database, words: Iterable[str]) -> list[Term]:
    """The words with their document frequencies, rarest first; one of each stem."""
    by_stem: dict[str, str] = {}
    for word, stem in stems(words).items():
        by_stem.setdefault(stem, word)
    chunks = _documents(db, "chunk_words", by_stem)
    paths = _documents(db, "path_words", by_stem)
    found = [
        Term(word, stem, chunks.get(stem, 0), paths.get(stem, 0)) for stem, word in by_stem.items()
    ]
    return sorted(found, key=lambda term: (term.chunks, term.word))


def chunk_total(db: Database) -> int:
    """About how many chunks there are: the highest number given, which costs nothing to read."""
    return db.value("select max(id) from chunks") or 0


def path_total(db: Database) -> int:
    """About how many paths there are."""
    return db.value("select max(rowid) from path_words") or 0


def path_counts(db: Database, stemmed: Iterable[str]) -> dict[str, int]:
    """Stem -> how many paths have it, for stems that any has."""
    found: dict[str, int] = {}
    for some in batches(sorted(set(stemmed))):
        rows = db.rows(f"select term, doc from path_vocab where term in ({marks(some)})", some)
        found.update((row[0], row[1]) for row in rows)
    return found


def chunk_scores(db: Database, term: Term, *, limit: int) -> list[tuple[int, int, float]]:
    """Chunk, its content and BM25 for every chunk that has the term, in the order stored."""
    cursor = db.connection.cursor()
    cursor.row_factory = None  # plain tuples: there are thousands, and nobody asks for a name
    found = cursor.execute(
        f"""select w.rowid, c.blob_id, -{_BM25} from chunk_words w
            join chunks c on c.id = w.rowid where chunk_words match ? limit ?""",
        (quoted(term.word), limit),
    )
    return found.fetchall()


def live_paths(
    db: Database, tree_id: int, blobs: Iterable[int]
) -> dict[int, list[tuple[str, int]]]:
    """Paths and sizes of the tree's files with these contents; a dead content has none."""
    rows = db.rows(
        f"""select blob_id, path, size from files
            where blob_id in {numbers(blobs)} and +tree_id = ? order by path""",
        (tree_id,),
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for blob_id, path, size in rows:
        found.setdefault(blob_id, []).append((path, size))
    return found


def passages(db: Database, tree_id: int, scores: dict[int, float]) -> list[Passage]:
    """The chunks of these ids that are live in the tree, best first."""
    rows = db.rows(
        f"""select f.path, c.start_line, c.end_line, c.symbol_id, c.id from chunks c
            join files f on f.blob_id = c.blob_id and +f.tree_id = ?
            where c.id in {numbers(scores)}""",
        (tree_id,),
    )
    found = [Passage(row[0], Range(row[1], row[2]), row[3], scores[row[4]]) for row in rows]
    return sorted(found, key=lambda one: (-one.score, one.path, one.range))


def path_matches(db: Database, tree_id: int, wanted: Sequence[Term], *, limit: int) -> list[str]:
    """Indexed paths that have any of the terms among their words, best first."""
    chosen: list[str] = []
    room = _MATCHED
    for term in sorted(wanted, key=lambda term: (term.paths, term.word)):
        if chosen and term.paths > room:
            break
        chosen.append(quoted(term.word))
        room -= term.paths
    if not chosen:
        return []
    words = " OR ".join(chosen)
    return _paths(db, tree_id, words, order="rank, path", limit=limit)


def paths_ending(
    db: Database, tree_id: int, words: Sequence[str], *, limit: int = 200
) -> list[str]:
    """Paths that have all of these words: the few among which a written path is looked for."""
    if not words:
        return []
    return _paths(db, tree_id, " AND ".join(map(quoted, words)), order="path", limit=limit)


def _paths(db: Database, tree_id: int, match: str, *, order: str, limit: int) -> list[str]:
    rows = db.rows(
        f"""select path from path_words where path_words match ? and tree = ?
            order by {order} limit ?""",
        (match, tree_id, limit),
    )
    live = existing(db, tree_id, (row[0] for row in rows))
    return [row[0] for row in rows if row[0] in live]


def existing(db: Database, tree_id: int, paths: Iterable[str]) -> set[str]:
    """Which of these paths are live in the tree, and indexed."""
    found: set[str] = set()
    for some in batches(sorted(set(paths))):
        rows = db.rows(
            f"""select f.path from files f join blobs b on b.id = f.blob_id and b.skip = ''
                where f.tree_id = ? and f.path in ({marks(some)})""",
            (tree_id, *some),
        )
        found.update(row[0] for row in rows)
    return found


def content_hash(db: Database, tree_id: int, path: str) -> str:
    """The hash of what the index holds for a path, or nothing when it holds none."""
    found = db.value(
        """select b.hash from files f join blobs b on b.id = f.blob_id
           where f.tree_id = ? and f.path = ?""",
        (tree_id, path),
    )
    return found or ""


def line_count(db: Database, tree_id: int, path: str) -> int:
    """How many lines a path has; 0 when the tree has no such path."""
    found = db.value(
        """select b.lines from files f join blobs b on b.id = f.blob_id
           where f.tree_id = ? and f.path = ?""",
        (tree_id, path),
    )
    return found or 0


def newest_note(db: Database) -> float:
    """When the last note was written; 0 when there is none."""
    return db.value("select max(created_at) from notes") or 0.0


def _documents(db: Database, table: str, words: Mapping[str, str]) -> dict[str, int]:
    """Stem -> number of documents, for stems that any has, each given with a word of it."""
    count = f"select count(*) from (select 1 from {table} where {table} match ? limit {_COUNTED})"
    found = {stem: db.value(count, (quoted(word),)) for stem, word in words.items()}
    return {stem: number for stem, number in found.items() if number}


def quoted(word: str) -> str:
    """A word as FTS5 takes it whatever it holds."""
    doubled = word.replace('"', '""')
    return f'"{doubled}"'


def numbers(values: Iterable[int]) -> str:
    """Our own integers as a list for `in`: safe to write out, and not limited in number."""
    return f"({','.join(str(int(value)) for value in sorted(values))})"


def marks(values: Sequence[str]) -> str:
    """As many question marks as there are values, for `in`."""
    return ",".join("?" * len(values))


def batches(values: Sequence[str]) -> Iterable[Sequence[str]]:
    """The values in lots that a statement can take."""
    return (
        values[start : start + _NAMES_AT_ONCE] for start in range(0, len(values), _NAMES_AT_ONCE)
    )
