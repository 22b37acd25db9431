"""Takes every secret we can recognise out of a text, and keeps its lines."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from repo_sleeper.redact.known import KNOWN, mark
from repo_sleeper.redact.lazily import pattern
from repo_sleeper.redact.private_keys import without_private_keys

MOST_SECRETS = 10  # a file with more than this is a store of secrets, not code with one in it

_FEW_CHARACTERS = 3  # `aaaa`, `xxxx-xxxx`: nobody's secret
_PASSWORD_LENGTH = 6
_PASSWORD_BITS = 2.0  # per character
_WORD_LENGTH = 8
_RANDOM_LENGTH = 12
_RANDOM_BITS = 3.0
_JUMBLED_LENGTH = 20
_JUMBLED_RUN = 2.4
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

_PLACEHOLDER = pattern(
    r"(?i)(?:x{3,}|[*.]{3,}|<|\$|%|\{|@|your|my[_-]|example|sample|change[_-]?me|replace|placeholder"
    r"|dummy|fake|todo|redacted|none$|null$|true$|false$|undefined$|https?:|/)"
)
_WORDY = pattern(r"[_.:/-]?[A-Za-z]{1,30}\d{0,2}(?:[_.:/-]{1,2}[A-Za-z]{0,30}\d{0,2})*")
_VARIABLE = pattern(r"[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}+)+")
_CODE = pattern(
    r"[A-Za-z_$]{1,60}\d{0,3}(?:(?:[._:/]|->|\?\.){1,3}[A-Za-z$]{0,60}+\d{0,3}+[a-z]{0,20}+)+"
)
_SPOKEN = pattern(
    r"(?i)pass|pwd|secret|token|cred|test|dummy|fake|example|sample|demo|default|chang|your|place"
    r"|required|option|string|text|hidden|mask|crypt|hash|plain|valid|incorrect|user|admin|login|auth"
    r"|field|input|value|unknown|missing|prompt|config|environ|disabled|enabled|redact|keyring"
    r"|kennwort|contrase"
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
    return _replaced(text, _URL, "url-password", lambda found: not _is_placeholder(found.group(2)))


def _without_bearers(text: str) -> tuple[str, int]:
    if not _speaks_of(("bearer", "basic", "authorization"), text):
        return text, 0
    return _replaced(text, _BEARER, "bearer", lambda found: _is_random(found.group(2)))


def _without_placed(text: str) -> tuple[str, int]:
    count = 0
    for hint, form in _PLACED:
        if _speaks_of((hint,), text):
            text, found = _replaced(
                text, form, "assigned", lambda found: _is_password(found.group(2))
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
        code = by_lot and form in _UNQUOTED and _CODE.fullmatch(value)
        if not code and (_is_random if by_lot else judge)(value):
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


def _is_placeholder(value: str) -> bool:
    formatted = "{" in value and "}" in value
    named = _PLACEHOLDER.match(value) or _VARIABLE.fullmatch(value)
    return formatted or named is not None or len(set(value)) < _FEW_CHARACTERS


def _is_password(value: str) -> bool:
    if _is_placeholder(value) or " " in value:
        return False
    if value.replace("_", "").replace("-", "").isalpha():
        return False  # a word or a name: `password = "password"`
    return len(value) >= _PASSWORD_LENGTH and _entropy(value) >= _PASSWORD_BITS


def _is_quoted_password(value: str) -> bool:
    """A password, or a word that nobody would write there unless it is one."""
    long = value.isascii() and value.isalpha() and len(value) >= _WORD_LENGTH
    spoken = value.istitle() or _SPOKEN.search(value) or _is_placeholder(value)
    return _is_password(value) or (long and not spoken)


def _is_bare_password(value: str) -> bool:
    """A password that is not the name of a variable."""
    return _is_password(value) and not _CODE.fullmatch(value)


def _is_amid_password(value: str) -> bool:
    """A password where a variable, a number or a word of prose is much more likely."""
    return _is_password(value) and not _WORDY.fullmatch(value)


def _is_random(value: str) -> bool:
    """Whether it looks drawn by lot rather than written: long, mixed, and not words."""
    if (
        len(value) < _RANDOM_LENGTH
        or " " in value
        or _is_placeholder(value)
        or (_WORDY.fullmatch(value) and not _is_jumbled(value))
    ):
        return False
    mixed = any(char.isdigit() for char in value) or (value.lower() != value != value.upper())
    return mixed and _entropy(value) >= _RANDOM_BITS


def _is_jumbled(value: str) -> bool:
    """Whether capitals stand where no word begins."""
    runs = re.findall(r"[A-Z]+|[a-z]+", value)
    return (
        len(value) >= _JUMBLED_LENGTH and value.isalpha() and len(value) <= _JUMBLED_RUN * len(runs)
    )


def _entropy(value: str) -> float:
    """Bits per character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


_FORMS = (
    (_ASSIGNED, _is_quoted_password),
    (_GIVEN, _is_password),
    (_VALUE, _is_bare_password),
    (_ELEMENT, _is_password),
    (_ENDED, _is_bare_password),
    (_FOLLOWED, _is_bare_password),
    (_AMIDST, _is_amid_password),
    (_FLAG, _is_password),
)
_UNQUOTED = (_ENDED, _FOLLOWED, _AMIDST)
_PLACED = (
    ("auth", _AUTH),
    ("identified", _IDENTIFIED),
    ("-p", _DATABASE_TOOL),
    ("-u", _USER_OPTION),
)
