"""Which lines of C the preprocessor leaves in only where something is defined."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DIRECTIVE = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)")
_LONGEST = 60


def condition_of(lines: Sequence[str], line: int) -> str:
    """The innermost `#if` that a line stands under, as written; empty where there is none.

    What `#ifndef` and `#else` hold is what is left in as a rule.
    """
    open_ones: list[str] = []
    for match in filter(None, map(_DIRECTIVE.match, lines[:line])):
        word, said = match[1], f"#{match[1]} {match[2].strip()}"
        if word in ("else", "elif", "endif") and open_ones:
            open_ones.pop()
        if word != "endif":
            open_ones.append("" if word in ("ifndef", "else") else said[:_LONGEST])
    return next(filter(None, reversed(open_ones)), "")
