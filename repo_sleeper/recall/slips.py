"""Names in a question that nothing here has, and those that were probably meant."""

from __future__ import annotations

from typing import NamedTuple

from repo_sleeper.recall.names import CAPITAL
from repo_sleeper.recall.question import Question, understand
from repo_sleeper.recall.written import is_code
from repo_sleeper.store import symbols as symbol_store
from repo_sleeper.store.database import Database
from repo_sleeper.store.extent import is_in_path

_LONGEST = 200  # characters: a pasted trace names much that is not ours
_FEWEST_LETTERS = 5
_ALIKE = 0.85
_MOST = 3


class Slip(NamedTuple):
    """What was written, and the names of this repository that are written almost so."""

    written: str
    close: tuple[str, ...]


def slips(db: Database, tree_id: int, query: str, *, nothing_found: bool) -> list[Slip]:
    """The names that are nowhere here but for a letter or two.

    A word of its own may be such a name as well, when nothing was found for it as a word.
    """
    if len(query) > _LONGEST:
        return []
    names = _candidates(understand(query), lone=nothing_found)
    found = [Slip(name, _close(db, tree_id, name)) for name in names]
    return [slip for slip in found if slip.close]


def _candidates(question: Question, *, lone: bool) -> list[str]:
    word = question.text.strip()
    names = [name for name in question.names if lone or name != word or is_code(name)]
    if lone:  # words that are names for all we know
        names += [*filter(None, [question.sought]), *CAPITAL.findall(question.text)]
    return [name for name in dict.fromkeys(names) if len(name) >= _FEWEST_LETTERS][:_MOST]


def _is_here(db: Database, tree_id: int, name: str) -> bool:
    """Whether something is called so, be it a folder or a file without its ending."""
    if symbol_store.defined(db, tree_id, [name], limit=1):
        return True
    return bool(symbol_store.users(db, tree_id, name, limit=1)) or is_in_path(db, tree_id, name)


def _close(db: Database, tree_id: int, name: str) -> tuple[str, ...]:
    if _is_here(db, tree_id, name):
        return ()
    from difflib import get_close_matches  # only for a name that is nowhere

    # Who is not sure of the letters is not sure of the capitals either.
    known = {one.lower(): one for one in symbol_store.names_like(db, name)}
    lower = get_close_matches(name.lower(), known, n=_MOST, cutoff=_ALIKE)
    alike = [known[one] for one in lower]
    live = {
        hit.name.rpartition(".")[2] for hit in symbol_store.defined(db, tree_id, alike, limit=99)
    }
    return tuple(one for one in alike if one in live)
