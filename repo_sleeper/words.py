"""Text to words, the same way for what is stored and what is asked; and numbers to words."""

from __future__ import annotations

import math
import re

# HTTPServer2Error -> HTTP Server 2 Error. Camel case is an ASCII habit; other scripts stay whole.
_ASCII_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_RUNS = re.compile(r"\d+|[^\W\d_]+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def identifiers(text: str) -> list[str]:
    """Every identifier in the text, in order, as written."""
    return _IDENTIFIER.findall(text)


def parts(text: str) -> list[str]:
    """The words inside an identifier or a text, lower case: `getHTTPUrl` -> get, http, url."""
    if text.isascii():
        return [part.lower() for part in _ASCII_PARTS.findall(text)]
    return [part for run in _RUNS.findall(text) for part in _parts_of_run(run)]


def _parts_of_run(run: str) -> list[str]:
    return parts(run) if run.isascii() else [run.lower()]


def counted(number: int, noun: str) -> str:
    """`1 target`, `2,000 targets`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def dollars(amount: float) -> str:
    """Money with all the digits that tell it from other sums: never fewer than those of cents."""
    digits = 4 if amount <= 0 else max(4, 3 - math.floor(math.log10(amount)))
    whole, _, cents = f"{amount:.{digits}f}".partition(".")
    return f"{whole}.{cents.rstrip('0'):0<2}"
