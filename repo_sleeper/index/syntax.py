"""Text to syntax: parsers and queries, made once, and what one parse captures."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from operator import attrgetter
from types import ModuleType

from tree_sitter import Language, Node, Parser, Point, Query, QueryCursor, Range

from repo_sleeper.index.languages import BY_NAME
from repo_sleeper.index.macros import without_unknown

# Past this a query takes minutes and recursive code of the grammar may run out of stack.
DEPTH_MAX = 1_000
_STRIDE = 500
# Its scanner never comes back from an annotation that is the last thing in a file.
_NEEDS_AN_END = frozenset({"kotlin"})
START = attrgetter("start_byte")
END = attrgetter("end_byte")

_QUERIES = os.path.join(os.path.dirname(__file__), "queries")  # noqa: PTH118, PTH120 -- pathlib: 3 ms

Captures = dict[str, list[Node]]
Span = tuple[int, int]  # bytes: first, one past the last


class TooDeepError(Exception):
    """The tree is nested deeper than any person writes."""


def parse(
    data: bytes, language: str, spans: Sequence[Span] = (), *, lines: Sequence[int] = ()
) -> tuple[Node, Captures]:
    """The root of a fresh tree and every capture by name, each in order of place.

    With spans only those bytes are read, as if nothing were between them; places stay those of
    the whole. `lines` says where each line begins.
    """
    parser, query = _tools(language)
    data = without_unknown(data, language)
    if language in _NEEDS_AN_END and not data.endswith(b"\n"):
        data += b"\n"
        spans = [(a, b + (b == len(data) - 1)) for a, b in spans]
    root, captures = _parsed(parser, query, data, [_range(span, lines) for span in spans])
    if "items" in captures:
        from repo_sleeper.index.within import add_items  # few files have any

        add_items(data, captures, lambda inside: _parsed(parser, query, data, [inside]))
    for nodes in captures.values():
        nodes.sort(key=START)  # they come in the order in which their patterns were complete
    return root, captures


def _parsed(
    parser: Parser, query: Query, data: bytes, ranges: Sequence[Range]
) -> tuple[Node, Captures]:
    if ranges:
        parser.included_ranges = list(ranges)
    try:
        root = parser.parse(data).root_node
    finally:
        if ranges:
            del parser.included_ranges
    if _is_too_deep(root):
        raise TooDeepError
    return root, QueryCursor(query).captures(root)


def _range(span: Span, lines: Sequence[int]) -> Range:
    start, end = span
    return Range(_point(start, lines), _point(end, lines), start, end)


def text_of(data: bytes, node: Node) -> str:
    """What a node says, as it is written."""
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _point(at: int, lines: Sequence[int]) -> Point:
    row = bisect_right(lines, at) - 1
    return Point(row, at - lines[row])


@cache
def _tools(language: str) -> tuple[Parser, Query]:
    row = BY_NAME[language]
    pointer: object = getattr(_binding(row.package), row.factory)()
    grammar = Language(pointer)
    text = "\n".join(map(_query, row.queries or (row.name,)))
    return Parser(grammar), Query(grammar, text)


def _query(name: str) -> str:
    with open(os.path.join(_QUERIES, f"{name}.scm"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
        return file.read()


def _binding(package: str) -> ModuleType:
    """The compiled half of a grammar's wheel.

    The other half offers queries we do not use, and imports for them what takes as long to load
    as everything else that a parser needs.
    """
    around = find_spec(package)
    places = None if around is None else around.submodule_search_locations
    found = PathFinder.find_spec(f"{package}._binding", places)
    if found is None or found.loader is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _is_too_deep(root: Node) -> bool:
    """Looks at every 500th node: a tree 500 levels past the limit cannot slip through.

    Nodes below the limit follow each other in the order of the walk, at least one for each level.
    """
    cursor = root.walk()
    for place in range(0, root.descendant_count, _STRIDE):
        cursor.goto_descendant(place)
        if cursor.depth > DEPTH_MAX:
            return True
    return False
