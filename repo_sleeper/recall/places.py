"""Which lines are worth reading: what a question points at, then what matched best."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.recall import pointers, rank
from repo_sleeper.recall.file_kinds import is_prose, is_test
from repo_sleeper.recall.question import Question
from repo_sleeper.recall.retrieve import Found

_BEFORE, _AFTER = 7, 3  # lines around one that the question names
_PER_FILE = 3
_LESS = 0.6  # tests and prose may be the files asked for, but their lines rarely explain much
_PASSAGE = 0.6  # a passage begins and ends where it has to, a definition where it should
_TOLD = 0.5  # a pointer tells all there is to a field or to a line or two
_FEW = 2
_FEW_OF_TYPE = 4  # ... of a type, which is what the pointer says and little more
_DOING = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.MACRO})


class Spot(NamedTuple):
    """Lines of a file; `line` is the one that the question names, `says` what it quotes of them."""

    path: str
    range: Range
    line: int | None = None
    says: str = ""


def worth_reading(found: Found, question: Question) -> Iterator[Spot]:
    """What the question points at or quotes, then places by what they and their file are worth.

    Few of one file, but for those that are named; none inside another.
    """
    taken: dict[str, list[Range]] = {}
    by_worth = sorted(_places(found), key=lambda item: (-item[0], item[1], item[2]))
    spots = [
        *_pointed(found, question),
        *(Spot(path, place, None, says) for path, place, says in found.quoted),
        *(Spot(path, place) for _, path, place in by_worth),
    ]
    for spot in spots:
        place, others = spot.range, taken.setdefault(spot.path, [])
        inside = any(place.start < other.end and other.start < place.end for other in others)
        if not inside and (len(others) < _PER_FILE or spot.line is not None):
            others.append(place)
            yield spot


def _pointed(found: Found, question: Question) -> Iterator[Spot]:
    """The lines around those named; where a trace ends is where it went wrong.

    Of two that lie close together the first has those between them.
    """
    ends_last = "most recent call last" in question.text
    lines = list(dict.fromkeys(reversed(found.pointed) if ends_last else found.pointed))
    for path, line in lines:
        others = [at for other, at in lines if other == path]
        above = max((min(at + _AFTER + 1, line) for at in others if at < line), default=0)
        below = min((at for at in others if at > line), default=line + _AFTER + 1)
        yield Spot(path, Range(max(line - _BEFORE, above), min(line + _AFTER + 1, below)), line)


def _places(found: Found) -> Iterator[tuple[float, str, Range]]:
    files = rank.shares({one.path: one.score for one in found.ranked})
    best = max((one.score for one in found.passages), default=0.0) or 1.0
    for hit in found.symbols:
        yield hit.score * _worth(hit) * _file_worth(hit.path), hit.path, hit.range
    for one in found.passages:
        score = (files.get(one.path, 0.0) + one.score / best) / 2
        yield score * _PASSAGE * _file_worth(one.path), one.path, one.range


def _worth(hit: SymbolHit) -> float:
    lines = hit.range.end - hit.range.start
    few = _FEW if hit.kind in _DOING else _FEW_OF_TYPE
    return 1.0 if hit.kind in pointers.TELLING and lines > few else _TOLD


def _file_worth(path: str) -> float:
    return _LESS if is_test(path) or is_prose(path) else 1.0
