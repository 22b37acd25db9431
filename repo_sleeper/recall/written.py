"""What a question writes as code: places, frames of a trace, identifiers."""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = re.compile(r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|(?<!\w)'([^'\n]{1,200})'(?!\w)")
_FRAME = re.compile(r'File "([^"\n]{1,500})", line (\d{1,7})(?:, in (\w{1,200}))?')
# Routes have brackets in their paths, below the first folder: `src/routes/[slug]/page.ts`.
# No path is deep enough for the limits, that keep a text of nothing but brackets cheap.
_BRACKETED = r"\[{1,2}[\w.-]{1,99}\]{1,2}"
_BELOW = rf"(?:[\w.@+~-]|{_BRACKETED})"
# Both begin where no such run goes on: else each character of a long one is a beginning.
_PLACE = re.compile(
    r"(?<![\w.@+~/\\-])[/\\]?("
    rf"(?:[\w.@+~-]+[/\\](?:{_BELOW}+[/\\]){{0,40}}{_BELOW}*(?:\w|{_BRACKETED})|[\w.@+~-]*\w)"
    r"\.[A-Za-z]\w{0,9})(?:(?:[:(]|(?:,? (?:on )?|: ?)line )(\d{1,7}))?"
)
# A script may have no ending: `bin/serve: line 12: total: command not found`.
_FOLDER = re.compile(
    rf"(?<![\w/:.@+-])([\w.@+-]+(?:/{_BELOW}+){{1,40}})(?:(?::|: line )(\d{{1,7}}))?"
)
_SCHEME = re.compile(r"\bfile://(?=/)")
_CODE_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?:(?:\.|::|#|->)[^\W\d]\w*)*(?:\(\))?")
_SEPARATORS = re.compile(r"\.|::|#|->")
_WHOLE_NAME = re.compile(r"[^\W\d][\w.:#$>-]*(?:\(\)|[!?=])?")
# `save!`, `empty?` where the sentence goes on, `path=`: Ruby's names, or a sentence's own mark.
_MARKED = re.compile(
    r"(?<![\w.])(?:[^\W\d]\w*(?:\.|::|#))*([^\W\d]\w*(?:[!=](?![\w=>~])|\?(?=[,;]? *[a-z\d(])))"
)
_KIND = r"(?:class|constant|enum|function|interface|macro|method|struct|trait|type|variable)"
_SOUGHT = re.compile(
    r"\W*(?:(?:describe|explain|find|how|locate|show|what|where)(?:'s| are| does| is| me)? )?"
    r"(?:the )?"
    r"(?P<of>(?:declaration|definition|implementation)s? of (?:the )?)?"
    rf"(?P<kind>{_KIND} )?(?P<name>[^\W\d]\w{{1,199}})(?P<after> {_KIND})?"
    r"(?P<end> (?:is |are )?(?:declared|defined|implemented|located))?(?: (?:do|live|work))?\W*",
    re.IGNORECASE,
)
_INNER_CAPITAL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")
_FEWEST_LETTERS = 3  # of a lone word that may be a name


class Place(NamedTuple):
    """A path as a person writes it, perhaps with a 1-based line."""

    path: str
    line: int | None = None


def places_in(text: str) -> list[Place]:
    """Every place in the order written: each line of a file, or the file where no line is said."""
    text = _SCHEME.sub("", text)  # Kotlin's compiler and many a terminal write addresses
    found = [Place(path, int(line)) for path, line, _ in _FRAME.findall(text)]
    for pattern in (_PLACE, _FOLDER):
        found += [Place(path, int(line) if line else None) for path, line in pattern.findall(text)]
    tidied = [Place(_tidied(path), line) for path, line in found]
    with_line = {path for path, line in tidied if line is not None}
    places = (one for one in tidied if one.path and (one.line or one.path not in with_line))
    return list(dict.fromkeys(places))


def _tidied(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./").strip("/")


def names_in(text: str) -> list[str]:
    """Identifiers that were clearly meant as such: functions of frames, quoted, spelt as code.

    A question that is one word and nothing else asks for what is called so.
    """
    frames = [name for _, _, name in _FRAME.findall(text) if name]
    lone = text.strip()
    alone = [lone] if len(lone) >= _FEWEST_LETTERS and lone.isidentifier() else []
    rest = _PLACE.sub(_unless_path, _SCHEME.sub("", text))
    return list(dict.fromkeys([*frames, *_quoted(text), *_spelt(rest), *alone]))


def marked_in(text: str) -> list[str]:
    """Words with a mark after them that is part of their name where such a name exists."""
    return list(dict.fromkeys(_MARKED.findall(text)))


class Sought(NamedTuple):
    """The one word that a question is about, and whether it says that this is a definition."""

    name: str
    is_sure: bool


def sought_in(text: str) -> Sought | None:
    """`total` of "where is total defined?" and of "what does the function total do"."""
    found = _SOUGHT.fullmatch(text)
    if found is None:
        return None
    return Sought(found["name"], any(found[part] for part in ("of", "kind", "after", "end")))


def _unless_path(found: re.Match[str]) -> str:
    """`shop/cart.py` is a path and no name; `shop.Cart` may be either."""
    return " " if "/" in found[1] or found[2] else found[0]


def _quoted(text: str) -> list[str]:
    spans = [next(part for part in found if part) for found in _QUOTED.findall(text)]
    return [name for span in spans if _WHOLE_NAME.fullmatch(span) for name in _last(span)]


def _spelt(text: str) -> list[str]:
    return [name for found in _CODE_NAME.findall(text) if is_code(found) for name in _last(found)]


def is_code(name: str) -> bool:
    """Whether a word is spelt as only identifiers are."""
    bare = name.strip("_")
    return (
        name.endswith("()")
        or "_" in bare
        or "::" in name
        or "->" in name
        or "." in bare
        or _INNER_CAPITAL.search(bare) is not None
    )


def _last(name: str) -> list[str]:
    """`shop.Cart.total()` -> total, Cart: the last parts are what is defined somewhere."""
    pieces = [piece for piece in _SEPARATORS.split(name.removesuffix("()")) if piece]
    return pieces[:-3:-1]
