"""Freshness: whether what a note cites is still in a tree, or has moved within it."""

from __future__ import annotations

from collections.abc import Iterable

from repo_sleeper.domain.notes import Anchor, NoteKind, Origin
from repo_sleeper.store.database import Database

SURVEY_DUE = "survey-due:"  # and the tree: since when its survey notes are behind
_RULES = "survey-rules:"  # and the tree: the rules that its survey notes were counted by
SINCE_COMMITS = " commits"  # ends the value where history went on as well

# How many places of the tree `:tree` have what an `evidence e` cites, by what it is anchored to.
_NODE_PLACES = """(
    select count(*) from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.node_hash = cast(e.hash as integer)
)"""
_STATEMENT_PLACES = """(
    select count(distinct f.path) from statements t join files f on f.blob_id = t.blob_id
    where f.tree_id = :tree and instr(t.places, e.hash || ':')
)"""
_MODULE_PLACES = """(
    select count(*) from blobs b join files f on f.blob_id = b.id and f.tree_id = :tree
    where b.module_hash = cast(e.hash as integer)
)"""
_FILE_PLACES = """(
    select count(*) from blobs b join files f on f.blob_id = b.id and f.tree_id = :tree
    where b.hash = e.hash
)"""
PLACES_NOW = f"""
case e.anchor
    when '{Anchor.NODE}' then {_NODE_PLACES}
    when '{Anchor.STATEMENT}' then {_STATEMENT_PLACES}
    when '{Anchor.MODULE}' then {_MODULE_PLACES}
    when '{Anchor.FILE}' then {_FILE_PLACES}
    else 1
end"""

# A condition over `evidence e` of `notes n` in the tree `:tree`. The hash at the cited place
# decides; a hash found elsewhere counts only when the cited place is gone, for then it has moved.
# Otherwise an edited getter would stay fresh because another class has one that reads the same.
# Nothing has moved where fewer places have it than when the note was written (`e.places`): of two
# that read the same one is gone, and what was said of it is not said of the other.
_NODE_HERE = """
exists (
    select 1 from files f join symbols s on s.blob_id = f.blob_id
    where f.tree_id = :tree and f.path = e.path
    and s.node_hash = cast(e.hash as integer) and e.symbol in ('', s.qualified)
)"""
PATH_LIVES = "exists (select 1 from files f where f.tree_id = :tree and f.path = e.path)"
_FILE_NAME = "substr({path}, length(rtrim({path}, replace({path}, '/', ''))) + 1)"
_SAME_FILE_NAME = f"{_FILE_NAME.format(path='f.path')} = {_FILE_NAME.format(path='e.path')}"
# A file that was put elsewhere has its definition there, changed: another that still reads as it
# did, as what is built from it may, is not where it went.
_NODE_CHANGED_AS_IT_MOVED = f"""
not {PATH_LIVES} and exists (
    select 1 from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.name = {_FILE_NAME.format(path="replace(e.symbol, '.', '/')")}
    and s.qualified = e.symbol and {_SAME_FILE_NAME}
) and not exists (
    select 1 from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.node_hash = cast(e.hash as integer) and {_SAME_FILE_NAME}
)"""
# A place that has not changed since the note was written in this tree is a twin: it was there
# already, and what is said of one is not said of the other. Where the file itself lives on, only
# a single place can be the one that the definition went to.
_NODE_MOVED = f"""
exists (
    select 1 from symbols s join files f on f.blob_id = s.blob_id and f.tree_id = :tree
    where s.node_hash = cast(e.hash as integer) and (f.dirty_at >= n.created_at or not exists (
        select 1 from thoughts t where t.id = n.thought_id and t.tree_id = :tree
    ))
) and (not {PATH_LIVES} or 1 = {_NODE_PLACES}) and {_NODE_PLACES} >= e.places
and not exists (
    select 1 from files f join symbols s on s.blob_id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and s.qualified = e.symbol
) and not ({_NODE_CHANGED_AS_IT_MOVED})"""
_MODULE_HERE = """
exists (
    select 1 from files f join blobs b on b.id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and b.module_hash = cast(e.hash as integer)
)"""
_MODULE_MOVED = f"not {PATH_LIVES} and {_MODULE_PLACES} >= e.places"
_FILE_HERE = """
exists (
    select 1 from files f join blobs b on b.id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and b.hash = e.hash
)"""
_FILE_MOVED = f"not {PATH_LIVES} and {_FILE_PLACES} >= e.places"
# A statement has no name. Where its file is gone it has moved only if a single file has it now,
# or a single new one of the same name: `import os` of a deleted file is not the one of another.
_STATEMENT_HERE = """
exists (
    select 1 from files f join statements t on t.blob_id = f.blob_id
    where f.tree_id = :tree and f.path = e.path and instr(t.places, e.hash || ':')
)"""
_STATEMENT_MOVED = f"""
not {PATH_LIVES} and {_STATEMENT_PLACES} >= e.places and 1 in ({_STATEMENT_PLACES}, (
    select count(distinct f.path) from statements t join files f on f.blob_id = t.blob_id
    where f.tree_id = :tree and instr(t.places, e.hash || ':') and f.dirty_at >= n.created_at
    and {_SAME_FILE_NAME}
))"""
_FRESH_EVIDENCE = f"""
case e.anchor
    when '{Anchor.NODE}' then ({_NODE_HERE}) or ({_NODE_MOVED})
    when '{Anchor.STATEMENT}' then ({_STATEMENT_HERE}) or ({_STATEMENT_MOVED})
    when '{Anchor.MODULE}' then ({_MODULE_HERE}) or ({_MODULE_MOVED})
    when '{Anchor.FILE}' then ({_FILE_HERE}) or ({_FILE_MOVED})
    else {PATH_LIVES}
end"""
# Over `evidence e`: what it cites is not where it was, and a file `f` of the tree has it.
MOVED_INTO = f"""
not (case e.anchor when '{Anchor.NODE}' then {_NODE_HERE} else {PATH_LIVES} end) and exists (
    select 1 from files f left join blobs b on b.id = f.blob_id
    where f.tree_id = :tree and {{path}} and case e.anchor
        when '{Anchor.NODE}' then exists (
            select 1 from symbols s
            where s.node_hash = cast(e.hash as integer) and s.blob_id = f.blob_id
        )
        when '{Anchor.STATEMENT}' then exists (
            select 1 from statements t
            where t.blob_id = f.blob_id and instr(t.places, e.hash || ':')
        )
        when '{Anchor.MODULE}' then b.module_hash = cast(e.hash as integer)
        when '{Anchor.FILE}' then b.hash = e.hash
    end
)"""


