"""A map of the repository as reference-graph rankers draw it: PageRank over names; pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from repo_sleeper.evaluate.metrics import Piece

DAMPING = 0.85
STEPS = 40
ASKED = 10.0  # a name that the question contains
TELLING = 10.0  # a long name made of several words
PRIVATE = 0.1
COMMON = 0.1  # defined in many files
LONG_NAME = 8
MANY_DEFINERS = 5
UNREFERENCED = 0.1


@dataclass(frozen=True, slots=True)
class Definition:
    """A name, the file that defines it, and the line a reader would be shown."""

    path: str
    name: str
    line: int
    signature: str


@dataclass(frozen=True, slots=True)
class Names:
    """Who defines a name, and how often which file uses it."""

    definitions: Mapping[str, Sequence[Definition]]
    uses: Mapping[str, Mapping[str, int]]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    """`user` leans on `definer` because of `name`."""

    user: str
    definer: str
    name: str
    weight: float


def ranked_definitions(
    names: Names, *, mentioned: Collection[str], words: AbstractSet[str]
) -> list[Definition]:
    """Definitions best first: the rank of each user flows to what it uses.

    `mentioned` holds the identifiers in the question; a file whose path has one of its `words`
    is where the walk likes to start again.
    """
    edges = edges_of(names, mentioned)
    start = {path: 1.0 for path in names.paths if words & set(path_words(path))}
    ranks = page_rank(edges, paths=names.paths, start=start)
    leaving = _leaving(edges)
    credit: defaultdict[tuple[str, str], float] = defaultdict(float)
    for edge in edges:
        credit[edge.definer, edge.name] += ranks[edge.user] * edge.weight / leaving[edge.user]
    order = sorted(credit, key=lambda key: (-credit[key], key))
    return [one for path, name in order for one in names.definitions[name] if one.path == path]


def files_of(definitions: Iterable[Definition], names: Names) -> list[str]:
    """Files in the order their first definition is shown, then the others by name."""
    first = dict.fromkeys(one.path for one in definitions)
    return [*first, *sorted(set(names.paths) - first.keys())]


def path_words(path: str) -> list[str]:
    """The words of a path, as loosely as a question would name it."""
    cleaned = "".join(char if char.isalnum() else " " for char in path.lower())
    return cleaned.split()


def edge_weight(name: str, *, uses: int, definers: int, asked: bool) -> float:
    """How much one file leans on another because of one name."""
    weight = math.sqrt(uses)
    if asked:
        weight *= ASKED
    if len(name) >= LONG_NAME and _has_parts(name):
        weight *= TELLING
    if name.startswith("_"):
        weight *= PRIVATE
    if definers > MANY_DEFINERS:
        weight *= COMMON
    return weight


def page_rank(
    edges: Sequence[_Edge], *, paths: Sequence[str], start: Mapping[str, float]
) -> dict[str, float]:
    """Power iteration; what has nowhere to go starts again."""
    if not paths:
        return {}
    total = sum(start.values())
    again = {path: start.get(path, 0.0) / total if total else 1 / len(paths) for path in paths}
    flows = _flows(edges)
    going = {user for user, _, _ in flows}
    ranks = dict(again)
    for _ in range(STEPS):
        stuck = math.fsum(rank for path, rank in ranks.items() if path not in going)
        moved = {path: (1 - DAMPING + DAMPING * stuck) * share for path, share in again.items()}
        for user, definer, share in flows:
            moved[definer] += DAMPING * ranks[user] * share
        ranks = moved
    return ranks


def _flows(edges: Sequence[_Edge]) -> list[tuple[str, str, float]]:
    """User, definer, and the share of the user's rank that goes there for all names together."""
    leaving = _leaving(edges)
    shares: defaultdict[tuple[str, str], float] = defaultdict(float)
    for edge in edges:
        shares[edge.user, edge.definer] += edge.weight / leaving[edge.user]
    return [(user, definer, share) for (user, definer), share in sorted(shares.items())]


def drawn(
    definitions: Iterable[Definition], *, budget: int, count: Callable[[str], int]
) -> list[Piece]:
    """As many definitions as fit, grouped by file under its path."""
    left = budget
    shown: dict[str, list[Definition]] = {}
    for one in definitions:
        cost = count(_line(one)) + (0 if one.path in shown else count(f"{one.path}:\n"))
        if cost > left:
            break
        left -= cost
        shown.setdefault(one.path, []).append(one)
    return [_piece(path, shown[path]) for path in sorted(shown)]


def _piece(path: str, definitions: Sequence[Definition]) -> Piece:
    lines = [_line(one) for one in sorted(definitions, key=lambda one: one.line)]
    return Piece(path, f"{path}:\n" + "".join(lines))


def _line(definition: Definition) -> str:
    return f"  {definition.signature or definition.name}\n"


def edges_of(names: Names, mentioned: Collection[str]) -> list[_Edge]:
    """Every reason one file has to lean on another."""
    found = []
    for name in sorted(names.definitions):
        definers = sorted({one.path for one in names.definitions[name]})
        uses = names.uses.get(name, {})
        if not uses:
            found += [_Edge(path, path, name, UNREFERENCED) for path in definers]
        for user, number in sorted(uses.items()):
            weight = edge_weight(name, uses=number, definers=len(definers), asked=name in mentioned)
            found += [_Edge(user, definer, name, weight) for definer in definers]
    return found


def _leaving(edges: Iterable[_Edge]) -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for edge in edges:
        total[edge.user] += edge.weight
    return dict(total)


def _has_parts(name: str) -> bool:
    mixed = any(char.isupper() for char in name) and any(char.islower() for char in name)
    return "_" in name or "-" in name or mixed
