"""Items that macros of Rust hold: tokens to the grammar, so that they have to be parsed again."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node, Point, Range

Captures = dict[str, list[Node]]
Parse = Callable[[Range], tuple[Node, Captures]]

_DEEPEST = 3  # macros in macros
_ITEM = re.compile(rb"\b(?:const|enum|fn|impl|mod|static|struct|trait|type|union)\b")
_READ = frozenset({"comment", "string"})  # in tokens too


def add_items(data: bytes, captures: Captures, parse: Parse) -> None:
    """Add what is captured in macros whose content is items and nothing but items.

    `cfg_rt! { fn run() {} }` is; of `cfg_if! { if #[cfg(unix)] { fn run() {} } }` it is what the
    inner braces hold. A language of a macro's own, such as that of `bitflags!`, is not ours.
    """
    waiting = [(node, 0) for node in captures.pop("items", ())]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST or not _may_hold_items(data, node):
            continue
        root, found = parse(_inside(node))
        inner = found.pop("items", [])
        if root.has_error:
            inner = [child for child in node.named_children if child.type == "token_tree"]
        else:
            _add(captures, found)
        waiting += [(one, depth + 1) for one in inner]


def _may_hold_items(data: bytes, node: Node) -> bool:
    start, end = node.start_byte, node.end_byte
    return data[start : start + 1] == b"{" and _ITEM.search(data, start, end) is not None


def _inside(node: Node) -> Range:
    """What is between the braces."""
    first, last = node.start_point, node.end_point
    return Range(
        Point(first.row, first.column + 1),
        Point(last.row, last.column - 1),
        node.start_byte + 1,
        node.end_byte - 1,
    )


def _add(captures: Captures, found: Captures) -> None:
    for name, nodes in found.items():
        if name not in _READ:
            captures.setdefault(name, []).extend(nodes)
