"""Rows that only the survey reads: all live files at once, and names used by tests."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from repo_sleeper.domain.code import Range
from repo_sleeper.store.database import Database, Row
from repo_sleeper.store.search import quoted


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
    """Files that use a name which this file defines at its top level or in a namespace."""
    # By number first: a path for each of a thousand uses of one name took seventy times as long.
    rows = db.rows(
        """select f.path from files f where f.tree_id = :tree and f.blob_id in (
             select u.blob_id from files here
             join symbols s on s.blob_id = here.blob_id and s.kind != 'module' and (
               s.parent_id is null
               or exists (select 1 from symbols o where o.id = s.parent_id and o.kind = 'module'))
             join uses u on u.name = s.name and u.blob_id <> s.blob_id
             where here.tree_id = :tree and here.path = :path) order by f.path""",
        {"tree": tree_id, "path": path},
    )
    return [row[0] for row in rows]


def paths_with_words(db: Database, tree_id: int, words: Collection[str]) -> list[str]:
    """Files one of whose chunks holds all of the words; one with a hyphen is a phrase."""
    query = " AND ".join(f"body : {quoted(word)}" for word in sorted(words))
    rows = db.rows(
        "select distinct f.path from chunk_words w join chunks c on c.id = w.rowid"
        " join files f on f.blob_id = c.blob_id"
        " where chunk_words match ? and f.tree_id = ? order by f.path",
        (query, tree_id),
    )
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition of a live file, with what the survey judges it by."""

    path: str
    language: str
    name: str
    qualified: str
    kind: str
    range: Range
    node_hash: int
    signature: str


_DEFINITION = """f.path, b.language, s.name, s.qualified, s.kind, s.start_line, s.end_line,
    s.node_hash, s.signature"""


def long_functions(db: Database, tree_id: int, *, fewest_lines: int) -> list[Definition]:
    """Functions and methods of at least so many lines, the longest first."""
    rows = db.execute(
        f"select {_DEFINITION} from symbols s join blobs b on b.id = s.blob_id"
        " join files f on f.blob_id = b.id where f.tree_id = ?"
        " and s.kind in ('function', 'method') and s.end_line - s.start_line >= ?"
        " order by s.end_line - s.start_line desc, f.path, s.id",
        (tree_id, fewest_lines),
    )
    return [_definition(row) for row in rows]


def function_ranges(db: Database, tree_id: int, path: str) -> list[Range]:
    """Where the functions and methods of a file are."""
    rows = db.rows(
        "select s.start_line, s.end_line from files f join symbols s on s.blob_id = f.blob_id"
        " where f.tree_id = ? and f.path = ? and s.kind in ('function', 'method') order by s.id",
        (tree_id, path),
    )
    return [Range(row[0], row[1]) for row in rows]


def unused_definitions(db: Database, tree_id: int) -> list[Definition]:
    """Functions, methods and classes defined once in the tree whose name nothing in it uses.

    Of Python only what begins with an underscore, as the others are for anybody. Methods of
    classes that inherit are left out: somebody else may call them.
    """
    rows = db.rows(
        f"select {_DEFINITION}, s.parent_id, s.blob_id from symbols s"
        " join blobs b on b.id = s.blob_id join files f on f.blob_id = b.id where f.tree_id = ?"
        " and s.kind in ('function', 'method', 'class')"
        " and (b.language != 'python' or substr(s.name, 1, 1) = '_')"
        " order by s.end_line - s.start_line desc, f.path, s.id",
        (tree_id,),
    )
    lonely = _lonely(db, tree_id, {row[2] for row in rows})
    left = [row for row in rows if row[2] in lonely]
    heirs = _heirs(db, {row[10] for row in left if row[9] is not None})
    return [_definition(row) for row in left if row[9] not in heirs]


def _lonely(db: Database, tree_id: int, names: Collection[str]) -> set[str]:
    """Those of the names that the tree defines once and does not use."""
    cursor = db.execute(
        "select w.value from json_each(?) w where not exists (select 1 from uses u"
        "  join files f on f.blob_id = u.blob_id where u.name = w.value and f.tree_id = ?)"
        " and 1 = (select count(*) from symbols s where s.name = w.value"
        "  and exists (select 1 from files f where f.blob_id = s.blob_id and f.tree_id = ?))",
        (json.dumps(sorted(names)), tree_id, tree_id),
    )
    return {row[0] for row in cursor}


