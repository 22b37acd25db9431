"""What in a note's text cannot be trusted: orders, links, and names that nothing has."""

from __future__ import annotations

import builtins
import keyword
import re

# Detectors of this sort are known to miss much. They only make us less sure, never surer.
_ORDERS = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|above|previous)
    | \b(?:system|developer)\s+(?:prompt|message|role)\b | \byou\s+(?:must|should)\s+now\b
    | \b(?:as|you\s+are)\s+an?\s+(?:ai|assistant|agent|language\s+model)\b
    | \bdo\s+not\s+(?:tell|mention|show|reveal)\b | \b(?:always|never)\s+(?:answer|reply|respond)\b
    | [a-z][a-z0-9+.-]*:// | \bwww\.
    | \b(?:curl|wget|sudo|chmod|powershell|nc|bash\s+-c|sh\s+-c|rm\s+-rf?|pip\s+install
        |npm\s+install|eval\s*\$|base64\s+-d)\s | \|\s*(?:ba|z)?sh\b | \$\( | ```
    | [A-Za-z0-9+/]{60,} | [\ufffd\u200b-\u200f\u2060-\u2064\ufeff]
    | [\U000e0000-\U000e007f]
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_TICKED = re.compile(r"`([^`\n]{1,200})`")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PATH = re.compile(r"[\w.-]*(?:/[\w.-]+)+|[\w-]+\.(?:[a-z]{1,4}|toml|json|yaml)")
# A file of source in prose: of `shop/user_cart.py` the path exists or not, and not `user_cart`.
_FILE = re.compile(
    r"(?:[\w.-]+/)*[\w.-]*\w\.(?:pyi?|rb|rs|go|[cm]?[jt]sx?|java|kts?|cc?|cpp|hp?p?|cs|php|lua|swift|sh)"
    r"(?![\w(/]|\.\w)"
)
# snake_case, camelCase, PascalCase with two humps, or a call: what prose does not look like
_SHAPED = re.compile(
    r"\b(?:[a-z]+[a-z0-9]*[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[^\W\d_]\w*_\w+|_\w{2,})\b"
    r"|\b[^\W\d]\w*(?=\(\))"
)
# Names that every reader knows and no index has.
_WELL_KNOWN = """
self cls args kwargs this super null nil undefined true false void int float str bool bytes char
string double long short byte boolean object Object String Array Map Set Promise Option Result
Some Ok Err Vec Error Exception TypeError RangeError NaN NullPointerException panic defer
IllegalArgumentException IllegalStateException IndexOutOfBoundsException ClassCastException
ConcurrentModificationException const let var function new delete throw throws catch switch case
default unwrap JavaScript TypeScript GitHub SQLite PostgreSQL JSON HTML HTTP YAML TOML UTF stdout
stderr stdin utf GET POST PUT PATCH DELETE HEAD main init
"""
_COMMON = frozenset({*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *_WELL_KNOWN.split()})


def looks_like_orders(text: str) -> bool:
    """Whether the text commands, links, or hides something, which no note has reason to."""
    return _ORDERS.search(text) is not None


def code_names(text: str) -> set[str]:
    """The names and paths that the text says exist; well-known ones are left out.

    In backticks everything that can be a name counts; outside only what has the shape of one.
    """
    ticked = _TICKED.findall(text)
    names = {name for code in ticked for name in _names_in(code)}
    prose = _TICKED.sub(" ", text)
    names.update(file for file in _FILE.findall(prose) if _SHAPED.search(file))
    names.update(found.group() for found in _SHAPED.finditer(_FILE.sub(" ", prose)))
    return {name for name in names if name not in _COMMON and len(name) > 1}


def identifiers_in(line: str) -> list[str]:
    """Every name in a line of source, whatever the language."""
    return _IDENTIFIER.findall(line)


def _names_in(code: str) -> list[str]:
    code = code.strip()
    if _PATH.fullmatch(code):
        return [code]
    # A literal names nothing: neither the words of a message nor the letters of a format.
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", " ", code)
    return _IDENTIFIER.findall(bare)
