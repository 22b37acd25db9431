"""The notes so far on a subject, as a second look is shown them."""

from __future__ import annotations

from dataclasses import dataclass

from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.store import notes as store
from repo_sleeper.store.database import Database
from repo_sleeper.store.thoughts import Job
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import prompts, shown
from repo_sleeper.think.reading import Limits, group, size

_MOST = 20
_SHARE = 4  # of the prompt goes to them at most
_LONGEST = 1_600
_READ = 200


@dataclass(frozen=True, slots=True)
class Known:
    """Notes by their ids, and the text that shows them; nothing at a first look."""

    ids: tuple[str, ...] = ()
    text: str = ""


NOTHING = Known()


def at(tree: Tree, job: Job, limits: Limits) -> Known:
    """The fresh notes of a model on exactly this subject, as many as fit; a first look has none."""
    if not prompts.is_pass(job.version):
        return NOTHING
    room, ids, facts = limits.input_tokens * 3 // _SHARE, [], []
    for note in on(tree.db, tree.id, job.subject, job.kind)[:_MOST]:
        fact = _fact(note)
        room -= size(fact) + 3
        if room < 0:
            break
        ids.append(note.id)
        facts.append(fact)
    text = group("notes", facts, limits.input_tokens * 3, longest=_LONGEST)
    return Known(tuple(ids), text)


def on(db: Database, tree_id: int, subject: Subject, kind: NoteKind) -> list[Note]:
    """The fresh notes of this kind that a model wrote on this subject, surest first.

    What is on a symbol is on its file as well.
    """
    found = store.list_notes(
        db,
        tree_id,
        kinds=(kind,),
        path=subject.path,
        origin=Origin.MODEL,
        include_stale=False,
        limit=_READ,
    )
    about = (subject.label, f"{subject.label}::") if not subject.symbol else (subject.label,) * 2
    return [note for note in found if note.subject == about[0] or note.subject.startswith(about[1])]


def with_task(known: Known, task: str, begin: str = "") -> str:
    """The task, with the notes before it and what to do with them after it, if there are any.

    A look that is shown none may be told where to `begin`.
    """
    if not known.text:
        return f"{task}\n\n{begin}" if begin else task
    return f"{known.text}\n\n{task}\n\n{prompts.rethink_task().text}"


def _fact(note: Note) -> str:
    places = ", ".join(f"{shown.label(e.path)}:{e.range.start + 1}" for e in note.evidence)
    return f"[{note.id}] {note.confidence:.2f} {note.title}. {note.body} ({places})"
