"""Captures to definitions: names paired with nodes, nesting, kinds, signatures."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from repo_sleeper.index.syntax import Captures, text_of

# Where two patterns name the same thing, the first of these wins.
KINDS = (
    "enum",
    "interface",
    "trait",
    "struct",
    "class",
    "module",
    "method",
    "function",
    "declaration",
    "macro",
    "type",
    "constant",
    "field",
    "variable",
)
SCOPE = "scope"  # nests names without being a symbol: `impl Cart { ... }`
_OWNERS = frozenset({"class", "interface", "trait", "struct", "enum", SCOPE})
_WITH_BODY = frozenset({*_OWNERS, "module", "method", "function", "macro", "type"})
_INSIDE = ("compound_statement", "ERROR")
_ATTRIBUTES = frozenset({"annotation", "attribute", "attribute_list", "marker_annotation"})
_SIGNATURE_MAX = 200
_OPENINGS = ("=>", "{", ":", "=")


class Definition:
    """A definition as it is being put together.

    `position` is its place among the symbols, `top_row` where the comment above it begins.
    """

    __slots__ = (
        "doc", "end", "end_row", "head", "kind", "name", "name_at", "node", "parent", "position",
        "qualified", "row", "start", "top_row",
    )  # fmt: skip

    def __init__(self, kind: str, name: str, name_at: int, node: Node) -> None:
        self.kind = kind
        self.name = self.qualified = name
        self.name_at = name_at
        self.node = node
        self.start = self.head = node.start_byte
        self.end = node.end_byte
        self.row = self.top_row = node.start_point.row
        end = node.end_point
        self.end_row = end.row + (end.column > 0 or end.row == self.row)
        self.parent: Definition | None = None
        self.position: int | None = None
        self.doc = ""

    @property
    def owner(self) -> Definition | None:
        """The innermost symbol around it."""
        around = self.parent
        while around is not None and around.kind == SCOPE:
            around = around.parent
        return around


def definitions(data: bytes, captures: Captures) -> list[Definition]:
    """Definitions and scopes in order of place, nested, the outer one first."""
    found = list(_named(data, captures))
    _widen(found, captures.get("outer", ()))
    _lengthen(found, captures.get("rest", ()))
    found.sort(key=lambda one: (one.start, -one.end))
    _nest(found)
    if "declaration" in captures or "loose" in captures:
        found = [one for one in found if not _is_stray(one)]
    _qualify(found, _qualifiers(data, found, captures))
    position = 0
    for one in found:
        if one.kind != SCOPE:
            one.position = position
            position += 1
    return found


def _named(data: bytes, captures: Captures) -> Iterator[Definition]:
    claimed = {node.start_byte for node in captures.get("not.name", ())}
    for kind in (*KINDS, SCOPE):
        for node, name in _pairs(captures.get(kind, ()), captures.get(f"{kind}.name", ())):
            if name.start_byte not in claimed:
                claimed.add(name.start_byte)
                text = text_of(data, name)
                yield Definition(kind, text.lstrip(":"), name.start_byte, node)


def _pairs(nodes: Sequence[Node], names: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    """Each name with the innermost node around it."""
    starts = [node.start_byte for node in nodes]
    ends = [node.end_byte for node in nodes]
    for name in names:
        end = name.end_byte
        place = bisect_right(starts, name.start_byte) - 1
        while place >= 0 and ends[place] < end:
            place -= 1
        if place >= 0:
            yield nodes[place], name


def _widen(found: list[Definition], outer: Sequence[Node]) -> None:
    """Let a definition begin where its decorators, its `export` or its template head begins."""
    if not outer:
        return
    wraps: dict[int, list[Node]] = {}
    for node in outer:
        wraps.setdefault(node.end_byte, []).append(node)
    for one in sorted(found, key=lambda one: one.start):
        around = [node for node in wraps.get(one.end, ()) if node.start_byte < one.start]
        if around:
            one.start = around[-1].start_byte
            one.row = one.top_row = around[-1].start_point.row
            wraps[one.end].remove(around[-1])


def _lengthen(found: list[Definition], rest: Sequence[Node]) -> None:
    """Let `namespace Shop;` hold everything after it."""
    for node in rest:
        around = node.parent or node
        for one in found:
            if one.start == node.start_byte and one.end == node.end_byte:
                one.end, one.end_row = around.end_byte, around.end_point.row


def _nest(found: list[Definition]) -> None:
    around: list[Definition] = []
    for one in found:
        while around and (around[-1].end < one.end or _same_place(around[-1], one)):
            around.pop()
        one.parent = around[-1] if around else None
        if one.kind != "type":  # typedef struct cart { ... } cart_t; has no members of its own
            around.append(one)


def _is_stray(one: Definition) -> bool:
    """Whether it is a local of C, or an annotation: what a query cannot tell.

    A variable that is in no function only because the braces do not match there is local too.
    """
    if one.node.type != "declaration" or one.kind not in ("declaration", "method", "variable"):
        return False
    if one.kind == "method":  # REQUIRES(lock) below a method: a constructor has its class's name
        return one.parent is not None and one.name.lstrip("~ ") != one.parent.name
    inside = _INSIDE if one.kind == "variable" else _INSIDE[:1]
    around = one.node.parent
    while around is not None and around.type not in inside:
        around = around.parent
    return around is not None


def _same_place(one: Definition, other: Definition) -> bool:
    return one.start == other.start and one.end == other.end


def _qualify(found: list[Definition], qualifiers: dict[int, str]) -> None:
    for one in found:
        own = qualifiers.get(id(one))
        if own:
            one.qualified = f"{own}.{one.name}"
        around = one.parent
        if around is not None:
            one.qualified = f"{around.qualified}.{one.qualified}"
        one.kind = _kind_inside(one, around.kind if around is not None else "")


def _kind_inside(one: Definition, around: str) -> str:
    if one.kind == "function" and around in _OWNERS:
        return "method"
    if one.kind == "variable":
        if one.name.isupper() and len(one.name) > 1:
            return "constant"
        return "field" if around in _OWNERS else "variable"
    return one.kind


def _qualifiers(data: bytes, found: list[Definition], captures: Captures) -> dict[int, str]:
    """What a name is prefixed with where it is defined: `Cart` in `func (c *Cart) Total()`."""
    names = captures.get("qualifier", ())
    if not names:
        return {}
    starts = [one.start for one in found]
    owned: dict[int, list[str]] = {}
    for name in names:
        place = bisect_right(starts, name.start_byte) - 1
        while place >= 0 and found[place].end < name.end_byte:
            place -= 1
        if place >= 0:
            text = re.sub(r"\W+", ".", text_of(data, name).partition("<")[0]).strip(".")
            owned.setdefault(id(found[place]), []).append(text)
    return {number: ".".join(texts) for number, texts in owned.items()}


def signature(data: bytes, one: Definition, comments: Sequence[tuple[int, int]]) -> str:
    """The head of a definition on one line: up to its body, or its first line."""
    end = _body_start(one.node) if one.kind in _WITH_BODY else None
    start = _after_attributes(one)
    if end is None:
        end = data.find(b"\n", start, one.end)
        text = _without(data, start, one.end if end < 0 else end, comments)
    else:
        text = _without(data, start, min(end, start + 8 * _SIGNATURE_MAX), comments)
    line = " ".join(text.decode("utf-8", "replace").split())[:_SIGNATURE_MAX]
    head = line.rstrip()
    for opening in _OPENINGS:
        if head.endswith(opening):
            return head.removesuffix(opening).rstrip()
    return line


def _after_attributes(one: Definition) -> int:
    """Where the definition itself begins: `[Range(1, 9)]` above it would be all that is shown.

    Java, Kotlin and Swift have annotations among the modifiers; one on the line of the definition
    is left to it.
    """
    child = one.node.child(0) if one.node.child_count else None
    after = last = None
    if child is not None and child.type == "modifiers":
        child, after = child.child(0), child.next_sibling
    while child is not None and child.type in _ATTRIBUTES:
        last, child = child, child.next_sibling or after
    if last is None or child is None:
        return one.head
    is_above = last.type == "attribute_list" or child.start_point.row > last.end_point.row
    return child.start_byte if is_above else one.head


def _without(data: bytes, start: int, end: int, comments: Sequence[tuple[int, int]]) -> bytes:
    parts: list[bytes] = []
    at = bisect_left(comments, (start, 0))
    while at < len(comments) and comments[at][0] < end:
        first, last = comments[at]
        parts.append(data[start:first])
        start = last
        at += 1
    return b"".join((*parts, data[start:end])) if parts else data[start:end]


def _body_start(node: Node) -> int | None:
    body = node.child_by_field_name("body")
    if body is None:
        for field in ("value", "declarator"):
            value = node.child_by_field_name(field)
            body = body or (value.child_by_field_name("body") if value is not None else None)
    if body is None and node.child_count:  # Kotlin's grammar names no field
        last = node.child(node.child_count - 1)
        body = last if last.type.endswith("_body") else None
    return None if body is None else body.start_byte
