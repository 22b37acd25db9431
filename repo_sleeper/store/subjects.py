"""What the index and the history know about one subject, for the context of a thought."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.statements import Statement, unpack
from repo_sleeper.store.database import Database, Row

# A name defined in more files than this says nothing about who calls whom.
_AMBIGUOUS = 3


@dataclass(frozen=True, slots=True)
class KnownSymbol:
    """A definition in one content, and how often its name is used in other contents."""

    name: str
    qualified: str
    range: Range
    node_hash: int
    has_children: bool
    references: int


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One content as the index has it; hashes as evidence writes them."""

    hash: str
    node_hash: str
    module_hash: str
    language: str
    lines: int
    is_text: bool
    has_error: bool
    symbols: tuple[KnownSymbol, ...]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A definition elsewhere that uses this file's names, or whose name this file uses."""

    path: str
    line: int
    signature: str
    name: str


def live_file(db: Database, tree_id: int, path: str) -> KnownFile | None:
    """The content now at this path, as far as it is indexed."""
    row = db.row(
        """
        select b.* from files f join blobs b on b.id = f.blob_id
        where f.tree_id = ? and f.path = ? and b.skip = ''
        """,
        (tree_id, path),
    )
    return None if row is None else _known(db, row)


def content(db: Database, content_hash: str) -> KnownFile | None:
    """A content seen at some time, whether or not it is in a tree now."""
    row = db.row("select * from blobs where hash = ? order by id desc limit 1", (content_hash,))
    return None if row is None else _known(db, row)


def seen_nodes(db: Database, path: str, *, but: str = "") -> set[int]:
    """The node hashes that thoughts about this path have been shown, in any content `but` one.

    What is shown of the present content must not depend on the thoughts about it so far: their
    prompts begin alike, which is what providers that cache them charge less for.
    """
    rows = db.rows(
        """
        select distinct s.node_hash
        from thoughts t cross join blobs b on b.hash = t.content_hash
        cross join symbols s on s.blob_id = b.id  -- in this order: few thoughts, many symbols
        where t.subject_path = ? and t.content_hash != ? and t.state = 'applied'
        and (t.subject_symbol = '' or t.subject_hash = cast(s.node_hash as text))
        """,
        (path, but),
    )
    return {row["node_hash"] for row in rows}


def callers(db: Database, tree_id: int, path: str, *, limit: int) -> list[Neighbour]:
    """Definitions in other files that use the names this file defines, widest users first.

    Names are all we have: a file that imports this one is believed, and as soon as there is one
    the others are not.
    """
    rows = db.rows(
        """
        with mine as (
            select distinct s.name, s.blob_id, b.language
            from files f join blobs b on b.id = f.blob_id join symbols s on s.blob_id = b.id
            where f.tree_id = :tree and f.path = :path and (
                select count(distinct x.blob_id) from symbols x where x.name = s.name
            ) <= :few
        )
        select f.path, u.start_line, u.signature, u.qualified, group_concat(distinct m.name) names,
               count(distinct m.name) as times, exists (
                   select 1 from imports i where i.blob_id = f.blob_id and (
                       instr(i.module, :stem) or instr(i.names, :stem)
                   )
               ) as near
        from mine m join refs r on r.name = m.name and r.blob_id != m.blob_id
        join files f on f.blob_id = r.blob_id and f.tree_id = :tree
        join blobs b on b.id = f.blob_id and b.language = m.language
        join symbols u on u.id = r.symbol_id
        where not exists (
            select 1 from symbols own where own.blob_id = r.blob_id and own.name = r.name
        )
        group by f.path, u.id order by near desc, times desc, f.path, u.start_line limit :limit
        """,
        {
            "tree": tree_id,
            "path": path,
            "stem": _stem(path),
            "few": _AMBIGUOUS,
            "limit": limit,
        },
    )
    return [_neighbour(row, row["names"]) for row in _near(rows)]


