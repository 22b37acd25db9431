"""Which lines are worth reading: what a question points at, then what matched best."""

from __future__ import annotations

from collections.abc import Iterator

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


def worth_reading(found: Found, question: Question) -> Iterator[tuple[str, Range]]:
    """What the question points at or quotes, then places by what they and their file are worth.

    Few of one file, none inside another.
    """
    taken: dict[str, list[Range]] = {}
    by_worth = sorted(_places(found), key=lambda item: (-item[0], item[1], item[2]))
    places = [
        *_pointed(found, question),
        *found.quoted,
        *((path, place) for _, path, place in by_worth),
    ]
    for path, place in places:
        others = taken.setdefault(path, [])
        inside = any(place.start < other.end and other.start < place.end for other in others)
        if not inside and len(others) < _PER_FILE:
            others.append(place)
            yield path, place


def _pointed(found: Found, question: Question) -> Iterator[tuple[str, Range]]:
    """The lines around those named; where a trace ends is where it went wrong."""
    ends_last = "most recent call last" in question.text
    for path, line in reversed(found.pointed) if ends_last else found.pointed:
        yield path, Range(max(line - _BEFORE, 0), line + _AFTER + 1)


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
