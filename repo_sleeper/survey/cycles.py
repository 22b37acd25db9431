"""Import cycles: files that cannot be loaded, or understood, one without the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.wording import MOST, at_line, listed, shared_folder, survey_note

Graph = Mapping[str, Sequence[str]]

_NAMED = 5  # files of a cycle that a title can name
_TRIED = 200  # members of a knot to start from: a knot of thousands is one note all the same


def components(graph: Graph) -> list[list[str]]:
    """The sets of two or more nodes that reach one another, each sorted, in order (Kosaraju).

    Without recursion: import chains are longer than Python's stack.
    """
    backwards: dict[str, list[str]] = {}
    for node in sorted(graph):
        for target in graph[node]:
            backwards.setdefault(target, []).append(node)
    seen: set[str] = set()
    found = []
    for node in reversed(_as_finished(graph)):
        component = _reached(backwards, node, seen)
        if len(component) > 1:
            found.append(sorted(component))
    return sorted(found)


def _as_finished(graph: Graph) -> list[str]:
    """Every node after all that it leads to, except along the way it was reached."""
    seen: set[str] = set()
    order = []
    for start in sorted(graph):
        waiting = [(start, False)]
        while waiting:
            node, is_finished = waiting.pop()
            if is_finished:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                waiting.append((node, True))
                waiting.extend((target, False) for target in graph.get(node, ()))
    return order


def _reached(graph: Graph, start: str, seen: set[str]) -> list[str]:
    found = []
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            waiting.extend(graph.get(node, ()))
    return found


def shortest_cycle(graph: Graph, members: Sequence[str]) -> list[str]:
    """The shortest way from a member back to itself inside the set, the first by name."""
    inside = set(members)
    ways = (_way_back(graph, start, inside) for start in members[:_TRIED])
    return min(ways, key=lambda way: (len(way), way))


def _way_back(graph: Graph, start: str, inside: set[str]) -> list[str]:
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for target in graph.get(node, ()):
            if target == start and node != start:
                return _retraced(came_from, start, node)
            if target in inside and target not in came_from:
                came_from[target] = node
                waiting.append(target)
    raise AssertionError(f"{start} is in no cycle")  # a component's member always is


def _retraced(came_from: Mapping[str, str], start: str, node: str) -> list[str]:
    way = [node]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def cycles(edges: Iterable[Edge], quotes: Mapping[tuple[str, int], str]) -> list[Note]:
    """One note for each set of files that import one another, the tightest first."""
    lines: dict[tuple[str, str], int] = {}
    graph: dict[str, list[str]] = {}
    for edge in edges:
        if (edge.path, edge.target) not in lines:
            lines[edge.path, edge.target] = edge.line
            graph.setdefault(edge.path, []).append(edge.target)
    found = [(shortest_cycle(graph, one), one) for one in components(graph)]
    found.sort(key=lambda pair: (len(pair[0]), len(pair[1]), pair[0]))
    return [_note(way, members, lines, quotes) for way, members in found[:MOST]]


def _note(
    way: Sequence[str],
    members: Sequence[str],
    lines: Mapping[tuple[str, str], int],
    quotes: Mapping[tuple[str, int], str],
) -> Note:
    steps = list(zip(way, [*way[1:], way[0]], strict=True))
    folder, names = shared_folder(way)
    inside = f" in {folder}" if folder else ""
    shown = " → ".join([*names, names[0]]) if len(way) <= _NAMED else listed(names, _NAMED)
    evidence = [
        at_line(path, lines[path, target], quotes.get((path, lines[path, target]), ""))
        for path, target in steps
    ]
    others = [path for path in members if path not in way]
    beyond = f" Part of the same knot ({len(others)}): {listed(others)}." if others else ""
    return survey_note(
        NoteKind.CYCLE,
        about=members,
        title=f"Import cycle of {len(way)} files{inside}: {shown}",
        body="They import one another while they load, so which is loaded first decides what is"
        f" defined. Moving the shared part out, or one import into a function, ends it.{beyond}",
        evidence=evidence,
    )
