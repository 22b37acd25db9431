"""The name signals: written places, identifiers, and what neighbouring words would be called."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import accumulate

from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.recall.file_kinds import is_test
from repo_sleeper.recall.question import Question
from repo_sleeper.recall.written import Place
from repo_sleeper.store import search
from repo_sleeper.store import symbols as symbol_store
from repo_sleeper.store.database import Database
from repo_sleeper.store.mentions import naming
from repo_sleeper.words import parts

_DEFINITIONS = 300
_USERS = 300
_TEST_SHARE = 0.5  # a test defines things of the same name, and is rarely what is asked for
_FOLDER = 1_000  # paths that are looked at for a written folder
# A plain word that is written as a name, but where a sentence begins: `subclasses of Generator`.
CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+\b(?![.:]\w)")
_LOOSE = 40  # definitions of one name beyond which the name says nothing


class Named:
    """What the names in a question point at."""

    def __init__(self) -> None:
        self.mention: dict[str, float] = {}
        self.name: dict[str, float] = {}
        self.guess: dict[str, float] = {}
        self.caller: dict[str, float] = {}
        self.symbols: list[SymbolHit] = []
        self.pointed: list[tuple[str, int]] = []
        self.reasons: dict[str, dict[str, str]] = {}


def settled(db: Database, tree_id: int, question: Question) -> Question:
    """The question with those words among its names that may be some and are defined here."""
    capital = CAPITAL.findall(question.text) if question.wants_fact else []
    maybe = [*question.marked, *filter(None, [question.sought]), *capital]
    hits = symbol_store.defined(db, tree_id, maybe, limit=_DEFINITIONS)
    known = {hit.name.rpartition(".")[2] for hit in hits}
    names = [name for name in maybe if name in known]
    return question._replace(names=tuple(dict.fromkeys([*question.names, *names])))


def search_names(db: Database, tree_id: int, question: Question) -> Named:
    """Look up every place and name of the question."""
    found = Named()
    for place in question.places:
        _add_place(db, tree_id, place, found)
    if question.wants_whole:
        _add_introductions(db, tree_id, found)
    if question.names:
        hits = symbol_store.defined(db, tree_id, question.names, limit=_DEFINITIONS)
        _add_definitions(hits, found.name, "name", found)
        _add_users(db, tree_id, question, found)
    hits = symbol_store.defined(db, tree_id, question.guesses, limit=_DEFINITIONS)
    _add_definitions(hits, found.guess, "guess", found)
    return found


def _add_place(db: Database, tree_id: int, place: Place, found: Named) -> None:
    paths = _resolved(db, tree_id, place.path)
    for path in paths:
        found.mention[path] = max(found.mention.get(path, 0.0), 1.0 / len(paths))
        at, end = path, search.line_count(db, tree_id, path)
        if place.line is not None:
            beyond = f", and the file ends at {end}" if place.line > end else ""
            at = f"{path}:{place.line}{beyond}"
        found.reasons.setdefault(path, {}).setdefault("mention", f"the question names {at}")
        if place.line is not None and place.line <= end:
            if _is_same_file(path, place.path):
                found.pointed.append((path, place.line - 1))
            found.symbols += symbol_store.around(db, tree_id, path, place.line - 1)[:1]


def _add_introductions(db: Database, tree_id: int, found: Named) -> None:
    """What a repository says of itself is in its top folder."""
    for path in search.paths_ending(db, tree_id, ["readme"]):
        if "/" not in path:
            found.mention[path] = 1.0
            found.reasons[path] = {"mention": "introduces the repository"}


def _resolved(db: Database, tree_id: int, written: str) -> list[str]:
    """The live paths a written one may mean: exactly it, or those that share most of its end."""
    if search.existing(db, tree_id, [written]):
        return [written]
    name = written.rpartition("/")[2]
    close = [
        path
        for path in search.paths_ending(db, tree_id, parts(name))
        if path.rpartition("/")[2] == name
    ]
    shared = {path: _shared_end(path, written) for path in close}
    most = max(shared.values(), default=0)
    return [path for path in close if shared[path] == most] or _inside(db, tree_id, written)


def _inside(db: Database, tree_id: int, folder: str) -> list[str]:
    """The paths in a folder as it is written, or in one that ends so."""
    around = f"/{folder}/"
    near = search.paths_ending(db, tree_id, parts(folder), limit=_FOLDER)
    return [path for path in near if around in f"/{path}"]


def _is_same_file(path: str, written: str) -> bool:
    """Whether a line of the one is a line of the other: `views.py` elsewhere is another file."""
    whole = f"/{path}".endswith(f"/{written}") or f"/{written}".endswith(f"/{path}")
    return whole or _shared_end(path, written) > 1


def _shared_end(path: str, other: str) -> int:
    count = 0
    for mine, theirs in zip(reversed(path.split("/")), reversed(other.split("/")), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _add_definitions(
    hits: Iterable[SymbolHit], scores: dict[str, float], signal: str, found: Named
) -> None:
    by_name: dict[str, list[SymbolHit]] = {}
    for hit in hits:
        by_name.setdefault(hit.name.rpartition(".")[2], []).append(hit)
    for name, same in sorted(by_name.items()):
        if len(same) > _LOOSE:
            continue
        for hit in same:
            worth = _worth(name, hit.path, len(same), signal)
            scores[hit.path] = scores.get(hit.path, 0.0) + worth
            found.symbols.append(_scored(hit, worth))
            reasons = found.reasons.setdefault(hit.path, {})
            reasons.setdefault(signal, f"defines {hit.name}")


def _worth(name: str, path: str, definitions: int, signal: str) -> float:
    worth = 1.0 / math.sqrt(definitions)
    if signal == "guess":
        worth *= 1.0 if len(parts(name)) > 1 else 0.4
    return worth * _TEST_SHARE if is_test(path) else worth


def _scored(hit: SymbolHit, score: float) -> SymbolHit:
    return SymbolHit(hit.path, hit.name, hit.kind, hit.range, score, hit.signature)


def _add_users(db: Database, tree_id: int, question: Question, found: Named) -> None:
    _add_callers(_users(db, tree_id, question.names), "uses", found)
    # What no grammar reads as a use or a definition (`reply[kContext]`) may stand there as text.
    of_name = question.wants_callers or question.wants_named
    if of_name and not (found.name or found.caller):
        for name in question.names:
            # In the index MOST_ITEMS is two words, and `find_most_items` has them as well.
            verb = "names" if name.isalnum() else "has the words of"
            _add_callers([(name, naming(db, tree_id, name, limit=_USERS))], verb, found)


def _add_callers(known: Iterable[tuple[str, list[str]]], verb: str, found: Named) -> None:
    for name, paths in known:
        for path in paths:
            found.caller[path] = found.caller.get(path, 0.0) + 1 / math.sqrt(len(paths))
            found.reasons.setdefault(path, {}).setdefault("caller", f"{verb} {name}")


def _users(db: Database, tree_id: int, names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Each name with the files that use it, as far as there is room.

    Those that few use come first: what every file uses would else leave no room for them.
    """
    found = [
        (name, symbol_store.users(db, tree_id, name, limit=_USERS)) for name in sorted(set(names))
    ]
    found.sort(key=lambda one: len(one[1]))
    room = accumulate((len(paths) for _, paths in found), initial=0)
    return [one for one, taken in zip(found, room, strict=False) if taken < _USERS]
