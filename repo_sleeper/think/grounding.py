"""Grounding: a draft becomes a note only with evidence that was really shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import (
    Anchor,
    Draft,
    DraftEvidence,
    Evidence,
    Note,
    NoteKind,
    Origin,
    note_id,
)
from repo_sleeper.domain.statements import Statement
from repo_sleeper.think import suspicion
from repo_sleeper.think.quotes import locate, said
from repo_sleeper.words import parts

SHORTEST_QUOTE = 8  # anything shorter stands nearly everywhere
_LONGEST_TITLE = 120
_LONGEST_BODY = 1_200
_MOST_NOTES = 5
_MOST_EVIDENCE = 5
_SAME = 0.6  # share of common words above which two notes on one node say the same
_HYPOTHESIS = 0.5  # what we could not check is never surer than this
_SUSPICIOUS = 0.2
_SUREST = 0.95  # agreement between samples of one model is no proof


@dataclass(frozen=True, slots=True)
class Place:
    """A definition that evidence can be anchored to."""

    qualified: str
    range: Range
    node_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was shown: some of its lines, and the hashes of the content they are from."""

    path: str
    lines: Mapping[int, str]
    content_hash: str
    module_hash: str
    places: tuple[Place, ...] = ()
    statements: tuple[Statement, ...] = ()
    is_text: bool = False
    has_error: bool = False


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


class DroppedError(Exception):
    """Ends the way of one draft; the text is the reason."""


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
    twin = next((other for other in asked.merge if _repeats(note, other)), None)
    if twin is not None and not any(twin.id == other.id for other in known[len(asked.existing) :]):
        return _confirmed(twin, note)
    refuse_known(note, asked.put_aside, known)
    return note


def refuse_known(note: Note, put_aside: Sequence[Note], known: Sequence[Note]) -> None:
    """Raises DroppedError for what was dismissed before, and for what another note says."""
    if any(_returns(note, other) for other in put_aside):
        raise DroppedError("it was put aside before")
    if any(_repeats(note, other) for other in known):
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
        evidence=(*note.evidence, *more)[:_MOST_EVIDENCE],
        commit=other.commit,
        created_at=other.created_at,
    )


# --- evidence ---------------------------------------------------------------------------------


def grounded(
    drafts: Sequence[DraftEvidence], sources: Mapping[str, Source]
) -> tuple[Evidence, ...]:
    """Such of the evidence as was shown; raises DroppedError when there is none."""
    found: list[Evidence] = []
    reason = "it cites nothing"
    for draft in drafts[:_MOST_EVIDENCE]:
        try:
            evidence = _evidence(draft, sources)
        except DroppedError as error:
            reason = str(error)
        else:
            found.extend(one for one in evidence if one not in found)
    if not found:
        raise DroppedError(reason)
    return tuple(found)


def _evidence(draft: DraftEvidence, sources: Mapping[str, Source]) -> list[Evidence]:
    source = sources.get(draft.path.removeprefix("./"))
    if source is None:
        raise DroppedError("it cites a file that was not shown")
    quote = [line.strip() for line in draft.quote.strip().split("\n")]
    if len(" ".join(quote).strip()) < SHORTEST_QUOTE:
        raise DroppedError(f"its quote is shorter than {SHORTEST_QUOTE} characters")
    start = locate(quote, source.lines, near=draft.line - 1)
    if start is None and source.path.endswith(".ipynb"):
        start = locate(quote, said(source.lines), near=draft.line - 1)
    if start is None:
        raise DroppedError("its quote is not in the source")
    pieces = _pieces(source, Range(start, start + len(quote)))
    return [one for piece in pieces for one in _anchored(source, piece)]


def _pieces(source: Source, where: Range) -> list[Range]:
    """The quoted lines, apart where they begin in one definition and end beyond it.

    Each part has an anchor of its own then: no hash but the file's would be that of all of them.
    """
    if source.is_text or any(_covers(place.range, where) for place in source.places):
        return [where]
    ranges = [place.range for place in source.places]
    whole = [one for one in ranges if not any(_covers(r, one) for r in ranges if r != one)]
    edges = sorted({edge for one in whole for edge in one if where.start < edge < where.end})
    parts = [Range(*two) for two in pairwise((where.start, *edges, where.end))]
    told = [one for one in parts if _quoted(source, one).strip()]
    if len(told) > _MOST_EVIDENCE:
        raise DroppedError("its quote goes over too many definitions")
    return [_without_blank_ends(source, one) for one in told]


