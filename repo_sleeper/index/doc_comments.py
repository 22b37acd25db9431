"""What is said of a definition where it stands: its docstring, or the comment right above it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from tree_sitter import Node

from repo_sleeper.index.definitions import SCOPE, Definition
from repo_sleeper.index.syntax import Captures, text_of

_DOC_MAX = 300
_COMMENT_LINES = 12
_MARKERS = re.compile(
    r"^[ \t]*(?:/\*+!?|\*+/|//+!?|\*(?!/)|#+!?|--+|;+)[ \t]?|[ \t]*\*+/[ \t]*$", re.MULTILINE
)
_XML = re.compile(r"</?(?:summary|para|remarks|returns|value|c|code|inheritdoc)\b[^>\n]*>")
_QUOTES = re.compile(r"""^[A-Za-z]{0,2}("{3}|'{3}|"|')|("{3}|'{3}|"|')$""")


def document(data: bytes, found: list[Definition], captures: Captures) -> None:
    """Give each definition its docstring, or else the comment right above it."""
    _docstrings(data, found, captures.get("doc", ()))
    comments = _own_line_comments(data, captures.get("comment", ()))
    if not comments:
        return
    between = {node.end_point.row: node.start_point.row for node in captures.get("attribute", ())}
    for one in found:
        above = one.row - 1
        if (above in comments or above in between) and one.kind != SCOPE and not _is_inside(one):
            text, one.top_row = _leading_comment(one.row, comments, between)
            one.doc = one.doc or text


def _is_inside(one: Definition) -> bool:
    """Whether the comment above is about what it is in: `class Cart(val rate: Int)`."""
    around = one.owner
    return around is not None and around.row == one.row


def _docstrings(data: bytes, found: list[Definition], docs: Sequence[Node]) -> None:
    starts = [one.start for one in found]
    for node in docs:
        place = bisect_right(starts, node.start_byte) - 1
        while place >= 0 and found[place].end < node.end_byte:
            place -= 1
        if place >= 0:
            text = _QUOTES.sub("", text_of(data, node)[: 2 * _DOC_MAX])
            found[place].doc = " ".join(text.split())[:_DOC_MAX].strip()


def _own_line_comments(data: bytes, comments: Sequence[Node]) -> dict[int, tuple[int, str]]:
    """Last row -> first row and text, of the comments that begin their line."""
    found: dict[int, tuple[int, str]] = {}
    for node in comments:
        start, point = node.start_byte, node.start_point
        if not data[start - point.column : start].strip():
            end = node.end_point
            last = end.row - (end.column == 0 and end.row > point.row)
            found[last] = (point.row, text_of(data, node))
    return found


def _leading_comment(
    row: int, comments: dict[int, tuple[int, str]], between: dict[int, int]
) -> tuple[str, int]:
    lines: list[str] = []
    top, at = row, row - 1
    while len(lines) < _COMMENT_LINES and at >= 0:
        if at in between:
            at = between[at] - 1
            continue
        if at not in comments:
            break
        first, text = comments[at]
        lines.append(text)
        top, at = first, first - 1
    text = _XML.sub("", " ".join(_MARKERS.sub("", line) for line in reversed(lines)))
    return " ".join(text.split())[:_DOC_MAX].strip(), top
