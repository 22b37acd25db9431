"""Files that hold other languages: which lines of them are written in which.

Pure. A region names bytes of the outer file, so that whatever is found in it has the line that a
person sees. Regions of text are named too: together they cover the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from repo_sleeper.index.languages import BY_NAME, TEXT, language_named

Span = tuple[int, int]  # as in `syntax`, which this module does not need

_ALIASES = {
    "bat": TEXT,
    "c#": "csharp",
    "c++": "cpp",
    "golang": "go",
    "ipython": "python",
    "ipython3": "python",
    "node": "javascript",
    "pycon": "python",
    "pypy": "python",
    "python2": "python",
    "python3": "python",
    "rscript": TEXT,
    "sage": "python",
    "shell": "bash",
    "typescriptreact": "tsx",
    "javascriptreact": "javascript",
}
_FENCE = re.compile(rb"((?:[ \t]*>)*)([ \t]*)(`{3,}|~{3,})[ \t]*([^`\r\n]*)")
_INFO = re.compile(r"[\w.+#-]+")
_PROMPT = re.compile(rb"[ \t]*(?:>>>|\.\.\.)(?: |(?=\r?$))")
_TAG = rb"""<(/?)(script|style|template)\b((?:[^>"']|"[^"]*"|'[^']*')*)>"""
_OPENED = re.compile(rb"<!--|" + _TAG, re.IGNORECASE)
_SCRIPT_END = re.compile(rb"</script\s*>", re.IGNORECASE)
_LANG = re.compile(rb"""\blang\s*=\s*["']?([\w+#-]+)""", re.IGNORECASE)
_TYPE = re.compile(rb"""\btype\s*=\s*["']?([\w/+.-]+)""", re.IGNORECASE)
_SCRIPT_TYPES = frozenset({"module", "text/javascript", "application/javascript"})


class Region(NamedTuple):
    """Lines of a file in one language: `start` and `end` are rows, `spans` what to parse of them.

    A region of text has no spans.
    """

    language: str
    start: int
    end: int
    spans: tuple[Span, ...] = ()


def language_called(name: str) -> str:
    """The language that people mean by a word such as `py`, `C++17` or `ipython3`."""
    plain = name.lower()
    for one in (plain, plain.rstrip("0123456789.")):
        found = _ALIASES.get(one) or (one if one in BY_NAME else language_named(f"a.{one}"))
        if found in BY_NAME:
            return found
    return TEXT


# --- Markdown -----------------------------------------------------------------------------------


class _Fence(NamedTuple):
    row: int
    quotes: int  # how many `>` stand before it
    indent: int
    mark: bytes
    info: bytes


def fenced(data: bytes, lines: Sequence[int]) -> list[Region]:
    """The fenced blocks of a Markdown file that are in a language we read.

    A fence is closed by one of the same character that is at least as long, so what looks like a
    fence inside is content; one that is never closed runs to the end of its quotation or file.
    """
    regions: list[Region] = []
    opened: _Fence | None = None
    for row in range(len(lines) - 1):
        line = data[lines[row] : lines[row + 1]]
        if opened is not None and (_closes(line, opened) or _leaves(line, opened)):
            regions += _block(data, lines, opened, row)
            opened = None if _closes(line, opened) else _opening(line, row)
        elif opened is None and (b"```" in line or b"~~~" in line):
            opened = _opening(line, row)
    return regions if opened is None else [*regions, *_block(data, lines, opened, len(lines) - 1)]


def _opening(line: bytes, row: int) -> _Fence | None:
    found = _FENCE.match(line)
    if found is None:
        return None
    return _Fence(row, found[1].count(b">"), len(found[2]), found[3], found[4])


def _leaves(line: bytes, opened: _Fence) -> bool:
    """Whether what the fence was quoted in is over."""
    return bool(opened.quotes) and line.lstrip()[:1] != b">"


def _closes(line: bytes, opened: _Fence) -> bool:
    if _leaves(line, opened):
        return False
    found = _FENCE.match(line)
    return found is not None and found[3].startswith(opened.mark) and not found[4].strip()


def _block(data: bytes, lines: Sequence[int], fence: _Fence, end: int) -> Iterator[Region]:
    word = _INFO.search(_said(fence.info))
    language = language_called(word[0].strip(".")) if word else TEXT
    spans = tuple(_inside(data, lines, fence, end)) if language != TEXT else ()
    if language == "python":
        spans = _without_prompts(data, spans)
    if spans:
        yield Region(language, fence.row + 1, end, spans)


def _said(info: bytes) -> str:
    """What an info string names: `{.python}` and `{code-cell} ipython3` name Python."""
    return info.decode("utf-8", "replace").replace("{code-cell}", "").replace("{code-block}", "")


def _inside(data: bytes, lines: Sequence[int], fence: _Fence, end: int) -> Iterator[Span]:
    """Each line without the quotation marks and the indentation that the fence has."""
    for row in range(fence.row + 1, end):
        at, last = lines[row], lines[row + 1]
        for _ in range(fence.quotes):
            at = _after_quote(data, at, last)
        limit = min(at + fence.indent, last)
        while at < limit and data[at : at + 1] in (b" ", b"\t"):
            at += 1
        if at < last:
            yield at, last


def _after_quote(data: bytes, at: int, end: int) -> int:
    place = data.find(b">", at, end)
    return at if place < 0 or data[at:place].strip() else place + 1


def _without_prompts(data: bytes, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Of a session with prompts only what was typed; anything else as it is."""
    first = next((data[a:b] for a, b in spans if data[a:b].strip()), b"")
    if not first.lstrip().startswith(b">>>"):
        return spans
    typed = ((a, b, _PROMPT.match(data, a, b)) for a, b in spans)
    return tuple((found.end(), b) for _, b, found in typed if found is not None)


# --- Vue and Svelte -----------------------------------------------------------------------------


def scripts(data: bytes, lines: Sequence[int]) -> list[Region]:
    """The scripts of a single-file component, and what lies around them as text."""
    regions: list[Region] = []
    row = 0
    for start, end, language in _script_spans(data):
        first = bisect_right(lines, start) - 1
        last = min(bisect_right(lines, max(end - 1, start)), len(lines) - 1)
        first = max(first, row)
        if row < first:
            regions.append(Region(TEXT, row, first))
        regions.append(Region(language, first, last, ((start, end),)))
        row = max(last, row)
    if row < len(lines) - 1:
        regions.append(Region(TEXT, row, len(lines) - 1))
    return regions


def _script_spans(data: bytes) -> Iterator[tuple[int, int, str]]:
    at = 0
    while (found := _OPENED.search(data, at)) is not None:
        at = found.end()
        if found[0] == b"<!--":
            closed = data.find(b"-->", at)
            at = len(data) if closed < 0 else closed
        elif not found[1] and found[2].lower() == b"script" and not found[3].endswith(b"/"):
            end = _SCRIPT_END.search(data, at)
            start, at = at, len(data) if end is None else end.start()
            language = _script_language(found[3])
            if language != TEXT and data[start:at].strip():
                yield start, at, language


def _script_language(attributes: bytes) -> str:
    said, kind = _LANG.search(attributes), _TYPE.search(attributes)
    if said is not None:
        return language_called(said[1].decode())
    if kind is None or kind[1].decode().lower() in _SCRIPT_TYPES:
        return "javascript"
    return language_called(kind[1].decode().rpartition("/")[2])
