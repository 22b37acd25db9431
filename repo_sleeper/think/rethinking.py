"""A second look at notes: typed operations, none of which can lose what is proved; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Operations, Retirement, Revision
from repo_sleeper.think.anchoring import DroppedError, Source, grounded
from repo_sleeper.think.grounding import Asked, checked, ground, refuse_known

_LONGEST_WHY = 300
_FAR = 0.2  # less sure than this by a mere second opinion is a loss


@dataclass(frozen=True, slots=True)
class Rethought:
    """What a reply comes to: notes to store, notes to retire with the reason, and refusals.

    `doubted` are retirements with proof that no earlier look asked for: their notes stay.
    """

    notes: tuple[Note, ...]
    retired: tuple[tuple[str, str], ...]
    doubted: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many notes are not what they were, or wait for a further look; none ends it."""
        return len(self.notes) + len(self.retired) + len(self.doubted)


def rethink(operations: Operations, sources: Mapping[str, Source], asked: Asked) -> Rethought:
    """Check every operation by itself: one that is refused leaves its note as it was."""
    dropped: list[str] = []
    retired: dict[str, str] = {}
    waiting: dict[str, str] = {}
    for retirement in operations.retired:
        try:
            id_ = _retired(retirement, sources, asked).id
        except DroppedError as reason:
            dropped.append(f"retire {retirement.id}: {reason}")
        else:
            (retired if id_ in asked.doubted else waiting)[id_] = _why(retirement)
    revised: dict[str, Note] = {}
    for revision in operations.revised:
        try:
            note = _revised(revision, sources, asked, gone=retired)
        except DroppedError as reason:
            dropped.append(f"revise {revision.id}: {reason}")
        else:
            revised.setdefault(note.id, note)
    new = ground(operations.added, sources, _among(asked, list(revised.values())))
    return Rethought(
        (*revised.values(), *new.notes),
        tuple(retired.items()),
        tuple(f"retire {id_}: it stays until a further look says so too" for id_ in waiting),
        (*dropped, *new.dropped),
    )


def doubted(operations: Operations, sources: Mapping[str, Source], asked: Asked) -> set[str]:
    """The notes shown that these operations retire with proof."""
    found = set()
    for retirement in operations.retired:
        with suppress(DroppedError):
            found.add(_retired(retirement, sources, asked).id)
    return found


def _retired(retirement: Retirement, sources: Mapping[str, Source], asked: Asked) -> Note:
    """The note to retire: something in the very code it cites must speak against it."""
    note = _open(retirement.id, asked)
    if not retirement.why.strip():
        raise DroppedError("it says no reason")
    proof = grounded(retirement.evidence, sources)
    if not _nodes(proof) & _nodes(note.evidence):
        raise DroppedError("its evidence is not in the code that the note cites")
    return note


def _revised(
    revision: Revision, sources: Mapping[str, Source], asked: Asked, *, gone: Mapping[str, str]
) -> Note:
    before = _open(revision.id, asked)
    if before.id in gone:
        raise DroppedError("it is retired by the same reply")
    after = checked(revision.draft, sources, asked)
    if not _quotes(before.evidence) <= _quotes(after.evidence):
        raise DroppedError("it loses evidence that the note has")
    if _says_less(before, after):
        raise DroppedError("it says less than the note and shows nothing more")
    if _doubts(before, after):
        raise DroppedError("it is far less sure than the note and shows nothing more")
    if after.hypothesis and not before.hypothesis:
        raise DroppedError("it turns what is known into a guess")
    if _same(before, after):
        raise DroppedError("it changes nothing")
    refuse_known(after, asked.put_aside, [n for n in asked.existing if n.id != before.id])
    return after._replace(id=before.id, subject=before.subject)


def _shown(id_: str, asked: Asked) -> Note:
    if id_ not in asked.shown:
        raise DroppedError("there is no such note among those shown")
    return asked.shown[id_]


def _open(id_: str, asked: Asked) -> Note:
    """A note that a pass may touch. A bug is confirmed in its words: others were not checked."""
    note = _shown(id_, asked)
    if note.kind is NoteKind.LIKELY_BUG and not note.hypothesis:
        raise DroppedError("it is confirmed as it is worded")
    return note


def _nodes(evidence: Sequence[Evidence]) -> set[tuple[str, str]]:
    return {(one.path, one.hash) for one in evidence}


def _quotes(evidence: Sequence[Evidence]) -> set[tuple[str, str, str]]:
    """Each line that is shown: two of one function are two."""
    return {(one.path, one.hash, " ".join(one.quote.split())) for one in evidence}


def _says_less(before: Note, after: Note) -> bool:
    """Whether half of the words are gone, for no line that was not quoted before."""
    is_short = 2 * len(after.body.split()) < len(before.body.split())
    return is_short and _shows_nothing_more(before, after)


def _doubts(before: Note, after: Note) -> bool:
    """Whether it is a second opinion and nothing else; a line not quoted before may change one."""
    return before.confidence - after.confidence > _FAR and _shows_nothing_more(before, after)


def _shows_nothing_more(before: Note, after: Note) -> bool:
    return _quotes(after.evidence) == _quotes(before.evidence)


def _same(before: Note, after: Note) -> bool:
    return (before.title, before.body, before.confidence, before.evidence) == (
        after.title,
        after.body,
        after.confidence,
        after.evidence,
    )


def _among(asked: Asked, revised: Sequence[Note]) -> Asked:
    """What is added must not repeat what has just been revised either."""
    return replace(asked, existing=(*asked.existing, *revised))


def _why(retirement: Retirement) -> str:
    return " ".join(retirement.why.split())[:_LONGEST_WHY]
