"""Private keys over many lines: what lies between their marks is not shown; pure."""

from __future__ import annotations

from repo_sleeper.redact.known import mark
from repo_sleeper.redact.lazily import pattern

_BEGIN = pattern(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END = pattern(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_NUMBERED = pattern(r"[ \t]{0,80}(?:\d{1,9}\|[ \t]?)?")
_KEY_LINE = pattern(
    r"[\s\"'`,;()]*+(?:[A-Za-z0-9+/]*+={0,2}(?:\\[nr]){0,4}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment):.{0,200})[\s\"'`+,;\\()]*+"
)


def without_private_keys(text: str) -> tuple[str, int]:
    if "PRIVATE KEY" not in text:
        return text, 0
    lines, count, inside = [], 0, False
    for line in text.split("\n"):
        if inside and not _END.search(line) and not _is_key_line(line):
            inside = False
        shown, begun, inside = _without_key_material(line, inside=inside)
        count += begun
        lines.append(shown)
    return "\n".join(lines), count


def _is_key_line(line: str) -> bool:
    start = _NUMBERED.match(line)
    return _KEY_LINE.fullmatch(line, start.end() if start else 0) is not None


def _without_key_material(line: str, *, inside: bool) -> tuple[str, int, bool]:
    # Walks the BEGIN and END marks of one line; what lies between them is not shown.
    shown, at, count = "", 0, 0
    if inside:
        shown, at, inside = _without_continued_key(line)
        if inside:
            return shown, 0, True
    while begin := _BEGIN.search(line, at):
        shown += line[at : begin.start()] + mark("private-key")
        count += 1
        end = _END.search(line, begin.end())
        if end is None:
            return shown, count, True
        at = end.end()
    return shown + line[at:], count, False


def _without_continued_key(line: str) -> tuple[str, int, bool]:
    """What to show of a line inside a key, where the key ends in it, and whether it goes on."""
    start = _NUMBERED.match(line)
    shown = start.group() if start else ""
    end = _END.search(line)
    if end or line[len(shown) :].strip():
        shown += mark("private-key")
    return shown, end.end() if end else len(line), end is None
