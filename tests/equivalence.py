"""What an index says, comparably; and a store that may die between any two statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from repo_sleeper import git
from repo_sleeper.config import Settings
from repo_sleeper.daemon.reconciling import Round, reconcile_round
from repo_sleeper.git import Repository
from repo_sleeper.index import indexer
from repo_sleeper.index.hands import Hands
from repo_sleeper.index.pool import Parsed, ParserPool, Request
from repo_sleeper.index.reading import read_rows
from repo_sleeper.index.rows import Rows
from repo_sleeper.store import code, extent, search, survey
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.tree import Tree
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.linking import link
from repo_sleeper.watch import scanner

TERMS = ("total", "one", "cart", "pkg", "out", "notes", "sub")

Snapshot = dict[str, object]


class ParsesHere(ParserPool):
    """No children: the contents of a test are known to be harmless."""

    def __init__(self, meanwhile: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def parse(self, requests: Iterable[Request]) -> Iterator[Parsed]:
        """At once, in order; `meanwhile` happens once, after the first file was read."""
        for request in requests:
            meanwhile, self._meanwhile = self._meanwhile, None
            if meanwhile is not None:
                meanwhile()
            yield Parsed(request, rows=_rows(request.data, request.language))


@lru_cache(maxsize=4096)
def _rows(data: bytes, language: str) -> Rows:
    return read_rows(data, language)


def look(
    db: Database,
    root: Path,
    *,
    settings: Settings | None = None,
    pool: ParserPool | None = None,
    **more: Any,
) -> Round:
    """One round on a work tree, so late that every file has long been settled."""
    more = {"hands": Hands(pool or ParsesHere()), "now": 1e10, "derive": False, **more}
    return reconcile_round(db, git.discover(root), settings or Settings(), **more)


def symbols(db: Database, found: Round) -> dict[str, list[str]]:
    """The qualified names in every indexed file."""
    return {
        path: [one.qualified for one in code.symbols_in(db, found.tree_id, path)]
        for path in sorted(code.stored_files(db, found.tree_id))
    }


class PowerCutError(Exception):
    """Everything stops here."""


class FragileDatabase(Database):
    """Stops at the statement before which the power goes; what was not committed is lost."""

    fuse: int | None = None

    def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """One statement, if there is power for it."""
        self._burn()
        return super().execute(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same."""
        self._burn()
        super().many(sql, rows)

    def _burn(self) -> None:
        if self.fuse is not None:
            if self.fuse == 0:
                raise PowerCutError
            self.fuse -= 1


@cache
def _empty() -> Database:
    return open_database()


def empty_database() -> Database:
    """A migrated database in memory, by copying one: many are needed."""
    connection = sqlite3.connect(":memory:")
    _empty().connection.backup(connection)
    return Database(connection)


def fresh_index(repo: Repository, settings: Settings) -> Snapshot:
    """What an index made from nothing says of this work tree."""
    db = empty_database()
    try:
        tree_id = code.ensure_tree(db, repo.root, repo.git_dir)
        found = scanner.scan(
            repo, max_bytes=settings.index.max_file_kb * 1024, ignore=settings.index.ignore
        )
        indexer.reconcile(
            Tree(db, tree_id, repo.root),
            found,
            now=0.0,
            languages=settings.index.languages,
            hands=Hands(ParsesHere()),
        )
        return snapshot(db, tree_id, root=repo.root)
    finally:
        db.close()


_LIVE = "from files f join blobs b on b.id = f.blob_id"
_TABLES = {
    "files": f"""select f.path, b.hash, b.grammar, b.language, b.lines, b.size, b.node_hash,
        b.module_hash, b.has_error, b.skip {_LIVE} where f.tree_id = :tree""",
    "symbols": f"""select f.path, s.name, s.qualified, s.kind, s.start_line, s.end_line,
        s.node_hash, p.qualified, s.signature, s.doc {_LIVE}
        join symbols s on s.blob_id = b.id left join symbols p on p.id = s.parent_id
        where f.tree_id = :tree""",
    "references": f"""select f.path, r.name, r.kind, r.lines, s.qualified {_LIVE}
        join refs r on r.blob_id = b.id left join symbols s on s.id = r.symbol_id
        where f.tree_id = :tree""",
    "imports": f"""select f.path, i.line, i.module, i.names {_LIVE}
        join imports i on i.blob_id = b.id where f.tree_id = :tree""",
    "statements": f"""select f.path, s.places {_LIVE}
        join statements s on s.blob_id = b.id where f.tree_id = :tree""",
    "chunks": f"""select f.path, c.start_line, c.end_line, s.qualified {_LIVE}
        join chunks c on c.blob_id = b.id left join symbols s on s.id = c.symbol_id
        where f.tree_id = :tree""",
    "links": "select path, line, target from links where tree_id = :tree",
    "path words": "select path, words from path_words where tree = :tree",
}


def snapshot(db: Database, tree_id: int, *, root: Path | None = None) -> Snapshot:
    """Everything an index says of a tree but the numbers of its rows.

    Where its root is given, imports are resolved first, as before each count of the survey.
    """
    if root is not None:
        files = [SourceFile(*row) for row in survey.live_files(db, tree_id)]
        link(db, tree_id, root, files)
    said: Snapshot = {
        name: sorted(map(repr, map(tuple, db.rows(sql, {"tree": tree_id}))))
        for name, sql in _TABLES.items()
    }
    said["skipped"] = extent.skipped(db, tree_id)
    said["counts"] = extent.counts(db, tree_id)
    said["found"] = _found(db, tree_id, TERMS)
    return said


def _found(db: Database, tree_id: int, words: Collection[str]) -> dict[str, object]:
    """What a search finds; not in which order, for weights count contents of other branches."""
    found: dict[str, object] = {}
    for term in [search.Term(word, word, 0, 0) for word in words]:
        scores = {row[0]: 0.0 for row in search.chunk_scores(db, term, limit=10_000)}
        passages = search.passages(db, tree_id, scores)
        places = sorted((one.path, one.range) for one in passages)
        paths = sorted(search.path_matches(db, tree_id, [term], limit=10_000))
        found[term.word] = (places, paths)
    return found


def differences(ours: Snapshot, fresh: Snapshot) -> list[str]:
    """What is said of one index and not of the other, few enough to read."""
    return [
        f"{name}: have {_but(ours[name], fresh[name])}, fresh {_but(fresh[name], ours[name])}"
        for name in ours
        if ours[name] != fresh[name]
    ]


def _but(some: object, others: object) -> object:
    if isinstance(some, dict) and isinstance(others, dict):
        return {key: value for key, value in some.items() if others.get(key) != value}
    if isinstance(some, list) and isinstance(others, list):
        return [row for row in some if row not in others or some.count(row) > others.count(row)]
    return some
