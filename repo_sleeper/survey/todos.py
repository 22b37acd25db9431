"""What people left to do, in their own words, and how long it has stood at least."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.wording import MOST, at_line, shortened, survey_note

# At the beginning of a word each, said so that every branch begins with a letter: a pattern that
# begins with `\b` is tried at every character, which takes five times as long.
_MARK = re.compile(rb"(?:T(?<!\wT)ODO|F(?<!\wF)IXME|X(?<!\wX)XX|H(?<!\wH)ACK|B(?<!\wB)UG)\b")
_COMMENT = re.compile(
    r".*?(?P<sign>#|//|/\*+|(?<!\S)(?:\*+|--|;+))[ \t]*@?"
    r"(?P<mark>TODO|FIXME|XXX|HACK|BUG)\b(?!=)[: \t]*"
    r"(?:\([^)]*\)[: \t]*)?(?:[.-]+[ \t]+)?(?P<text>.*)"
)
_NEXT = re.compile(r"\s*(#|//|\*|--|;+)[ \t]+([a-z(][^=;{}]*)")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`")
_SIGNS = (b"TODO", b"FIXME", b"XXX", b"HACK", b"BUG")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS = 4
_MOST_OF_A_FILE = 2
_WEIGHTS = {"FIXME": 2.0, "BUG": 2.0, "XXX": 1.5, "HACK": 1.5}
_LONGEST_QUOTE = 100
_LONGEST_LINE = 300


class Todo(NamedTuple):
    """One mark in a comment."""

    path: str
    line: int
    mark: str
    text: str
    quote: str


def todos(
    contents: Mapping[str, bytes],
    *,
    churn: Mapping[str, float],
    ages: Mapping[str, tuple[int, int]],
) -> list[Note]:
    """Marks that say what is to be done; those for defects and in files that change first."""
    found = [one for path in sorted(contents) for one in _in_file(path, contents[path])]
    found.sort(key=lambda one: (-_weight(one, churn), one.path, one.line))
    return [_note(one, ages.get(one.path)) for one in found[:MOST]]


def _in_file(path: str, data: bytes) -> list[Todo]:
    if not any(sign in data for sign in _SIGNS):
        return []
    found = [one for one in _marks(path, data) if len(_WORDS.findall(one.text)) >= _FEWEST_WORDS]
    found.sort(key=lambda one: (-_WEIGHTS.get(one.mark, 1.0), one.line))
    return found[:_MOST_OF_A_FILE]


def _marks(path: str, data: bytes) -> Iterator[Todo]:
    for place in _MARK.finditer(data):
        start = data.rfind(b"\n", 0, place.start()) + 1
        end = data.find(b"\n", start)
        quote = data[start : end if end >= 0 else len(data)].decode("utf-8", "replace").rstrip()
        found = _COMMENT.match(quote)
        at = len(data[start : place.start()].decode("utf-8", "replace"))
        if found and found.start("mark") == at and _is_comment(found):
            more = _going_on(data, end, found["sign"])
            text = f"{_closed(found['text'])} {more}".strip()
            yield Todo(path, data.count(b"\n", 0, start), found["mark"], text, quote)


def _is_comment(found: re.Match[str]) -> bool:
    """Whether a sign begins a comment, and is no character of a text or a sign for times."""
    before = found.string[: found.start("sign")]
    if not before.strip():
        return True
    return not found["sign"].startswith("*") and found["mark"] in _QUOTED.sub("", found.string)


def _going_on(data: bytes, end: int, sign: str) -> str:
    """The next line, where it is a comment of the same kind that begins with a small letter."""
    if end < 0:
        return ""
    following = data[end + 1 : end + 1 + _LONGEST_LINE].split(b"\n", 1)[0]
    found = _NEXT.fullmatch(following.decode("utf-8", "replace"))
    return _closed(found[2]) if found and found[1] == sign else ""


def _closed(text: str) -> str:
    return text.rstrip().removesuffix("*/").rstrip()


def _weight(one: Todo, churn: Mapping[str, float]) -> float:
    return _WEIGHTS.get(one.mark, 1.0) * math.sqrt(math.sqrt(1 + churn.get(one.path, 0.0)))


def _note(one: Todo, age: tuple[int, int] | None) -> Note:
    return survey_note(
        NoteKind.TODO,
        about=(one.path, one.text),
        title=f"{one.mark} in {one.path}:{one.line + 1}: {shortened(one.text, _LONGEST_QUOTE)}",
        body=f"{_stood(age)}Known to be unfinished by whoever wrote it: read it before relying on"
        " the code beside it.",
        evidence=[at_line(one.path, one.line, one.quote)],
    )


def _stood(age: tuple[int, int] | None) -> str:
    """The last change of its file is the youngest that it can be, the first one the oldest."""
    if age is None:
        return ""
    first, last = (datetime.fromtimestamp(at, UTC).date().isoformat() for at in age)
    if first == last:
        return f"There since {last}. "
    return f"There since {last} at the latest, when its file last changed. "
