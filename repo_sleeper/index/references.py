"""Captures to references and imports: which names a file uses, where, and where they come from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tree_sitter import Node

from repo_sleeper.index.definitions import Definition
from repo_sleeper.index.syntax import END, START, Captures, text_of

# Capture -> kind of reference; of a name captured twice the first counts.
KINDS = {
    "call": "call",
    "element": "call",
    "macro_use": "call",
    "inherit": "inherit",
    "type_use": "type",
    "import.name": "import",
    "required": "import",  # const { total } = require("./cart")
    "token": "call",
    "value": "value",
    "sent": "call",
    "bare": "call",
}
_UNSURE = frozenset({"element", "import.name", "value", "sent", "bare"})  # see `_name`
_CALLABLE = frozenset({"class", "declaration", "function"})
_METHODS = frozenset({"function", "method"})
_NAME_MAX = 200
_QUOTES = " \t\r\n\"'`<>;"
_REQUIRES = frozenset({"require", "require_relative", "load", "source", "."})
_KEYWORD = re.compile(r"^(?:import|use)\s+")
_ALIAS = re.compile(r"(?:\s+as\s+|\s*=>\s*).*", re.DOTALL)
_BRACES = re.compile(r"[{},;]|[^{},;]+")
_CALLED = re.compile(rb"(?:::<[^(){};]*>)?\(")  # `total(` and `total::<u8>(`
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
    certain = _certain(data, found, captures)
    for capture, kind in KINDS.items():
        nodes = captures.get(capture, ())
        for start, end in zip(map(START, nodes), map(END, nodes), strict=True):
            if start in seen or (capture == "token" and not _CALLED.match(data, end)):
                continue
            seen.add(start)
            name = data[start:end]
            if capture in _UNSURE and not (name := _name(capture, name, certain)):
                continue
            place = (symbols[bisect_right(starts, start) - 1], kind)
            line = bisect_right(lines, start) - 1
            uses.setdefault(name, {}).setdefault(place, []).append(line)
    return [
        (name.decode("utf-8", "replace"), _places(places))
        for name, places in uses.items()
        if 0 < len(name) <= _NAME_MAX
    ]


def _name(capture: str, written: bytes, certain: Mapping[str, frozenset[bytes]]) -> bytes:
    """The name that is used; nothing where what is written is none."""
    if capture == "import.name":
        return _last_word(written.decode("utf-8", "replace")).encode()
    if capture == "sent":
        return written.lstrip(b":")  # `send(:total)` calls total
    if capture == "element":
        return b"" if written.islower() else written  # <div> is HTML's
    # Else a variable, as far as this file tells.
    return written if written in certain[capture] else b""


def _certain(
    data: bytes, found: Sequence[Definition], captures: Captures
) -> dict[str, frozenset[bytes]]:
    """The names of which a file tells for certain that they are no variables, by capture."""
    certain = {}
    if "value" in captures:
        certain["value"] = _known(data, found, captures)
    if "bare" in captures:
        certain["bare"] = _own_methods(data, found, captures)
    return certain


def _own_methods(data: bytes, found: Sequence[Definition], captures: Captures) -> frozenset[bytes]:
    """Methods of a file that no variable of it is called like: Ruby calls them by name alone."""
    variables = {data[one.start_byte : one.end_byte] for one in captures.get("variable", ())}
    methods = {one.name.encode() for one in found if one.kind in _METHODS}
    return frozenset(methods - variables)


def _known(data: bytes, found: Sequence[Definition], captures: Captures) -> frozenset[bytes]:
    """Names that a file defines as something to call, or takes from elsewhere by name.

    Only of these it is certain that a name given as a value is no local variable, and that it is
    worth a row.
    """
    own = (one.name.encode() for one in found if one.kind in _CALLABLE)
    nodes = (*captures.get("import.name", ()), *captures.get("required", ()))
    taken = (data[one.start_byte : one.end_byte] for one in nodes)
    return frozenset((*own, *taken))


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
        row
        for node, names in _with_names(
            captures.get("import.module", ()),
            captures.get("import.name", ()),
            captures.get("import", ()),
        )
        for row in _import(data, node, names)
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


def _import(data: bytes, module: Node, names: Sequence[Node]) -> Iterator[ImportRow]:
    text, row = _KEYWORD.sub("", text_of(data, module)), module.start_point.row
    if "{" in text:  # use shop::{cart, prices::{List, Total}}; the names are inside
        for path, taken in _braced(text.strip(_QUOTES)).items():
            yield row, _path(path), " ".join(dict.fromkeys(filter(None, map(_last_word, taken))))
        return
    # <x.h> is not looked for beside the file, so its brackets are part of what is written.
    path = text.strip() if module.type == "system_lib_string" else text.strip(_QUOTES)
    words = (_last_word(text_of(data, node)) for node in names)
    yield row, _path(path), " ".join(dict.fromkeys(filter(None, words)))


def _path(text: str) -> str:
    return "".join(_ALIAS.sub("", text).split()).removesuffix("._").removesuffix(".*")


def _braced(text: str) -> dict[str, list[str]]:
    """Module -> names, of an import that has some in braces, and braces in them."""
    found: dict[str, list[str]] = {}
    prefixes, said = [""], ""
    for part in _BRACES.findall(text):
        if part == "{":
            prefixes.append(prefixes[-1] + said)
        elif said:
            _take(found, prefixes[-1], said)
        if part == "}" and len(prefixes) > 1:
            prefixes.pop()
        said = "" if part in "{},;" else _ALIAS.sub("", part).strip()
    if said:
        _take(found, prefixes[-1], said)
    return found


def _take(found: dict[str, list[str]], prefix: str, said: str) -> None:
    inner, _, name = said.rpartition("::")
    path = f"{prefix}{inner}".rstrip(":.\\ \t\r\n")
    found.setdefault(path, []).append(name)


def _required(data: bytes, captures: Captures) -> list[ImportRow]:
    """Imports that look like calls: `require("x")`, `source x`."""
    found: list[ImportRow] = []
    calls = captures.get("require", ())
    starts = [node.start_byte for node in calls]
    for module in captures.get("require.module", ()):
        place = bisect_right(starts, module.start_byte) - 1
        if place >= 0 and text_of(data, calls[place]) in _REQUIRES:
            found += _import(data, module, ())
    return found


def _last_word(text: str) -> str:
    words = _WORD.findall(text)
    return words[-1] if words else ""
