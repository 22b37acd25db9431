"""Pointers as lines: a file with its reasons, its best definitions, the names of others; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.domain.recall import FileHit, SymbolHit
from repo_sleeper.recall import pointers

SIGNED = 3  # definitions of a file that are shown as they are written; of others the name
LISTED = 240  # characters of those names
_FILES = 12
_SIGNATURE = 80
_BROKEN = re.compile(r"(?<=[(\[]) |,? (?=[)\]])")  # what is left of a signature's line breaks
_WORDED = pointers.TELLING | {SymbolKind.MODULE}
_KEYWORDS = frozenset(
    {"class", "def", "enum", "fn", "fun", "func", "function", "interface", "module", "namespace"}
    | {"struct", "trait", "type", "union"}
)


def blocks(
    files: Sequence[FileHit], symbols: Sequence[SymbolHit], also: Mapping[str, Sequence[SymbolHit]]
) -> list[list[str]]:
    """Of each file its line, its best symbols, and in one line the names of all it may be told."""
    by_path = pointers.grouped(symbols)
    told = []
    for number, hit in enumerate(files[:_FILES], 1):
        # A field or a constant is told enough by its name.
        found = sorted(by_path.get(hit.path, ()), key=lambda one: one.kind not in pointers.TELLING)
        names = _some([_placed(one) for one in (*found, *also.get(hit.path, ()))])
        told.append([_file_line(number, hit), *map(_symbol_line, found[:SIGNED]), names])
    return told


def _some(names: Sequence[str]) -> str:
    """As many as may be shown: what is never shown need not be washed."""
    room = accumulate((len(name) + 2 for name in names[SIGNED:]), initial=0)
    kept = sum(1 for used in room if used <= LISTED)
    return ", ".join(names[: SIGNED + kept])


def _placed(one: SymbolHit) -> str:
    return f"{one_line(one.name.rpartition('.')[2])} {one.range.start + 1}"


def _file_line(number: int, hit: FileHit) -> str:
    why = "; ".join(one_line(reason) for reason in hit.why)
    return f"{number}. {one_line(hit.path)}" + (f" -- {why}" if why else "")


def _symbol_line(symbol: SymbolHit) -> str:
    first, last = symbol.range.start + 1, symbol.range.end
    place = str(first) if last <= first else f"{first}-{last}"
    text = _named(one_line(symbol.name.rpartition(".")[2]), signature(symbol.signature))
    owner = one_line(symbol.name.rpartition(".")[0])
    kind = "" if _tells_kind(symbol.kind, text) else symbol.kind.value
    said = (kind, f"({owner})" if owner else "", text)
    return f"   {place} {' '.join(one for one in said if one)}"


def _named(name: str, text: str) -> str:
    """A signature, after the name where it does not say it: `typedef struct` has its name below."""
    if not text or _is_said(name, text):
        return text or name
    return signature(f"{name}: {text}")


def _is_said(name: str, text: str) -> bool:
    if re.fullmatch(r"\w+", name):
        return re.search(rf"\b{name}\b", text) is not None
    return name.replace(" ", "") in text.replace(" ", "")  # an operator, however it is spaced


def signature(written: str) -> str:
    """A signature on one line, without the white space that broke it, and cut where it is long."""
    line = _BROKEN.sub("", one_line(written))
    return line if len(line) <= _SIGNATURE else f"{line[: _SIGNATURE - 3].rstrip()}..."


def _tells_kind(kind: SymbolKind, text: str) -> bool:
    """Whether the language's own word says what it is: `class Cart` need not be called a class."""
    return kind in _WORDED and any(word in _KEYWORDS for word in text.split()[:3])


def one_line(text: str) -> str:
    """Text of the repository as part of a line of ours."""
    return " ".join(text.split())
