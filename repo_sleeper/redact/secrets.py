"""Takes every secret we can recognise out of a text, and keeps its lines."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

from repo_sleeper.redact.known import KNOWN

_FEW_CHARACTERS = 3  # `aaaa`, `xxxx-xxxx`: nobody's secret
_PASSWORD_LENGTH = 6
_PASSWORD_BITS = 2.0  # per character
_RANDOM_LENGTH = 12
_RANDOM_BITS = 3.0
_ROUNDS = 20

# Everyrepetition below is bounded, possessive, or ends its pattern: no line can make this slow.

_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{10,}+\.eyJ[\w-]{10,}+\.[\w-]{10,}+")
_URL = re.compile(r"(://[^\s:/@\"'`<>\u2039]{0,100}:)([^\s/@\"'`<>\u2039]{1,200})(?=@)")
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)[ \t]{1,4})([A-Za-z0-9._~+/-]{16,500}+={0,2})")

_WORDS = (
    r"passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[_-]?keys?|access[_-]?keys?"
    r"|private[_-]?keys?|auth[_-]?keys?|signing[_-]?keys?|encryption[_-]?keys?|credentials?"
)
_QUOTED = re.compile(
    rf"(?i)({_WORDS})((?:_[a-z0-9_]{{1,30}})?[\"'\]]{{0,2}}[ \t]{{0,8}}(?::[ \t]{{0,2}}str)?"
    r"[ \t]{0,8}(?::=|=>|==|=|:)[ \t]{0,8}[bfru]{0,2}[\"'`])"
    r"([^\"'`\r\n\u2039\u203a]{4,300})(?=[\"'`])"
)
_UNQUOTED = re.compile(
    rf"(?i)({_WORDS})((?:_[a-z0-9_]{{1,30}})?[ \t]{{0,8}}[=:][ \t]{{0,4}})"
    r"([^\s\"'`#\u2039\u203a(){}\[\];,<>]{6,300})(?=[ \t]{0,20}(?:$|[#&;]))",
    re.MULTILINE,
)
_PLACEHOLDER = re.compile(
    r"(?i)(?:x{3,}|[*.]{3,}|<|\$|%|\{|@|your|my[_-]|example|sample|change[_-]?me|replace|placeholder"
    r"|dummy|fake|todo|redacted|none$|null$|true$|false$|undefined$|https?:|/)"
)
_WORDY = re.compile(r"[_.:/-]?[A-Za-z]{1,30}\d{0,2}(?:[_.:/-]{1,2}[A-Za-z]{0,30}\d{0,2})*")

_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_NUMBERED = re.compile(r"[ \t]{0,80}(?:\d{1,9}\|[ \t]?)?")
_KEY_LINE = re.compile(
    r"[\s\"'`,;()]*+(?:[A-Za-z0-9+/]*+={0,2}(?:\\[nr]){0,4}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment):.{0,200})[\s\"'`+,;\\()]*+"
)


def redact(text: str) -> tuple[str, int]:
    """The text with every secret we can recognise replaced, and how many there were.

    Idempotent, and the number of lines never changes. What is replaced reads `SECRET:kind` in
    single angle quotes.
    """
    total = 0
    for _ in range(_ROUNDS):  # taking one out may lay its neighbour bare
        text, count = _redacted_once(text)
        total += count
        if not count:
            break
    return text, total


def _redacted_once(text: str) -> tuple[str, int]:
    text, count = _without_private_keys(text)
    for rule in KNOWN:
        if rule.hint in text:
            text, found = rule.pattern.subn(_mark(rule.kind), text)
            count += found
    for step in (_without_jwt, _without_url_passwords, _without_bearers, _without_assignments):
        text, found = step(text)
        count += found
    return text, count


def _mark(kind: str) -> str:
    return f"\u2039SECRET:{kind}\u203a"


def _without_private_keys(text: str) -> tuple[str, int]:
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
        shown += line[at : begin.start()] + _mark("private-key")
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
        shown += _mark("private-key")
    return shown, end.end() if end else len(line), end is None


def _without_jwt(text: str) -> tuple[str, int]:
    return _JWT.subn(_mark("jwt"), text) if "eyJ" in text else (text, 0)


def _without_url_passwords(text: str) -> tuple[str, int]:
    return _replaced(text, _URL, "url-password", lambda found: not _is_placeholder(found.group(2)))


def _without_bearers(text: str) -> tuple[str, int]:
    return _replaced(text, _BEARER, "bearer", lambda found: _is_random(found.group(2)))


def _without_assignments(text: str) -> tuple[str, int]:
    text, quoted = _replaced(text, _QUOTED, "assigned", _is_secret_assignment)
    text, unquoted = _replaced(text, _UNQUOTED, "assigned", _is_secret_assignment)
    return text, quoted + unquoted


def _replaced(
    text: str, pattern: re.Pattern[str], kind: str, wanted: Callable[[re.Match[str]], bool]
) -> tuple[str, int]:
    # The secret is the last group; everything before it stays.
    count = 0

    def replacement(found: re.Match[str]) -> str:
        nonlocal count
        if not wanted(found):
            return found.group()
        count += 1
        start = found.start(found.re.groups) - found.start()
        return found.group()[:start] + _mark(kind)

    return pattern.sub(replacement, text), count


def _is_secret_assignment(found: re.Match[str]) -> bool:
    word, value = found.group(1).lower(), found.group(3)
    if word.startswith("pass") or word == "pwd":
        return _is_password(value)
    return _is_random(value)


def _is_placeholder(value: str) -> bool:
    formatted = "{" in value and "}" in value
    return formatted or _PLACEHOLDER.match(value) is not None or len(set(value)) < _FEW_CHARACTERS


def _is_password(value: str) -> bool:
    if _is_placeholder(value) or " " in value:
        return False
    if value.replace("_", "").replace("-", "").isalpha():
        return False  # a word or a name: `password = "password"`
    return len(value) >= _PASSWORD_LENGTH and _entropy(value) >= _PASSWORD_BITS


def _is_random(value: str) -> bool:
    """Whether it looks drawn by lot rather than written: long, mixed, and not words."""
    if (
        len(value) < _RANDOM_LENGTH
        or " " in value
        or _is_placeholder(value)
        or _WORDY.fullmatch(value)
    ):
        return False
    mixed = any(char.isdigit() for char in value) or (value.lower() != value != value.upper())
    return mixed and _entropy(value) >= _RANDOM_BITS


def _entropy(value: str) -> float:
    """Bits per character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
