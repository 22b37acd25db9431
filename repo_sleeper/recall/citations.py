"""Places that an answer cites, held against the index: what does not exist is struck out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from repo_sleeper.store import extent, search
from repo_sleeper.store.database import Database
from repo_sleeper.words import parts

# shop/cart.py:9, :9-12, :9,14, :L9, #L9-L12; shop/cart.py, lines 9-12
_CITATION = re.compile(
    r"(?<![\w/:.@-])((?:[\w@.+~-]+/)*[\w@.+~-]*\w\.?\w*)(?::L?|#L|,? lines? )"
    r"(\d{1,7}(?:[-\u2013]L?\d{1,7})?(?:,L?\d{1,7}(?:[-\u2013]L?\d{1,7})?)*)"
)
_NUMBER = re.compile(r"\d+")


def checked(db: Database, tree_id: int, text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The text with citations of lines that do not exist struck out; the good ones; the struck.

    A file that the index has left out is neither: what it holds is not known.
    """
    good: dict[str, None] = {}
    struck: dict[str, None] = {}

    def judged(found: re.Match[str]) -> str:
        cited = found.group()
        exists = _exists(db, tree_id, found[1], found[2])
        if exists is None:
            return cited
        if exists:
            good[cited] = None
            return cited
        struck[cited] = None
        return f"~~{cited}~~ (no such line)"

    return _CITATION.sub(judged, text), tuple(good), tuple(struck)


def _exists(db: Database, tree_id: int, written: str, lines: str) -> bool | None:
    """Whether all the lines do; None where it is no citation or nobody can tell."""
    path = _meant(db, tree_id, written.removeprefix("./"))
    length = search.line_count(db, tree_id, path)
    if not length and (not _is_path(written) or path in extent.skipped(db, tree_id)):
        return None
    return all(0 < first <= last <= length for first, last in _ranges(lines))


def _is_path(path: str) -> bool:
    """A path has a folder or an ending: `localhost:8000` and `12:30` have neither."""
    ending = path.rpartition("/")[2].rpartition(".")[2]
    return "/" in path or ("." in path and ending.isalnum() and not ending.isdigit())


def _meant(db: Database, tree_id: int, written: str) -> str:
    """The path that is written, or the only one that ends so."""
    if search.existing(db, tree_id, [written]) or not _is_path(written):
        return written
    near = search.paths_ending(db, tree_id, parts(written))
    ending = [path for path in near if path.endswith(f"/{written}")]
    return ending[0] if len(ending) == 1 else written


def _ranges(lines: str) -> Iterator[tuple[int, int]]:
    for piece in lines.split(","):
        numbers = [int(number) for number in _NUMBER.findall(piece)]
        yield numbers[0], numbers[-1]