def _heirs(db: Database, blobs: Collection[int]) -> set[int]:
    """The symbols of these contents that inherit from something."""
    # Most names are inherited from nowhere: to see that is cheaper than to take JSON apart.
    cursor = db.execute(
        "select distinct coalesce((select min(s.id) from symbols s where s.blob_id = u.blob_id)"
        "  + json_extract(p.value, '$[0]'), 0)"
        " from uses u, json_each(u.places) p where instr(u.places, 'inherit')"
        " and u.blob_id in (select value from json_each(?))"
        " and json_extract(p.value, '$[1]') = 'inherit'",
        (json.dumps(sorted(blobs)),),
    )
    return {row[0] for row in cursor}


def _definition(row: Row) -> Definition:
    path, language, name, qualified, kind, start, end, node_hash, signature = row[:9]
    return Definition(
        path, language, name, qualified, kind, Range(start, end), node_hash, signature
    )


# --- what imports are resolved with -------------------------------------------------------------


def top_level_names(db: Database, tree_id: int, languages: Collection[str]) -> dict[str, set[str]]:
    """For each file of these languages the names it defines outside every other definition.

    An extension method of C# is used by its name alone, wherever its namespace is named.
    """
    return _names_by_path(
        db,
        tree_id,
        languages,
        "select f.path, s.name from symbols s join blobs b on b.id = s.blob_id"
        " join files f on f.blob_id = b.id where f.tree_id = ? and b.language in ({marks})"
        " and (s.parent_id is null"
        "   or exists (select 1 from symbols o where o.id = s.parent_id and o.kind = 'module')"
        "   or (b.language = 'csharp' and s.kind = 'method' and s.signature like '%(this %'))",
    )


def used_names(db: Database, tree_id: int, languages: Collection[str]) -> dict[str, set[str]]:
    """For each file of these languages the names it uses."""
    return _names_by_path(
        db,
        tree_id,
        languages,
        "select f.path, r.name from refs r join blobs b on b.id = r.blob_id"
        " join files f on f.blob_id = b.id where f.tree_id = ? and b.language in ({marks})",
    )


def _names_by_path(
    db: Database, tree_id: int, languages: Collection[str], query: str
) -> dict[str, set[str]]:
    wanted = sorted(languages)
    found: dict[str, set[str]] = defaultdict(set)
    if wanted:
        marks = ",".join("?" * len(wanted))
        for path, name in db.execute(query.format(marks=marks), (tree_id, *wanted)):
            found[path].add(name)
    return dict(found)


def modules_defined(db: Database, tree_id: int, language: str) -> list[tuple[str, int, int, str]]:
    """Path, first line, end and qualified name of every module or namespace a language defines."""
    rows = db.rows(
        "select f.path, s.start_line, s.end_line, s.qualified from symbols s"
        " join blobs b on b.id = s.blob_id join files f on f.blob_id = b.id"
        " where f.tree_id = ? and b.language = ? and s.kind = 'module' order by f.path, s.id",
        (tree_id, language),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


# --- links --------------------------------------------------------------------------------------


def save_links(db: Database, tree_id: int, links: Iterable[tuple[str, int, str]]) -> None:
    """Make the links of a tree exactly these: path, line of the import, file it names."""
    wanted = set(links)
    stored = set(links_of(db, tree_id))
    with db.transaction():
        db.many(
            "delete from links where tree_id = ? and path = ? and line = ? and target = ?",
            [(tree_id, *link) for link in sorted(stored - wanted)],
        )
        db.many(
            "insert into links (tree_id, path, line, target) values (?, ?, ?, ?)",
            [(tree_id, *link) for link in sorted(wanted - stored)],
        )


def links_of(db: Database, tree_id: int) -> list[tuple[str, int, str]]:
    """Every link of the tree: path, line of the import, file it names."""
    rows = db.execute(
        "select path, line, target from links where tree_id = ? order by path, line, target",
        (tree_id,),
    )
    return [(path, line, target) for path, line, target in rows]