def callees(
    db: Database, tree_id: int, path: str, names: Collection[str], *, limit: int
) -> list[Neighbour]:
    """The definitions in other files that these names can mean, those of imported files first.

    Where something is imported at all, what is not is a namesake.
    """
    db.connection.create_function("stem", 1, _stem, deterministic=True)
    rows = db.rows(
        """
        with me as (
            select b.id, b.language, (
                select group_concat(i.module || ' ' || i.names, ' ') from imports i
                where i.blob_id = b.id
            ) as imported
            from files f join blobs b on b.id = f.blob_id
            where f.tree_id = :tree and f.path = :path
        ), used as (
            select value as name from json_each(:names) where not exists (
                select 1 from symbols s join me on s.blob_id = me.id where s.name = value
            )
        )
        select f.path, d.start_line, d.signature, d.qualified, u.name,
               instr(coalesce(me.imported, ''), stem(f.path)) > 0 as near
        from me cross join used u cross join symbols d on d.name = u.name
        cross join files f on f.blob_id = d.blob_id and f.tree_id = :tree and f.path != :path
        cross join blobs b on b.id = f.blob_id and b.language = me.language
        where d.kind not in ('field', 'variable', 'module') and (
            select count(distinct x.blob_id) from symbols x where x.name = u.name
        ) <= :few
        order by near desc, f.path, d.start_line limit :limit
        """,
        {
            "tree": tree_id,
            "path": path,
            "names": json.dumps(sorted(names)),
            "few": _AMBIGUOUS,
            "limit": limit,
        },
    )
    return [_neighbour(row, row["name"]) for row in _near(rows)]


def recent_subjects(db: Database, path: str, *, limit: int) -> list[str]:
    """The newest commits that touched this path, each as the start of its id and its subject."""
    rows = db.rows(
        """
        select c.oid, c.subject from history_paths p join commit_paths t on t.path_id = p.id
        join commits c on c.id = t.commit_id
        where p.path = ? and not c.is_merge order by c.time desc, c.oid limit ?
        """,
        (path, limit),
    )
    return [f"{row['oid'].hex()[:10]} {row['subject']}" for row in rows]


def known_paths(db: Database, tree_id: int, names: Collection[str]) -> set[str]:
    """Which of these are a path in the tree, or the end of one."""
    rows = db.rows(
        """
        select j.value as name from json_each(?) j where exists (
            select 1 from files f where f.tree_id = ?
            and (f.path = j.value or substr(f.path, -length(j.value) - 1) = '/' || j.value)
        )
        """,
        (json.dumps(sorted(names)), tree_id),
    )
    return {row["name"] for row in rows}


def _stem(path: str) -> str:
    """What other files call this one when they import it."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem in {"__init__", "index", "mod"} else pure.stem


def _near(rows: Sequence[Row]) -> Sequence[Row]:
    return [row for row in rows if row["near"]] or rows


def _known(db: Database, row: Row) -> KnownFile:
    return KnownFile(
        hash=row["hash"],
        node_hash=str(row["node_hash"]),
        module_hash=str(row["module_hash"]),
        language=row["language"],
        lines=row["lines"],
        is_text=row["language"] == "text",
        has_error=bool(row["has_error"]),
        symbols=_symbols(db, row["id"]),
        statements=_statements(db, row["id"]),
    )


def _statements(db: Database, blob_id: int) -> tuple[Statement, ...]:
    packed = db.value("select places from statements where blob_id = ?", (blob_id,))
    return tuple(unpack(packed or ""))


def _symbols(db: Database, blob_id: int) -> tuple[KnownSymbol, ...]:
    rows = db.rows(
        """
        select s.*, exists (
                   select 1 from symbols c where c.blob_id = s.blob_id and c.parent_id = s.id
               ) as has_children,
               (select count(*) from refs r where r.name = s.name and r.blob_id != s.blob_id)
               as times
        from symbols s where s.blob_id = ? order by s.start_line, s.end_line desc, s.id
        """,
        (blob_id,),
    )
    return tuple(
        KnownSymbol(
            row["name"],
            row["qualified"],
            Range(row["start_line"], row["end_line"]),
            row["node_hash"],
            bool(row["has_children"]),
            row["times"],
        )
        for row in rows
    )


def _neighbour(row: Row, name: str) -> Neighbour:
    signature = row["signature"] or row["qualified"]
    return Neighbour(row["path"], row["start_line"], signature, name)