def _without_blank_ends(source: Source, where: Range) -> Range:
    told = [at for at in _each(where) if source.lines[at].strip()]
    return Range(told[0], told[-1] + 1)


def _quoted(source: Source, where: Range) -> str:
    return "\n".join(source.lines[at].strip() for at in _each(where))


def _anchored(source: Source, where: Range) -> list[Evidence]:
    around = [] if source.is_text else [p for p in source.places if _covers(p.range, where)]
    if not around:
        return _outside(source, where)
    held = _holding(source, around, where)
    if len(held) > _MOST_EVIDENCE:
        raise DroppedError("it cites a line of too many definitions")
    quote = _quoted(source, where)
    return [
        Evidence(source.path, where, quote, Anchor.NODE, place.node_hash, place.qualified)
        for place in held
    ]


def _outside(source: Source, where: Range) -> list[Evidence]:
    """Evidence that is in no definition."""
    quote = _quoted(source, where)
    outside = [one.hash for one in source.statements if _covers(one.range, where)]
    # Around the code of a notebook is no code, but prose and JSON.
    is_text = source.is_text or (source.path.endswith(".ipynb") and not outside)
    if is_text:
        return [Evidence(source.path, where, quote, Anchor.FILE, source.content_hash)]
    if outside:
        return [Evidence(source.path, where, quote, Anchor.STATEMENT, hash_) for hash_ in outside]
    if source.has_error:
        raise DroppedError("it cites lines that could not be parsed")
    return [Evidence(source.path, where, quote, Anchor.MODULE, source.module_hash)]


def _holding(source: Source, around: Sequence[Place], where: Range) -> list[Place]:
    """The innermost definition; but of those that begin in the line itself all, without parts.

    Lines are all we know: `class Cart(val items: Items)` is more than its parameter, and one line
    may hold two functions.
    """
    inner = min(around, key=lambda p: (p.range.end - p.range.start, -p.range.start))
    begun = [place for place in around if _begins(source, place, where.start)]
    same = begun or [place for place in around if place.range == inner.range]
    names = [f"{place.qualified}." for place in same]
    return [place for place in same if not place.qualified.startswith(tuple(names))]


def _begins(source: Source, place: Place, line: int) -> bool:
    """Whether a definition begins in this line, but for what is noted above it."""
    above = (source.lines.get(at, "") for at in range(place.range.start, line))
    return all(text.lstrip().startswith(("@", "[", "#[")) for text in above)


def _covers(range_: Range, where: Range) -> bool:
    return where.start in range_ and where.end <= range_.end


def _each(where: Range) -> range:
    return range(where.start, where.end)


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


# --- repetition -------------------------------------------------------------------------------


def _returns(note: Note, other: Note) -> bool:
    """The same claim about the same place, however its code has changed since.

    A finding on the very line of one that was dismissed is that one in other words.
    """
    if (note.kind, note.subject) != (other.kind, other.subject):
        return False
    same_line = note.kind is NoteKind.LIKELY_BUG and _first_line(note) == _first_line(other)
    return same_line or _says_the_same(note, other)


def _first_line(note: Note) -> list[str]:
    return note.evidence[0].quote.split()


def _repeats(note: Note, other: Note) -> bool:
    if note.kind is not other.kind:
        return False
    if not {e.hash for e in note.evidence} & {e.hash for e in other.evidence}:
        return False
    return _says_the_same(note, other)


def _says_the_same(note: Note, other: Note) -> bool:
    return _alike(note.title, other.title) or _alike(
        f"{note.title} {note.body}", f"{other.title} {other.body}"
    )


def _alike(one: str, two: str) -> bool:
    a, b = set(parts(one)), set(parts(two))
    return bool(a) and len(a & b) >= _SAME * len(a | b)


def _clipped(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
