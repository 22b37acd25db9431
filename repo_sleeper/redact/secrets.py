"""Takes every secret we can recognise out of a text, and keeps its lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from repo_sleeper.redact.known import KNOWN, mark
from repo_sleeper.redact.lazily import pattern
from repo_sleeper.redact.private_keys import without_private_keys
from repo_sleeper.redact.values import (
    CODE,
    is_amid_password,
    is_bare_password,
    is_password,
    is_placeholder,
    is_quoted_password,
    is_random,
)

MOST_SECRETS = 10  # a file with more than this is a store of secrets, not code with one in it

_ROUNDS = 20

# Every repetition below is bounded, possessive, or ends its pattern: no line can make this slow.

_JWT = pattern(r"(?<![\w-])eyJ[\w-]{10,}+\.eyJ[\w-]{10,}+\.[\w-]{10,}+")
_URL = pattern(
    r"(://[^\s:/@\"'`<>\u2039]{0,100}:)"
    r"((?!\d{1,5}[/?#])[^\s@\"'`<>\u2039]{1,200}(?:@[^\s/@\"'`<>\u2039?#,;:&|()\[\]{}]{1,100}){0,4})"
    r"(?=@)"
)
_BEARER = pattern(
    r"(?i)(\b(?:bearer|basic|authorization[\"']{0,2}[ \t]{0,8}[:=,][ \t]{0,8}[\"']?[a-z-]{1,20})"
    r"[ \t]{1,4})([A-Za-z0-9._~+/-]{16,500}+={0,2})"
)

# What a name gives away: the name, and the forms in which its value may follow.
_NAME = pattern(
    r"(?i)(?P<flag>(?<![\w-])--(?:[a-z0-9]{1,20}[_-]){0,4})?(?<!\u2039)"
    r"(?:(?P<password>passwords?|passwd|passphrase|pwd|(?<![a-z])pass(?![a-z])"
    r"|(?-i:(?<=[a-z0-9])Pass(?![a-z])|(?<=[A-Z])(?<!BY)(?<!COM)PASS(?![A-Za-z])))"
    r"|(?:(?:api|app|access|private|auth|signing|encryption|secret|account|master|shared|consumer)"
    r"[_-]?key|secret|token|credential)s?)"
    r"(?:_[a-z0-9_]{1,30}+|(?-i:[A-Z][A-Za-z0-9]{0,30}+))?"
)
_ROOTS = ("pass", "pwd", "key", "secret", "token", "credential")  # one is in every such name
_AFTER_NAME = frozenset("\"'`\\]= \t:(,><|?+\r\n")
_CLOSE = r"(?:\\{0,2}[\"'`])?\]?"
_GAP = r"[ \t]{0,40}"
_NEXT_LINE = r"(?:\\?\r?\n[ \t]{0,80}(?:\d{1,9}\|[ \t]{0,80})?)?"  # which may be numbered
_TYPE = r"(?::[ \t]{0,2}[\w.&'][\w.\[\]| <>,&']{0,60}(?==))?"
_GIVES = r"(?::=|=>|={1,3}|:|\|\|=|\?\?=|\?=|\+=|<-)"
_QUOTED = (
    r"[bfru@$]{0,2}(?P<quote>\\{0,2}(?:\"\"\"|'{3}|[\"'`]))"
    rf"(?:(?<=\"\"\"|'{{3}})[ \t]{{0,8}}{_NEXT_LINE})?"
    r"(?P<value>(?:(?!(?P=quote))(?:\\.|[^\r\n\\\u2039\u203a])){4,300}+)"
    rf"(?={_NEXT_LINE}(?P=quote))"
)
_BARE = r"(?P<value>(?!#)(?:[^\s\"'`\u2039\u203a(){}\[\];,<>]|,(?![\s\"'`]|$)){6,300}+)"

_ASSIGNED = pattern(rf"(?i){_CLOSE}{_GAP}{_TYPE}{_GIVES}{_GAP}(?:\({_NEXT_LINE})?{_QUOTED}")
_GIVEN = pattern(  # f("it"), f("name", "it"), NAME "it"
    rf"(?i)(?:\({_GAP}|\\{{0,2}}[\"'`]{_GAP},{_GAP}|(?<!pass)[ \t]{{1,4}}(?!`)){_QUOTED}"
)
_VALUE = pattern(
    rf"(?i){_CLOSE}{_GAP},?{_GAP}{_NEXT_LINE}\\?[\"']?value\\?[\"']?{_GAP}[=:]{_GAP}\\?[\"']?"
    r"(?P<value>[^\s\"'`<>\\\u2039\u203a]{6,300}+)(?![\u2039\u203a])"
)
_ELEMENT = pattern(r">[ \t]{0,8}(?P<value>[^\s<>\u2039\u203a]{4,300}+)(?=\s{0,8}</)")
_ENDED = pattern(
    rf"{_CLOSE}{_GAP}[=:]{_GAP}{_BARE}(?=[ \t]{{0,20}}(?:\r?$|[;\"'`]|[ \t]#))", re.MULTILINE
)
_FOLLOWED = pattern(rf"={_BARE}(?=(?<!,)[ \t])")  # a=1 password=it b=2
_AMIDST = pattern(
    rf"{_CLOSE}{_GAP}[=:]{_GAP}(?P<value>[^\s\"'`\u2039\u203a(){{}}\[\];,<>]{{6,300}}+)(?=[, \t])"
)
_FLAG = pattern(rf"(?:=|[ \t]{{1,4}})[\"'`]?{_BARE}")

# What a place gives away, the value last.
_AUTH = pattern(
    r"(?i)(auth[ \t]{0,4}(?:=[ \t]{0,4}[\w.]{0,60})?[(\[][ \t]{0,4}[^\s()\[\],]{1,80},[ \t]{0,4}"
    r"[bfru]?[\"'])([^\s\"'\u2039\u203a]{4,300}+)(?=[\"'])"
)
_IDENTIFIED = pattern(
    r"(?i)(\bidentified[ \t]{1,4}(?:with[ \t]{1,4}\S{1,60}[ \t]{1,4})?by[ \t]{1,4}"
    r"(?:password[ \t]{1,4})?\\?[\"'])([^\s\"'\u2039\u203a\\]{4,300}+)(?=\\?[\"'])"
)
_DATABASE_TOOL = pattern(
    r"(\b(?:mysql|mariadb|sshpass)[a-z_-]{0,20}+(?:[ \t]{1,4}(?!-p)[^\s|;&]{1,80}+){0,12}+"
    r"[ \t]{1,4}-p[ \t]?[\"']?)([^\s\"'`\u2039\u203a|;&<>)]{4,300}+)"
)
_USER_OPTION = pattern(
    r"((?<![\w-])(?:-u|--user|--proxy-user)[ \t=]{0,4}[\"']?[^\s:\"'`\u2039\u203a]{1,80}:)"
    r"([^\s\"'`\u2039\u203a|;<>)]{4,300}+)"
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
    text, count = without_private_keys(text)
    for rule in KNOWN:
        if rule.hint in text:
            text, found = rule.pattern.subn(mark(rule.kind), text)
            count += found
    for step in (
        _without_jwt,
        _without_url_passwords,
        _without_bearers,
        _without_placed,
        _without_assignments,
    ):
        text, found = step(text)
        count += found
    return text, count


def _without_jwt(text: str) -> tuple[str, int]:
    return _JWT.subn(mark("jwt"), text) if "eyJ" in text else (text, 0)


def _without_url_passwords(text: str) -> tuple[str, int]:
    if "://" not in text:
        return text, 0
    return _replaced(text, _URL, "url-password", lambda found: not is_placeholder(found.group(2)))


def _without_bearers(text: str) -> tuple[str, int]:
    if not _speaks_of(("bearer", "basic", "authorization"), text):
        return text, 0
    return _replaced(text, _BEARER, "bearer", lambda found: is_random(found.group(2)))


def _without_placed(text: str) -> tuple[str, int]:
    count = 0
    for hint, form in _PLACED:
        if _speaks_of((hint,), text):
            text, found = _replaced(
                text, form, "assigned", lambda found: is_password(found.group(2))
            )
            count += found
    return text, count


def _without_assignments(text: str) -> tuple[str, int]:
    kept: list[str] = []
    at = 0
    for name in _names(text):
        if name.start() < at or text[name.end() : name.end() + 1] not in _AFTER_NAME:
            continue
        span = _value_of(name)
        if span is not None:
            kept += text[at : span[0]], mark("assigned")
            at = span[1]
    return "".join((*kept, text[at:])), len(kept) // 2


def _names(text: str) -> Iterator[re.Match[str]]:
    """Names that give a value away; no name goes over a line, and few lines can have one."""
    start = 0
    for line in _folded(text).split("\n"):
        end = start + len(line)
        if any(root in line for root in _ROOTS):
            yield from _NAME.finditer(text, start, end)
        start = end + 1


def _speaks_of(words: Sequence[str], text: str) -> bool:
    """Whether one of the words is in the text, in whatever case the patterns take it."""
    folded = _folded(text)
    return any(word in folded for word in words)


def _folded(text: str) -> str:
    """The text as the patterns compare it, character by character."""
    if text.isascii():
        return text.lower()
    # Beyond ASCII four characters count as letters of it when case is ignored.
    return text.replace("\u0130", "i").lower().replace("\u0131", "i").replace("\u017f", "s")


def _value_of(name: re.Match[str]) -> tuple[int, int] | None:
    """Where the secret of this name is."""
    by_lot = name["password"] is None
    for form, judge in _FORMS:
        if form is _FLAG and not name["flag"]:
            continue
        found = form.match(name.string, name.end())
        if found is None:
            continue
        value = found["value"]
        code = by_lot and form in _UNQUOTED and CODE.fullmatch(value)
        if not code and (is_random if by_lot else judge)(value):
            return found.span("value")
    return None


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
        return found.group()[:start] + mark(kind)

    return pattern.sub(replacement, text), count


_FORMS = (
    (_ASSIGNED, is_quoted_password),
    (_GIVEN, is_password),
    (_VALUE, is_bare_password),
    (_ELEMENT, is_password),
    (_ENDED, is_bare_password),
    (_FOLLOWED, is_bare_password),
    (_AMIDST, is_amid_password),
    (_FLAG, is_password),
)
_UNQUOTED = (_ENDED, _FOLLOWED, _AMIDST)
_PLACED = (
    ("auth", _AUTH),
    ("identified", _IDENTIFIED),
    ("-p", _DATABASE_TOOL),
    ("-u", _USER_OPTION),
)
