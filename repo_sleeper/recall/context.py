"""A question's context: what was found, packed into the budget, or that it was nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.domain.paths import path_to_bytes
from repo_sleeper.domain.recall import Context, FileHit, SymbolHit
from repo_sleeper.domain.text import as_text
from repo_sleeper.recall import pointers, rank
from repo_sleeper.recall.excerpt import Excerpt, excerpt
from repo_sleeper.recall.pack import NOTHING, count_tokens, nothing, pack
from repo_sleeper.recall.places import worth_reading
from repo_sleeper.recall.pointer_lines import signature
from repo_sleeper.recall.question import Question, understand
from repo_sleeper.recall.rank import Ranked
from repo_sleeper.recall.retrieve import Found, retrieve
from repo_sleeper.redact import MOST_SECRETS, is_secret_path, redact
from repo_sleeper.store import answers, note_kinds, search
from repo_sleeper.store import symbols as symbol_store
from repo_sleeper.store.database import Database

# Below this share of a question's weight, found together in one place, nothing is relevant.
# Who asks for a change means this repository; who asks how or why may mean anything at all.
# On ten public repositories 99 % of 969 commit subjects are above their bar, and 7.5 % of 200
# questions about cooking, sports and the like.
CONFIDENCE = 0.25
CONFIDENCE_CHANGE = 0.08
CONFIDENCE_READING = 0.3
_OURS = ".sleeper.toml"
_EXCERPTS = 10
_LARGEST = 3 * pointers.ALSO  # definitions of a file among which names come twice
_OUTLINED = 6  # files whose other definitions are named
_NOTED = 5  # files that a counted note must be about
_READ_MAX = 4 * 1024 * 1024

NO_WORDS = "The question has no words to search for."


def context(  # noqa: PLR0913 -- what a context is made of, each by name
    db: Database,
    *,
    tree_id: int,
    root: Path,
    query: str,
    budget: int,
    files: int,
    commit: str,
    sent: bool = False,
) -> Context:
    """Everything worth knowing for a question, packed; nothing at all when we are not sure.

    What is to be `sent` to a model shows no code of files that are stores of secrets.
    """
    (one,) = contexts(
        db,
        tree_id=tree_id,
        root=root,
        query=query,
        budgets=[budget],
        files=files,
        commit=commit,
        sent=sent,
    )
    return one


def contexts(  # noqa: PLR0913 -- what a context is made of, each by name
    db: Database,
    *,
    tree_id: int,
    root: Path,
    query: str,
    budgets: Sequence[int],
    files: int,
    commit: str,
    sent: bool = False,
    without: Collection[NoteKind] | None = None,
) -> list[Context]:
    """The same for several budgets: looked up once, packed for each.

    Counted notes of kinds that are switched off, or `without`, take no part in the text.
    """
    question = understand(query)
    found = retrieve(db, tree_id, question)
    facts = _facts(db, tree_id, root, question, sent=sent)
    known = bool(facts) or (not question.is_empty and found.confidence >= _bar(question))
    hits = rank.hits(_theirs(found), found.reasons, limit=files) if known else ()
    shown = pointers.chosen(found.symbols, wants_tests=question.wants_tests)
    also = _also(db, tree_id, hits, shown, wants_tests=question.wants_tests)
    off = note_kinds.switched_off(db) if without is None else without
    notes = [note for note in _telling(found.notes, hits) if _is_used(note, off)]
    listed = {hit.path for hit in hits}
    places = [one for one in worth_reading(found, question) if one[0] in listed]
    code = _excerpts(db, tree_id, root, places[:_EXCERPTS], words=question.words, sent=sent)
    excerpts = [one for one in code if not _is_pointed_at(one, shown)]
    why = NO_WORDS if question.is_empty else NOTHING
    unread = () if hits or question.is_empty else _unread(db, tree_id, query)
    made = []
    for budget in budgets:
        packed = (
            pack(
                commit=commit,
                files=hits,
                symbols=shown,
                also=also,
                notes=notes,
                excerpts=excerpts,
                budget=budget,
                facts=facts,
            )
            if hits
            else nothing(budget=budget, why=why, unread=unread)
        )
        made.append(
            Context(
                query=query,
                root=os.fspath(root),
                commit=commit,
                budget=budget,
                tokens=count_tokens(packed.text),
                files=hits,
                symbols=found.symbols if hits else (),
                notes=packed.notes,
                text=packed.text,
            )
        )
    return made


def _unread(db: Database, tree_id: int, query: str) -> Sequence[str]:
    """What may hold what was not found: the files that are named and not indexed, how many are."""
    from repo_sleeper.recall import unread  # only where nothing was found

    return [*unread.named(db, tree_id, query), *unread.counted(db, tree_id)]


def _theirs(found: Found) -> list[Ranked]:
    """Without the settings that `init` wrote: their comments speak of all kinds of things."""
    return [
        one
        for one in found.ranked
        if one.path != _OURS or "mention" in found.reasons.get(one.path, {})
    ]


def _facts(
    db: Database, tree_id: int, root: Path, question: Question, *, sent: bool
) -> Sequence[str]:
    """The lines that answer a question which the index alone can answer: who calls, what tests."""
    if not question.wants_fact:
        return ()

    def read(path: str) -> Sequence[str]:
        return _source(db, tree_id, root, path, sent=sent)

    found = answers.answer(db, tree_id, question.text, read=read)
    return () if found is None else found.text.split("\n")


def _also(
    db: Database,
    tree_id: int,
    hits: Sequence[FileHit],
    shown: Sequence[SymbolHit],
    *,
    wants_tests: bool,
) -> dict[str, tuple[SymbolHit, ...]]:
    """What the best files of code define besides what is shown of them."""
    by_path = pointers.grouped(shown)
    best = [hit.path for hit in hits if wants_tests or not pointers.is_minor(hit.path)]
    return {
        path: pointers.also(
            symbol_store.largest(db, tree_id, path, pointers.TELLING, limit=_LARGEST),
            by_path.get(path, ()),
        )
        for path in best[:_OUTLINED]
    }


def _telling(notes: Sequence[Note], hits: Sequence[FileHit]) -> list[Note]:
    """The notes about the best files; what was counted elsewhere shares a word by chance."""
    best = {hit.path for hit in hits[:_NOTED]}
    return [
        note
        for note in notes
        if note.origin is not Origin.SURVEY or any(one.path in best for one in note.evidence)
    ]


def _is_used(note: Note, off: Collection[NoteKind]) -> bool:
    return note.origin is not Origin.SURVEY or note.kind not in off


def _bar(question: Question) -> float:
    if question.wants_reading:
        return CONFIDENCE_READING
    return CONFIDENCE_CHANGE if question.wants_change else CONFIDENCE


# --- code -------------------------------------------------------------------------------------


def _excerpts(  # noqa: PLR0913 -- what code is read for, each by name
    db: Database,
    tree_id: int,
    root: Path,
    places: Sequence[tuple[str, Range]],
    *,
    words: Sequence[str],
    sent: bool,
) -> list[Excerpt]:
    sources: dict[str, list[str]] = {}
    shown: list[Excerpt] = []
    for path, place in places:
        if path not in sources:
            sources[path] = _source(db, tree_id, root, path, sent=sent)
        one = excerpt(path, sources[path], place, words)
        if one is not None:
            shown.append(one)
    return shown


def _is_pointed_at(one: Excerpt, shown: Sequence[SymbolHit]) -> bool:
    """Whether it is a single line that a pointer shows as well."""
    text = " ".join(one.lines[0][1].split())
    return len(one.lines) == 1 and any(
        hit.path == one.path and hit.range == one.range and signature(hit.signature) == text
        for hit in shown
    )


def _source(db: Database, tree_id: int, root: Path, path: str, *, sent: bool) -> list[str]:
    """The lines of a file, if it still is what the index has read; without its secrets.

    None of them when they are to be sent and the file is a store of secrets.
    """
    data = _read(os.path.join(os.fsencode(root), path_to_bytes(path)))  # noqa: PTH118 -- bytes
    from hashlib import sha256  # only when code is shown

    if not data or sha256(data).hexdigest()[:32] != search.content_hash(db, tree_id, path):
        return []
    text = as_text(data)
    # What is packed is redacted there. Only a key over many lines must be seen as a whole.
    if sent or "PRIVATE KEY" in text:
        text, secrets = redact(text)
        if sent and (secrets > MOST_SECRETS or is_secret_path(path)):
            return []
    return text.split("\n")


def _read(file: bytes) -> bytes:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _READ_MAX:
            return b""
        return os.read(descriptor, _READ_MAX)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
