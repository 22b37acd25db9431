"""Statements outside all symbols, each with its hash: kept as one short text for each file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from repo_sleeper.domain.code import Range

# The store looks for `hash:` in the text of a whole file, so neither mark may be in a hash.
_BETWEEN = " "
_WITHIN = ":"


class Statement(NamedTuple):
    """A statement that is in no symbol. `hash` is eight characters of base64: 48 bits."""

    hash: str
    range: Range


def pack(statements: Iterable[Statement]) -> str:
    """`hash:line` for a statement of one line, `hash:line:lines` for a longer one."""
    return _BETWEEN.join(
        f"{one.hash}:{one.range.start}"
        if one.range.end == one.range.start + 1
        else f"{one.hash}:{one.range.start}:{one.range.end - one.range.start}"
        for one in statements
    )


def unpack(text: str) -> Iterator[Statement]:
    """The statements again, in order."""
    for one in text.split():
        hash_, start, *more = one.split(_WITHIN)
        count = int(more[0]) if more else 1
        yield Statement(hash_, Range(int(start), int(start) + count))
