"""Source as a prompt shows it: numbered, delimited lines, written here and read back here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.model import Prompt
from repo_sleeper.redact import clean

_LONGEST_LINE = 400
_CUT = " [line cut]"
_OPEN = re.compile(r'<file path="([^"]*)" lines="\d+-\d+">')
_LINE = re.compile(r" *(\d+)\|(?: (.*))?")
_CLOSE = "</file>"


def label(path: str) -> str:
    """A path as it stands in an attribute: it can neither end it nor begin a line."""
    return clean(path).replace("\n", " ").replace("\t", " ").replace('"', "'")


def line_text(text: str) -> str:
    """A source line as it is shown."""
    text = text.rstrip("\r")
    return text if len(text) <= _LONGEST_LINE else text[:_LONGEST_LINE] + _CUT


def numbered(line: int, text: str) -> str:
    """A line with its number; nothing in `text` can pass for a delimiter behind it."""
    return f"{line + 1:>4}| {text}".rstrip()


def block(path: str, lines: Sequence[str], where: Range) -> str:
    """Part of a file as a prompt holds it."""
    body = [numbered(line, lines[line]) for line in range(where.start, where.end)]
    return "\n".join(
        (f'<file path="{label(path)}" lines="{where.start + 1}-{where.end}">', *body, _CLOSE)
    )


def sparse(path: str, lines: Sequence[str], chosen: Sequence[int]) -> str:
    """Single lines of a file as a prompt holds them, with gaps between their numbers."""
    body = [numbered(line, lines[line]) for line in chosen]
    first, last = (chosen[0] + 1, chosen[-1] + 1) if chosen else (1, 1)
    return "\n".join((f'<file path="{label(path)}" lines="{first}-{last}">', *body, _CLOSE))


def texts(prompt: Prompt) -> Mapping[str, Mapping[int, str]]:
    """The lines that a prompt shows: 0-based numbers to text, by label of the path."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    current: dict[int, str] | None = None
    for line in prompt.user.split("\n"):
        if current is None:
            opened = _OPEN.fullmatch(line)
            current = found[opened[1]] if opened else None
        elif line == _CLOSE:
            current = None
        elif source := _LINE.fullmatch(line):
            current[int(source[1]) - 1] = source[2] or ""
    return found