def _listed(kinds: Iterable[NoteKind]) -> str:
    quoted = [f"'{kind.value}'" for kind in kinds]
    return f"({', '.join(quoted)})"


# What is counted over the whole repository is in doubt as soon as anything in it is different.
_OF_ALL_FILES = (NoteKind.DEAD_LOOKING, NoteKind.LAYERS, NoteKind.TEST_MAP)
_OF_HISTORY = (NoteKind.CO_CHANGE, NoteKind.FIX_PRONE, NoteKind.HOTSPOT, NoteKind.TEST_MAP)
# A survey note speaks of the moment it was counted. Until that is done again, what was counted
# of files that have changed since, of all files, or of a history that went on, is not fresh.
_OVERTAKEN = f"""
n.origin = '{Origin.SURVEY}' and exists (
    select 1 from meta due where due.key = '{SURVEY_DUE}' || :tree and (
        n.kind in {_listed(_OF_ALL_FILES)}
        or (due.value like '%{SINCE_COMMITS}' and n.kind in {_listed(_OF_HISTORY)})
        or exists (
            select 1 from evidence e join files f on f.tree_id = :tree and f.path = e.path
            where e.note_row = n.row and f.dirty_at >= cast(due.value as real)
        )
    )
)"""

# Over `notes n`: all of its evidence is fresh in the tree `:tree`.
FRESH_NOTE = f"""
not exists (select 1 from evidence e where e.note_row = n.row and not ({_FRESH_EVIDENCE}))
and not ({_OVERTAKEN})"""


# --- notes that were counted ------------------------------------------------------------------


def survey_is_due(db: Database, tree_id: int, *, rules: str) -> bool:
    """Whether what the survey counts has changed since it was taken, or the rules it counts by."""
    return is_behind(db, tree_id) or db.meta(f"{_RULES}{tree_id}") != rules


def is_behind(db: Database, tree_id: int) -> bool:
    """Whether what the survey counts, and which file an import means, has changed since."""
    return db.meta(f"{SURVEY_DUE}{tree_id}") is not None


def put_survey_due(db: Database, tree_id: int, *, since: float, commits: bool) -> None:
    """From now on, until it is taken again, the survey of this tree is behind."""
    key = f"{SURVEY_DUE}{tree_id}"
    known = db.meta(key) or str(since)
    ended = commits and not known.endswith(SINCE_COMMITS)
    db.set_meta(key, f"{known}{SINCE_COMMITS}" if ended else known)


def survey_is_taken(db: Database, tree_id: int, *, rules: str) -> None:
    """The survey notes of this tree say what is so now, by these rules."""
    db.set_meta(f"{SURVEY_DUE}{tree_id}", None)
    db.set_meta(f"{_RULES}{tree_id}", rules)
