"""Layers: which packages stand on which others, and the rare imports that go the other way."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from repo_sleeper.domain.notes import Evidence, Note, NoteKind
from repo_sleeper.survey.cycles import components
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.reading import line_of
from repo_sleeper.survey.wording import MOST, at_line, listed, percent, survey_note

_MAIN = 0.8  # of the product's files in one folder: then its folders are the packages
_FEWEST_FORWARD = 6
_MOST_BACK = 3
_DOMINANT = 6  # times as many imports one way as the other
_FEWEST_PACKAGES = 3
_FEWEST_EACH = 3  # imports to or from a package: with fewer it may stand anywhere
_FEWEST_ALL = 4  # imports for each package, or too little of the whole is seen
_INNER = frozenset({"internal", "_internal", "impl", "_impl"})  # there for those above it
_CLEAN = 0.9  # of the imports go down, or there are no layers to speak of

Lines = Callable[[str], Sequence[str]]
Pair = tuple[str, str]


def layers(files: Iterable[SourceFile], edges: Iterable[Edge], lines: Lines) -> list[Note]:
    """One note on the order of the packages, and one for each rare import against it."""
    product = [file.path for file in files if file.is_product]
    base = main_folder(product)
    package = {path: _package(path, base) for path in product}
    between = _between(edges, package)
    counts = Counter({pair: len(found) for pair, found in between.items()})
    against = {pair for pair in counts if _is_against(pair, counts)}
    back = {pair: [e for e in between[pair] if not _is_of_types(e, lines)] for pair in against}
    notes = [
        _violation(pair, counts[pair[::-1]], back[pair], lines)
        for pair in sorted(against)
        if back[pair]
    ]
    notes.sort(key=lambda note: (-note.confidence, note.title))
    order = _order({pair: count for pair, count in counts.items() if pair not in against})
    if _is_told(order, counts):
        notes.insert(0, _order_note(base, order, counts, between, lines))
    return notes[:MOST]


def main_folder(paths: Sequence[str]) -> str:
    """The folder whose folders are the packages: down as long as nearly all is in one of them."""
    base = ""
    while True:
        below = Counter(_package(path, base) for path in paths)
        inner, count = max(below.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        if not inner or count < _MAIN * len(paths):
            return base
        base = inner


def _package(path: str, base: str) -> str:
    """The folder directly below `base` that holds the path; empty where there is none."""
    start = f"{base}/" if base else ""
    if not path.startswith(start):
        return ""
    first, slash, _ = path[len(start) :].partition("/")
    return f"{start}{first}" if slash else ""


def _between(edges: Iterable[Edge], package: Mapping[str, str]) -> dict[Pair, list[Edge]]:
    """The imports from one package to another: each pair of files once, and each line once.

    A line that imports a package of Go, or all of one of Java, leads to many of its files.
    """
    found: dict[Pair, list[Edge]] = defaultdict(list)
    files: set[Pair] = set()
    lines: set[tuple[str, int]] = set()
    for edge in _of_one_meaning(edges, package):
        pair = package.get(edge.path, ""), package.get(edge.target, "")
        is_known = (edge.path, edge.target) in files or (edge.path, edge.line) in lines
        if all(pair) and pair[0] != pair[1] and not is_known:
            files.add((edge.path, edge.target))
            lines.add((edge.path, edge.line))
            found[pair].append(edge)
    return {pair: found[pair] for pair in sorted(found)}


def _of_one_meaning(edges: Iterable[Edge], package: Mapping[str, str]) -> list[Edge]:
    """Without the lines whose names several packages define: which is meant cannot be told."""
    found = [edge for edge in edges if edge.target in package]
    meant: dict[tuple[str, int], set[str]] = defaultdict(set)
    for edge in found:
        meant[edge.path, edge.line].add(package[edge.target])
    return [edge for edge in found if len(meant[edge.path, edge.line]) == 1]


def _is_against(pair: Pair, counts: Mapping[Pair, int]) -> bool:
    forward, back = counts.get(pair[::-1], 0), counts[pair]
    if _short(pair[1]) in _INNER:
        return False
    return forward >= _FEWEST_FORWARD and back <= _MOST_BACK and back * _DOMINANT <= forward


def _is_of_types(edge: Edge, lines: Lines) -> bool:
    """Whether the import is there for the type checker only."""
    if edge.path.endswith(".d.ts"):
        return True
    source = lines(edge.path)
    text = line_of(source, edge.line)
    if text.startswith(("import type ", "export type ")):
        return True
    depth = len(text) - len(text.lstrip())
    above = (one for one in reversed(source[: edge.line]) if one.strip())
    outer = next((one for one in above if len(one) - len(one.lstrip()) < depth), "")
    return "TYPE_CHECKING" in outer


def _order(counts: Mapping[Pair, int]) -> list[list[str]]:
    """Packages from the top down, those of one height together; members of a knot are left out."""
    graph: dict[str, list[str]] = defaultdict(list)
    for above, below in counts:
        graph[above].append(below)
    knotted = {name for knot in components(graph) for name in knot}
    seen: Counter[str] = Counter()
    for pair, count in counts.items():
        seen.update(dict.fromkeys(pair, count))
    names = sorted(name for name in seen if seen[name] >= _FEWEST_EACH and name not in knotted)
    left_out = seen.keys() - set(names)
    height: dict[str, int] = {}
    for name in names:
        _measure(name, graph, left_out, height)
    levels: dict[int, list[str]] = defaultdict(list)
    for name in names:
        levels[height[name]].append(name)
    return [levels[one] for one in sorted(levels, reverse=True)]


def _measure(
    start: str, graph: Mapping[str, Sequence[str]], left_out: set[str], height: dict[str, int]
) -> None:
    """Give everything below `start` the length of the longest way down from it."""
    waiting = [start]
    while waiting:
        name = waiting[-1]
        below = [one for one in graph.get(name, ()) if one not in left_out]
        unknown = [one for one in below if one not in height]
        if unknown and name not in height:
            waiting.extend(unknown)
        else:
            height[name] = 1 + max((height[one] for one in below), default=-1)
            waiting.pop()


def _is_told(order: Sequence[Sequence[str]], counts: Mapping[Pair, int]) -> bool:
    """Whether enough imports are known, and enough of them agree, to speak of layers."""
    packages = sum(map(len, order))
    if len(order) < _FEWEST_PACKAGES or sum(counts.values()) < _FEWEST_ALL * packages:
        return False
    return _share_down(order, counts) >= _CLEAN


def _share_down(order: Sequence[Sequence[str]], counts: Mapping[Pair, int]) -> float:
    level = {name: at for at, names in enumerate(order) for name in names}
    down = sum(
        n for (a, b), n in counts.items() if a in level and b in level and level[a] < level[b]
    )
    return down / (sum(counts.values()) or 1)


def _order_note(
    base: str,
    order: Sequence[Sequence[str]],
    counts: Mapping[Pair, int],
    between: Mapping[Pair, Sequence[Edge]],
    lines: Lines,
) -> Note:
    shown = " > ".join("|".join(map(_short, names)) for names in order)
    named = {name for names in order for name in names}
    counts = {pair: count for pair, count in counts.items() if named.issuperset(pair)}
    busiest = sorted(counts, key=lambda pair: (-counts[pair], pair))[:3]
    share = percent(_share_down(order, counts))
    told = [f"{_short(a)} to {_short(b)} ({counts[a, b]})" for a, b in busiest]
    return survey_note(
        NoteKind.LAYERS,
        about=("order", base),
        title=f"Layers of {base or 'the repository'}: {sum(map(len, order))} packages in"
        f" {len(order)} layers, {_named(order[0])} on top, {_named(order[-1])} at the bottom",
        body=f"{shown}. Of the {sum(counts.values()):,} imports between them {share} go to a later"
        f" one; most are from {listed(told)}.",
        evidence=[_at(between[pair][0], lines) for pair in busiest],
    )


def _named(level: Sequence[str]) -> str:
    return listed([_short(package) for package in level], 2)


def _short(package: str) -> str:
    return posixpath.basename(package)


def _violation(pair: Pair, forward: int, edges: Sequence[Edge], lines: Lines) -> Note:
    lower, upper = pair
    count = "one import goes" if len(edges) == 1 else f"{len(edges)} imports go"
    places = [f"{edge.path}:{edge.line + 1}" for edge in edges]
    return survey_note(
        NoteKind.LAYERS,
        about=(lower, upper),
        title=f"{lower} imports {upper} against the usual direction: {count} this way,"
        f" {forward} the other",
        body=f"{listed(places)} {'imports' if len(edges) == 1 else 'import'} from {upper}, which is"
        f" itself built on {lower}. Moving what is shared down, or the import's user up, would"
        " leave one direction.",
        evidence=[_at(edge, lines) for edge in edges],
        confidence=forward / (forward + len(edges)),
    )


def _at(edge: Edge, lines: Lines) -> Evidence:
    return at_line(edge.path, edge.line, line_of(lines(edge.path), edge.line))
