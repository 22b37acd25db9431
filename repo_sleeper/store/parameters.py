"""The parameters of a definition, taken apart at their commas."""

from __future__ import annotations

import re

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store.code import StoredSymbol
from repo_sleeper.store.namesakes import Reader

# What holds commas apart: `Map<K, V>`, where the arrow of a function is no bracket.
_BRACKET = re.compile(r"[-=]>|\w<(?!<)|.", re.DOTALL)
_VALUE = re.compile(r"[^=!<>]=[^=>]")
_RUBY = (".rb", ".rake")
_VALUE_OF_RUBY = re.compile(rf"{_VALUE.pattern}|^\s*\w+: *\S")  # `rate: 1`, where `rate:` has none
_PYTHON = (".py", ".pyi")
_CUT = 200  # characters of a signature that the index keeps
_REMARK = re.compile(r"/\*.*?\*/|(?<!\S)(?://|#)[^\n]*", re.DOTALL)


def assigned(symbol: StoredSymbol, read: Reader) -> list[str]:
    """The parameters of a definition that have a value, as written."""
    if symbol.path.endswith(_PYTHON) and symbol.kind is SymbolKind.CLASS:
        return []  # what stands in its brackets are parents
    parameters = _parameters(symbol.signature.partition("(")[2])
    if len(symbol.signature) >= _CUT:  # the rest stands in the file
        text = "\n".join(read(symbol.path)[symbol.range.start : symbol.range.end])
        head = re.search(rf"\b{re.escape(symbol.name)}\b[^(\n]*\(", text)
        written = _REMARK.sub("", text[head.end() :]) if head else ""
        cut = [*parameters[:-1], "and others = ..."]
        parameters = _parameters(written) if written else cut
    value = _VALUE_OF_RUBY if symbol.path.endswith(_RUBY) else _VALUE
    return [" ".join(part.split()) for part in parameters if value.search(part)]


def _parameters(text: str) -> list[str]:
    """What commas part, up to the bracket that closes the last list; those in brackets aside."""
    found, depth = [""], 0
    for bracket in _BRACKET.finditer(text):
        char, after = bracket[0], text[bracket.end() : bracket.end() + 1]
        depth += (char[-1] in "([{<") - (char in ")]}>")
        if depth < 0 and after != "(":
            break
        if depth < 0 or (char == "," and depth == 0):
            found.append("")
        elif not (char == "(" and depth == 0):  # else it opens the next list
            found[-1] += char
    return found
