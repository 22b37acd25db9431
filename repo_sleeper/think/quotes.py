"""Where a quote stands among the lines that were shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

_NEAR = 3


def locate(quote: Sequence[str], lines: Mapping[int, str], *, near: int) -> int | None:
    """The line at which the quoted lines begin: close to `near`, or else the only place."""
    places = [at for at in lines if _stands(quote, lines, at)]
    close = [at for at in places if abs(at - near) <= _NEAR]
    if close:
        return min(close, key=lambda at: (abs(at - near), at))
    return places[0] if len(places) == 1 else None


def _stands(quote: Sequence[str], lines: Mapping[int, str], at: int) -> bool:
    if len(quote) == 1:
        return quote[0] in lines[at]
    # A line left out between two that were shown is no empty line: nobody knows what it says.
    return all(
        at + step in lines and lines[at + step].strip() == line for step, line in enumerate(quote)
    )


def said(lines: Mapping[int, str]) -> dict[int, str]:
    """What the lines of a notebook say: code stands in its file as strings of JSON.

    A model may quote `total("a")` where the file has it between quotation marks and escaped. Both
    are true; what is kept is the line of the file, so that it is found there.
    """
    return {at: _said_by(line) for at, line in lines.items()}


def _said_by(line: str) -> str:
    text = line.strip().removesuffix(",")
    try:
        value = json.loads(text, strict=False) if text.startswith('"') else line
    except ValueError:
        return line
    return value if isinstance(value, str) else line
