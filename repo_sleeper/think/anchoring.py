"""Evidence: a quote is found in what was shown, and hung on the syntax that it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, DraftEvidence, Evidence
from repo_sleeper.domain.statements import Statement
from repo_sleeper.think.quotes import locate, said

SHORTEST_QUOTE = 8  # anything shorter stands nearly everywhere
MOST_EVIDENCE = 5


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


class DroppedError(Exception):
    """Ends the way of one draft; the text is the reason."""


def grounded(
    drafts: Sequence[DraftEvidence], sources: Mapping[str, Source]
) -> tuple[Evidence, ...]:
    """Such of the evidence as was shown; raises DroppedError when there is none."""
    found: list[Evidence] = []
    reason = "it cites nothing"
    for draft in drafts[:MOST_EVIDENCE]:
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
    if len(told) > MOST_EVIDENCE:
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
    if len(held) > MOST_EVIDENCE:
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
