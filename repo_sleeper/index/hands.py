"""Who lends a hand to a reconcile; apart, because most commands name them and parse nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from repo_sleeper.index.pool import ParserPool

Progress = Callable[[int, int], None]


class Hands(NamedTuple):
    """Who lends a hand: parsers, who is told how far it is, and what else there is to do.

    `progress` is given how many files of how many are done. `meanwhile` is called when the last
    work is handed out to the parsers, if there was any, and after each answer from then on.
    """

    pool: ParserPool | None = None
    progress: Progress | None = None
    meanwhile: Callable[[], object] | None = None


ALONE = Hands()
