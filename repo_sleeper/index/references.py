"""Captures to references and imports: which names a file uses, where, and where they come from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from tree_sitter import Node

from repo_sleeper.index.definitions import Definition
from repo_sleeper.index.syntax import END, START, Captures

# Capture -> kind of reference; of a name captured twice the first counts.
KINDS = {
    "call": "call",
    "element": "call",
    "macro_use": "call",
    "inherit": "inherit",
    "type_use": "type",
    "import.name": "import",
}
_NAME_MAX = 200
_QUOTES = " \t\r\n\"'`<>;"
_REQUIRES = frozenset({"require", "require_relative", "load", "source", "."})
_KEYWORD = re.compile(r"^(?:import|use)\s+")
_ALIAS = re.compile(r"(?:\s+as\s+|\s*=>\s*).*", re.DOTALL)
_WORD = re.compile(r"\w+")

ReferenceRow = tuple[str, str]
ImportRow = tuple[int, str, str]


def references(
    data: bytes, found: Sequence[Definition], captures: Captures, *, lines: Sequence[int]
) -> list[ReferenceRow]:
    """One row for each name: where it is used, as JSON, [symbol or null, kind, "lines"] each."""
    starts, symbols = _innermost(found)
    uses: dict[bytes, dict[tuple[int | None, str], list[int]]] = {}
    seen = {one.name_at for one in found}
    for capture, kind in KINDS.items():
        nodes = captures.get(capture, ())
        for start, end in zip(map(START, nodes), map(END, nodes), strict=True):
            if start in seen:
                continue
            seen.add(start)
            name = data[start:end]
            if capture == "import.name":
                name = _last_word(name.decode("utf-8", "replace")).encode()
            elif capture == "element" and name.islower():
                continue  # <div> is HTML's
            place = (symbols[bisect_right(starts, start) - 1], kind)
            line = bisect_right(lines, start) - 1
            uses.setdefault(name, {}).setdefault(place, []).append(line)
    return [
        (name.decode("utf-8", "replace"), _places(places))
        for name, places in uses.items()
        if 0 < len(name) <= _NAME_MAX
    ]


def _places(places: dict[tuple[int | None, str], list[int]]) -> str:
    # By hand: numbers and our own words need no escaping, and json.dumps takes twice as long.
    parts = [
        f'[{"null" if symbol is None else symbol},"{kind}","{_listed(lines)}"]'
        for (symbol, kind), lines in places.items()
    ]
    return f"[{','.join(parts)}]"


def _listed(lines: list[int]) -> str:
    return str(lines[0]) if len(lines) == 1 else " ".join(map(str, sorted(set(lines))))


def _innermost(found: Sequence[Definition]) -> tuple[list[int], list[int | None]]:
    """From which byte on which symbol is the innermost one."""
    starts: list[int] = [-1]
    symbols: list[int | None] = [None]
    around: list[Definition] = []
    for one in found:
        if one.position is None:
            continue
        _leave(around, one.start, starts, symbols)
        starts.append(one.start)
        symbols.append(one.position)
        around.append(one)
    _leave(around, 1 << 62, starts, symbols)
    return starts, symbols


def _leave(
    around: list[Definition], place: int, starts: list[int], symbols: list[int | None]
) -> None:
    while around and around[-1].end <= place:
        starts.append(around.pop().end)
        symbols.append(around[-1].position if around else None)


def imports(data: bytes, captures: Captures) -> list[ImportRow]:
    """What the file names from elsewhere: line, module as written, names taken from it."""
    rows = [
        _import(data, node, names)
        for node, names in _with_names(
            captures.get("import.module", ()),
            captures.get("import.name", ()),
            captures.get("import", ()),
        )
    ]
    rows += _required(data, captures)
    return sorted({(row[0], row[1]): row for row in rows if row[1]}.values())


def _with_names(
    modules: Sequence[Node], names: Sequence[Node], statements: Sequence[Node]
) -> Iterable[tuple[Node, list[Node]]]:
    starts = [node.start_byte for node in statements]
    taken: dict[int, list[Node]] = {}
    for name in names:
        taken.setdefault(bisect_right(starts, name.start_byte), []).append(name)
    for module in modules:
        yield module, taken.get(bisect_right(starts, module.start_byte), [])


def _import(data: bytes, module: Node, names: Sequence[Node]) -> ImportRow:
    text = _KEYWORD.sub("", _text(data, module)).strip(_QUOTES)
    head, brace, tail = text.partition("{")
    words = [_last_word(_text(data, node)) for node in names]
    if brace:  # use shop::{cart, prices::List}; the names are inside
        words += [_last_word(_ALIAS.sub("", part)) for part in re.split(r"[,{}]", tail)]
        head = head.rstrip(":.\\ \t\r\n")
    path = "".join(_ALIAS.sub("", head).split()).removesuffix("._").removesuffix(".*")
    return module.start_point.row, path, " ".join(dict.fromkeys(filter(None, words)))


def _required(data: bytes, captures: Captures) -> list[ImportRow]:
    """Imports that look like calls: `require("x")`, `source x`."""
    found = []
    calls = captures.get("require", ())
    starts = [node.start_byte for node in calls]
    for module in captures.get("require.module", ()):
        place = bisect_right(starts, module.start_byte) - 1
        if place >= 0 and _text(data, calls[place]) in _REQUIRES:
            found.append(_import(data, module, ()))
    return found


def _last_word(text: str) -> str:
    words = _WORD.findall(text)
    return words[-1] if words else ""


def _text(data: bytes, node: Node) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")
