"""Folders as subjects: what each is built from, and whether that has changed enough."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.store.database import Database, Row

ROOT = "./"  # the repository as a subject: no path that git prints looks like it
FEWEST_LINES = 5  # a file of fewer says nothing that a glance does not
KIND = NoteKind.ARCHITECTURE  # what there is to say of a folder as a whole

_FEWEST_FILES = 3
_MOST_NOTES = 40
_CHANGED = 0.3  # share of its parts that must differ before a folder is worth another thought
_PER_FILE = 6
_MOST_ROWS = 600

LIVE = f"""
select f.path, f.dirty_at, b.id as blob_id, b.hash, b.node_hash, b.size
from files f join blobs b on b.id = f.blob_id
where f.tree_id = :tree and b.language != 'text' and b.skip = '' and b.lines >= {FEWEST_LINES}
order by f.path"""
_THOUGHT = """
select subject_path, subject_hash, max(id) as id from thoughts
where state = 'applied' and subject_symbol = '' and substr(subject_path, -1) = '/'
group by subject_path"""
_NOTES = f"""
select id, version, subject_path, confidence from notes
where state = 'active' and origin = 'model' and kind = '{KIND}'
order by confidence desc, id"""
# The definitions that stand for a file: those that no other contains, the most used first.
_OUTLINE = f"""
with used as (select name, count(*) as times from refs group by name),
     ranked as (
         select f.path, b.hash, s.start_line, s.doc, coalesce(u.times, 0) as times,
                row_number() over (
                    partition by f.path order by coalesce(u.times, 0) desc, s.start_line
                ) as place
         from files f join blobs b on b.id = f.blob_id join symbols s on s.blob_id = b.id
         left join used u on u.name = s.name
         where f.tree_id = :tree and b.language != 'text' and b.skip = '' and s.parent_id is null
         and (:folder = '{ROOT}' or substr(f.path, 1, length(:folder)) = :folder)
     )
select * from ranked where place <= {_PER_FILE}
order by place, times desc, path, start_line limit {_MOST_ROWS}"""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and its parts: files, folders that are subjects themselves, and notes on both.

    `children` gives each part's hash. A folder within it has the hash it was last thought about
    with, so that a change climbs only as far as thoughts have followed it.
    """

    path: str
    hash: str
    children: Mapping[str, str]
    notes: tuple[str, ...]
    files: int
    size: int

    @property
    def parts(self) -> dict[str, str]:
        """All that it is built from, as a thought about it keeps it."""
        return {**self.children, **dict.fromkeys(self.notes, "")}


@dataclass(frozen=True, slots=True)
class Signature:
    """The line where a definition of some file begins, and how often its name is used."""

    path: str
    content_hash: str
    line: int
    doc: str
    uses: int


@dataclass(slots=True)
class _Draft:
    """A folder while its parts are collected."""

    children: dict[str, str]
    files: int = 0
    size: int = 0


def is_folder(path: str) -> bool:
    """Whether a subject with this path is a folder."""
    return path.endswith("/")


def folders(db: Database, tree_id: int) -> dict[str, Folder]:
    """Every folder worth a thought of its own, by path.

    One with a single part, or with hardly any files, says nothing that its parts do not: its
    parts are its parent's.
    """
    live = db.rows(LIVE, {"tree": tree_id})
    thought = {row["subject_path"]: row["subject_hash"] for row in db.rows(_THOUGHT)}
    drafts = _drafts(live, thought)
    on = _notes_on(db.rows(_NOTES))
    return {path: _folder(path, draft, on) for path, draft in sorted(drafts.items())}


def _drafts(live: Sequence[Row], thought: Mapping[str, str]) -> dict[str, _Draft]:
    open_: dict[str, _Draft] = defaultdict(lambda: _Draft({}))
    for row in live:
        draft = open_[parent(row["path"])]
        draft.children[row["path"]] = str(row["node_hash"])
        draft.files += 1
        draft.size += row["size"]
    for path in list(open_):
        for above in _above(path):
            _ = open_[above]
    done: dict[str, _Draft] = {}
    for path in sorted(open_, key=lambda p: (-p.count("/"), p)):
        if path != ROOT:
            _close(path, open_[path], open_[parent(path)], thought, done)
    if ROOT in open_ and open_[ROOT].files >= _FEWEST_FILES:
        done[ROOT] = _unwrapped(open_[ROOT], done)
    return done


def _close(
    path: str, draft: _Draft, above: _Draft, thought: Mapping[str, str], done: dict[str, _Draft]
) -> None:
    above.files += draft.files
    above.size += draft.size
    if draft.files < _FEWEST_FILES or len(draft.children) == 1:
        above.children.update(draft.children)
    else:
        above.children[path] = thought.get(path, "")
        done[path] = draft


def _unwrapped(root: _Draft, done: dict[str, _Draft]) -> _Draft:
    """A repository whose code is all in one folder is that folder."""
    only = next(iter(root.children)) if len(root.children) == 1 else ""
    return done.pop(only) if only in done else root


def _folder(path: str, draft: _Draft, on: Mapping[str, list[str]]) -> Folder:
    notes = sorted(note for child in draft.children for note in on.get(child, ()))[:_MOST_NOTES]
    folder = Folder(path, "", draft.children, tuple(notes), draft.files, draft.size)
    key = json.dumps(folder.parts, sort_keys=True)
    hash_ = sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return Folder(path, hash_, draft.children, tuple(notes), draft.files, draft.size)


def _notes_on(rows: Iterable[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["subject_path"]].append(f"note:{row['id']}:{row['version']}")
    return found


def parent(path: str) -> str:
    """The folder around a file or folder, as a subject is written."""
    above = path.rstrip("/").rpartition("/")[0]
    return f"{above}/" if above else ROOT


def _above(folder: str) -> list[str]:
    found = []
    while folder != ROOT:
        folder = parent(folder)
        found.append(folder)
    return found


# --- since the last thought -------------------------------------------------------------------


def last_parts(db: Database, path: str) -> dict[str, str] | None:
    """What the newest thought about this folder was built from; None when there was none."""
    found = db.value(
        """
        select request from thoughts where subject_path = ? and subject_symbol = ''
        and state = 'applied' order by id desc limit 1
        """,
        (path,),
    )
    if found is None:
        return None
    parts: dict[str, str] = json.loads(found).get("built_on", {})
    return parts


def reopened(folder: Folder, before: Mapping[str, str] | None) -> bool:
    """Whether so much differs since its last thought that another is worth its price.

    A single keystroke must not climb to the top: that is what the threshold is for.
    """
    if before is None:
        return True
    now = folder.parts
    names = now.keys() | before.keys()
    changed = sum(now.get(name) != before.get(name) for name in names)
    return bool(names) and changed >= _CHANGED * len(names)


# --- what a thought about a folder is shown ---------------------------------------------------


def outline(db: Database, tree_id: int, path: str) -> list[Signature]:
    """The most used definitions below a folder: every file's first before any file's second.

    So many and no more, however large the folder is.
    """
    rows = db.rows(_OUTLINE, {"tree": tree_id, "folder": path})
    return [
        Signature(row["path"], row["hash"], row["start_line"], row["doc"], row["times"])
        for row in rows
    ]
