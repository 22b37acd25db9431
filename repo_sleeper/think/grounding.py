"""Grounding: a draft becomes a note only with evidence that was really shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from repo_sleeper.domain.notes import (
    Draft,
    Note,
    NoteKind,
    Origin,
    note_id,
)
from repo_sleeper.repetition import repeats, returns
from repo_sleeper.think import suspicion
from repo_sleeper.think.anchoring import MOST_EVIDENCE, DroppedError, Source, grounded
from repo_sleeper.words import parts

_LONGEST_TITLE = 120
_LONGEST_BODY = 1_200
_MOST_NOTES = 5
_HYPOTHESIS = 0.5  # what we could not check is never surer than this
_SUSPICIOUS = 0.2
_SUREST = 0.95  # agreement between samples of one model is no proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the drafts answer, and what they are checked against besides the source.

    `names_exist` says which of some names the repository knows; `existing` are the notes on the
    same nodes, dismissed ones too, which are not to be written again. `folder` is what the notes
    are on when it is no file. `shown` are the notes that a second look was shown, by id, and
    `doubted` those of them that an earlier look asked to retire; `merge` holds those that another
    sample, which was not shown them, may confirm.
    """

    kind: NoteKind
    commit: str
    now: float
    names_exist: Callable[[Collection[str]], Collection[str]]
    existing: Sequence[Note] = ()
    put_aside: Sequence[Note] = ()  # dismissed anywhere: a changed line does not bring them back
    folder: str = ""
    shown: Mapping[str, Note] = field(default_factory=dict)
    doubted: Collection[str] = ()
    merge: Sequence[Note] = ()


@dataclass(frozen=True, slots=True)
class Grounding:
    """The notes that came of the drafts, and for each dropped draft why."""

    notes: tuple[Note, ...]
    dropped: tuple[str, ...]


def ground(drafts: Sequence[Draft], sources: Mapping[str, Source], asked: Asked) -> Grounding:
    """Keep what can be found in the source, mark what cannot be checked, drop the rest."""
    notes: list[Note] = []
    dropped: list[str] = []
    for draft in drafts:
        if len(notes) == _MOST_NOTES:
            dropped.append(f"{draft.title[:_LONGEST_TITLE]}: more than {_MOST_NOTES} notes")
            continue
        try:
            notes.append(_note(draft, sources, asked, known=(*asked.existing, *notes)))
        except DroppedError as reason:
            dropped.append(f"{draft.title[:_LONGEST_TITLE]}: {reason}")
    return Grounding(tuple(notes), tuple(dropped))


def _note(
    draft: Draft, sources: Mapping[str, Source], asked: Asked, *, known: Sequence[Note]
) -> Note:
    note = checked(draft, sources, asked)
    twin = next((other for other in asked.merge if repeats(note, other)), None)
    if twin is not None and not any(twin.id == other.id for other in known[len(asked.existing) :]):
        return _confirmed(twin, note)
    refuse_known(note, asked.put_aside, known)
    return note


def refuse_known(note: Note, put_aside: Sequence[Note], known: Sequence[Note]) -> None:
    """Raises DroppedError for what was dismissed before, and for what another note says."""
    if any(returns(note, other) for other in put_aside):
        raise DroppedError("it was put aside before")
    if any(repeats(note, other) for other in known):
        raise DroppedError("a note on the same code says so already")


def checked(draft: Draft, sources: Mapping[str, Source], asked: Asked) -> Note:
    """The note that a draft makes, by itself; raises DroppedError with the reason for none."""
    if draft.kind is not asked.kind:
        raise DroppedError(f"{draft.kind} was not asked for")
    title, body = _clipped(draft.title, _LONGEST_TITLE), _clipped(draft.body, _LONGEST_BODY)
    if not title or not body:
        raise DroppedError("it says nothing")
    evidence = grounded(draft.evidence, sources)
    first = evidence[0]
    note = Note(
        id=note_id(draft.kind, first.path, first.symbol, first.hash, *parts(title)),
        kind=draft.kind,
        title=title,
        body=body,
        confidence=draft.confidence,
        origin=Origin.MODEL,
        evidence=evidence,
        subject=asked.folder or "::".join(filter(None, (first.path, first.symbol))),
        commit=asked.commit,
        created_at=asked.now,
    )
    return _doubted(note, sources, asked)


def _confirmed(note: Note, other: Note) -> Note:
    """One note of two that were written independently: surer than either, with both's proof."""
    sure = 1.0 - (1.0 - note.confidence) * (1.0 - other.confidence)
    more = tuple(one for one in other.evidence if one not in note.evidence)
    return note._replace(
        confidence=min(sure, _HYPOTHESIS if note.hypothesis else _SUREST),
        evidence=(*note.evidence, *more)[:MOST_EVIDENCE],
        commit=other.commit,
        created_at=other.created_at,
    )


# --- doubt ------------------------------------------------------------------------------------


def _doubted(note: Note, sources: Mapping[str, Source], asked: Asked) -> Note:
    """The note, less sure of itself where we could not check it."""
    text = f"{note.title}\n{note.body}"
    if suspicion.looks_like_orders(text):
        return _less_sure(note, _SUSPICIOUS)
    if _unknown_names(text, sources, asked):
        return _less_sure(note, _HYPOTHESIS)
    return note


def _less_sure(note: Note, most: float) -> Note:
    return note._replace(confidence=min(note.confidence, most), hypothesis=True)


def _unknown_names(text: str, sources: Mapping[str, Source], asked: Asked) -> Collection[str]:
    names = suspicion.code_names(text)
    visible = {
        name
        for source in sources.values()
        for line in source.lines.values()
        for name in suspicion.identifiers_in(line)
    }
    unseen = names - visible - {source.path for source in sources.values()}
    return unseen - set(asked.names_exist(sorted(unseen))) if unseen else ()


def _clipped(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
