"""Tells whether a note says again what another says, or what was put aside."""

from __future__ import annotations

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.words import parts

_SAME = 0.6  # share of common words above which two notes on one node say the same


def returns(note: Note, other: Note) -> bool:
    """The same claim about the same place, however its code has changed since.

    A finding that begins with the line of one that was dismissed, or that rests on the same lines
    in whatever order, is that one in other words.
    """
    if (note.kind, note.subject) != (other.kind, other.subject):
        return False
    return (note.kind is NoteKind.LIKELY_BUG and _same_lines(note, other)) or _says_the_same(
        note, other
    )


def _same_lines(note: Note, other: Note) -> bool:
    lines, others = _quotes(note), _quotes(other)
    return lines[0] == others[0] or sorted(lines) == sorted(others)


def _quotes(note: Note) -> list[list[str]]:
    return [one.quote.split() for one in note.evidence]


def found_again(note: Note, other: Note) -> bool:
    """Whether one is what has become of the other: the code that they cite may have changed."""
    return returns(note, other) or repeats(note, other) or _places(note) == _places(other)


def _places(note: Note) -> set[tuple[str, str]]:
    return {(one.path, " ".join(one.quote.split())) for one in note.evidence}


def repeats(note: Note, other: Note) -> bool:
    """The same claim about the same piece of syntax."""
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
