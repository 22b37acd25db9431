"""Judges a value that stands where a secret may: is it one, a placeholder, a word, or code?"""

from __future__ import annotations

import math
import re
from collections import Counter

from repo_sleeper.redact.lazily import pattern

_FEW_CHARACTERS = 3  # `aaaa`, `xxxx-xxxx`: nobody's secret
_PASSWORD_LENGTH = 6
_PASSWORD_BITS = 2.0  # per character
_WORD_LENGTH = 8
_RANDOM_LENGTH = 12
_RANDOM_BITS = 3.0
_JUMBLED_LENGTH = 20
_JUMBLED_RUN = 2.4

_PLACEHOLDER = pattern(
    r"(?i)(?:x{3,}|[*.]{3,}|<|\$|%|\{|@|your|my[_-]|example|sample|change[_-]?me|replace|placeholder"
    r"|dummy|fake|todo|redacted|none$|null$|true$|false$|undefined$|https?:|/)"
)
_WORDY = pattern(r"[_.:/-]?[A-Za-z]{1,30}\d{0,2}(?:[_.:/-]{1,2}[A-Za-z]{0,30}\d{0,2})*")
_VARIABLE = pattern(r"[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}+)+")
# A name of code, as it stands where nothing is quoted.
CODE = pattern(
    r"[A-Za-z_$]{1,60}\d{0,3}(?:(?:[._:/]|->|\?\.){1,3}[A-Za-z$]{0,60}+\d{0,3}+[a-z]{0,20}+)+"
)
_SPOKEN = pattern(
    r"(?i)pass|pwd|secret|token|cred|test|dummy|fake|example|sample|demo|default|chang|your|place"
    r"|required|option|string|text|hidden|mask|crypt|hash|plain|valid|incorrect|user|admin|login|auth"
    r"|field|input|value|unknown|missing|prompt|config|environ|disabled|enabled|redact|keyring"
    r"|kennwort|contrase"
)


def is_placeholder(value: str) -> bool:
    """Whether it stands for a value: an example, a template, the name of a variable."""
    formatted = "{" in value and "}" in value
    named = _PLACEHOLDER.match(value) or _VARIABLE.fullmatch(value)
    return formatted or named is not None or len(set(value)) < _FEW_CHARACTERS


def is_password(value: str) -> bool:
    """Whether somebody may have chosen it for a password: mixed, in one piece, and no word."""
    if is_placeholder(value) or " " in value:
        return False
    if value.replace("_", "").replace("-", "").isalpha():
        return False  # a word or a name: `password = "password"`
    return len(value) >= _PASSWORD_LENGTH and _entropy(value) >= _PASSWORD_BITS


def is_quoted_password(value: str) -> bool:
    """A password, or a word that nobody would write there unless it is one."""
    long = value.isascii() and value.isalpha() and len(value) >= _WORD_LENGTH
    spoken = value.istitle() or _SPOKEN.search(value) or is_placeholder(value)
    return is_password(value) or (long and not spoken)


def is_bare_password(value: str) -> bool:
    """A password that is not the name of a variable."""
    return is_password(value) and not CODE.fullmatch(value)


def is_amid_password(value: str) -> bool:
    """A password where a variable, a number or a word of prose is much more likely."""
    return is_password(value) and not _WORDY.fullmatch(value)


def is_random(value: str) -> bool:
    """Whether it looks drawn by lot rather than written: long, mixed, and not words."""
    if (
        len(value) < _RANDOM_LENGTH
        or " " in value
        or is_placeholder(value)
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
