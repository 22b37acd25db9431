"""Oversized functions: lines of code of their own, far beyond what is usual here."""

from __future__ import annotations

import math
import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.store.survey import Definition
from repo_sleeper.survey.wording import MOST, at_definition, percent, survey_note

FEWEST_LINES = 80  # of code: below that a function still fits into a head and a review
_TRIED = 60  # of the longest: what else is in them must be read
_DOCSTRING = re.compile(r'^\s*[rRuUbB]{0,2}("""|\'\'\')')
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"')
_PLAIN_TEXT = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
# Texts that end with something of their own: r#"..."# of Rust, R"x(...)x" of C++, <<~END.
_OPENED = re.compile(
    r"""\br(?P<rust>#+)"|\bR"(?P<cpp>\w*)\("""
    r"""|<<(?:[-~<]['"]?|['"]|(?=EO[A-Z]|END))(?P<here>[A-Z][A-Z_]+)['"]?\W*$"""
)
_BRANCH = re.compile(
    r"\b(?:if|elif|elsif|for|foreach|while|until|unless|case|when|match|catch|except|rescue)\b"
    r"|&&|\|\||\?\?|\?[^:]+:|\b(?:and|or)\b"
)
_LABEL = re.compile(r"^(?:case|when)\b")
_STATEMENT = re.compile(r"^\W*(?:else )?(?:if|elif|for|while|with|switch|match|try|catch)\b")
_ROW = re.compile(r".*[,(\[]|[\])}]+|[\w-]*\s*(?::|=>|=)\s*\{")
_TABLE = 10  # rows; arguments one below the other are seldom as many
_WORD = re.compile(r"\w+")
_SERIES = 3  # lines that one of a series may take
_FLAT = 15  # lines of code for each branch: a table of texts and options may be as long as it likes
_QUOTES = ('"""', "'''", "`")  # that may hold line breaks
_COMMENTS = ("#", "//", "/*", "*", "--")


class Long(NamedTuple):
    """A function with how many lines of code are its own, and how many of them may branch."""

    definition: Definition
    code: int
    branches: int


def oversized(
    found: Iterable[Definition],
    lines: Callable[[str], Sequence[str]],
    inner: Callable[[str], Sequence[Range]],
    *,
    file_lines: Mapping[str, int],
    churn: Mapping[str, float],
) -> list[Note]:
    """The longest functions of the product, those in files that keep changing first.

    `inner` has the ranges of all functions of a file: a line belongs to the innermost one.
    """
    longest = list(found)[:_TRIED]
    counted = [_counted(one, lines(one.path), inner(one.path)) for one in longest]
    large = [
        one for one in counted if one.code >= FEWEST_LINES and one.branches * _FLAT >= one.code
    ]
    large.sort(key=lambda one: (-_weight(one, churn), one.definition.path, one.definition.range))
    return [_note(one, file_lines) for one in _without_variants(large)[:MOST]]


def _without_variants(large: Iterable[Long]) -> list[Long]:
    """The first of each name in a folder: one function for each language is written once."""
    once: dict[tuple[str, str], Long] = {}
    for one in large:
        found = one.definition
        once.setdefault((posixpath.dirname(found.path), found.qualified), one)
    return list(once.values())


def _counted(found: Definition, lines: Sequence[str], ranges: Iterable[Range]) -> Long:
    plain = (_PLAIN_TEXT.sub("", line) for line in own_lines(lines, found.range, ranges))
    own = without_tables(plain)
    return Long(found, len(own), branches(own))


def without_tables(lines: Iterable[str]) -> list[str]:
    """The lines that are no rows of a literal or of a list of arguments of many lines."""
    runs = [(is_row, list(run)) for is_row, run in groupby(lines, _is_row)]
    return [line for is_row, run in runs for line in run if not is_row or len(run) < _TABLE]


def _is_row(line: str) -> bool:
    return _ROW.fullmatch(line) is not None and not _STATEMENT.match(line)


def branches(lines: Iterable[str]) -> int:
    """How many lines may branch, each series of like ones once: `if a == "b": return c`.

    A series may have other lines between, which are alike as well.
    """
    recent: deque[str] = deque(maxlen=_SERIES)
    count = 0
    for line in lines:
        shape = _WORD.sub("w", line)
        count += shape not in recent and _may_branch(line)
        recent.append(shape)
    return count


def _may_branch(line: str) -> bool:
    """Not so `case 3:`, which only says which row it is, nor a row of a table that has a choice."""
    return not _is_row(line) and _BRANCH.search(_LABEL.sub("", line)) is not None


def _weight(one: Long, churn: Mapping[str, float]) -> float:
    changes = churn.get(one.definition.path, 0.0)
    return one.code * math.sqrt(math.sqrt(1 + changes))  # a quiet giant is still a giant


def is_inner_test(qualified: str) -> bool:
    """Whether a function belongs to tests that live in the file they test, as Rust's do."""
    return not {"tests", "test"}.isdisjoint(qualified.split(".")[:-1])


def own_lines(lines: Sequence[str], whole: Range, ranges: Iterable[Range]) -> list[str]:
    """The lines of code in a range: no blank ones, comments or long texts, no functions inside."""
    inside = [one for one in ranges if whole.start < one.start and one.end <= whole.end]
    skipped = {line for one in inside for line in range(one.start, one.end)}
    text = _without_texts(lines[whole.start : whole.end])
    return [
        line
        for at, line in enumerate(text, start=whole.start)
        if line and at not in skipped and not line.startswith(_COMMENTS)
    ]


def _without_texts(lines: Sequence[str]) -> Iterator[str]:
    """The lines, empty where a string goes on from line to line: a template is no code."""
    quote = end = ""
    for line in lines:
        if end:
            end = "" if end in line else end
            yield ""
        elif quote:
            quote = "" if _count(line, quote) % 2 else quote
            yield ""
        else:
            end = _opened(line)
            quote = "" if end else next((one for one in _QUOTES if _count(line, one) % 2), "")
            yield "" if _DOCSTRING.match(line) else line.strip()


def _opened(line: str) -> str:
    """What ends the text that begins in this line; empty where none goes on."""
    found = _OPENED.search(line)
    if found is None:
        return ""
    rust, cpp, here = found["rust"], found["cpp"], found["here"]
    end = f'"{rust}' if rust else here or f'){cpp}"'
    return "" if end in line[found.end() :] else end


def _count(line: str, quote: str) -> int:
    """How often a line has it; Go writes a back quote in one text as another text beside it."""
    return (_TEXT.sub("", line) if quote == "`" else line).count(quote)


def _note(one: Long, file_lines: Mapping[str, int]) -> Note:
    found = one.definition
    share = percent(one.code / max(file_lines.get(found.path, 0), one.code))
    return survey_note(
        NoteKind.OVERSIZED,
        about=(found.path, found.qualified),
        title=f"{found.qualified} in {found.path} has {one.code} lines of code",
        body="Comments, long texts, tables and inner functions not counted;"
        f" that is {share} of its file. Read it whole before changing a part:"
        " what is set at its top may be used at its end.",
        evidence=[at_definition(found)],
    )
