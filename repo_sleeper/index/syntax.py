"""Text to syntax: parsers and queries, made once, and what one parse captures."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path

from tree_sitter import Language, Node, Parser, Query, QueryCursor

from repo_sleeper.index.languages import BY_NAME

# Past this a query takes minutes and recursive code of the grammar may run out of stack.
DEPTH_MAX = 1_000
_STRIDE = 500
# Its scanner never comes back from an annotation that is the last thing in a file.
_NEEDS_AN_END = frozenset({"kotlin"})
START = attrgetter("start_byte")
END = attrgetter("end_byte")

_QUERIES = Path(__file__).parent / "queries"

Captures = dict[str, list[Node]]


class TooDeepError(Exception):
    """The tree is nested deeper than any person writes."""


def parse(data: bytes, language: str) -> tuple[Node, Captures]:
    """The root of a fresh tree and every capture by name, each in order of place."""
    parser, query = _tools(language)
    if language in _NEEDS_AN_END and not data.endswith(b"\n"):
        data += b"\n"
    root = parser.parse(data).root_node
    if _is_too_deep(root):
        raise TooDeepError
    captures = QueryCursor(query).captures(root)
    for nodes in captures.values():
        nodes.sort(key=START)  # they come in the order in which their patterns were complete
    return root, captures


@cache
def _tools(language: str) -> tuple[Parser, Query]:
    row = BY_NAME[language]
    pointer: object = getattr(import_module(row.package), row.factory)()
    grammar = Language(pointer)
    text = "\n".join((_QUERIES / f"{name}.scm").read_text() for name in row.queries or (row.name,))
    return Parser(grammar), Query(grammar, text)


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
