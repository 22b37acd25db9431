"""Checks one value against its rule, and says in one line what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable

from repo_sleeper.config.rules import RULES, Rule, Say, Value

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class WrongValueError(ValueError):
    """What is wrong, as the end of a sentence that begins with the key."""


def checked(key: str, raw: object) -> Value:
    """The value as its type; WrongValueError when it is not one."""
    rule = RULES[key]
    value = _READERS[rule.type](raw)
    _check_limits(rule, value)
    for text in value if isinstance(value, tuple) else (value,):
        if isinstance(text, str):
            _check_text(rule, text)
    return value


def from_text(key: str, text: str) -> Value:
    """The value as an environment variable spells it; a list with commas, or as files have it."""
    return checked(key, _PARSERS[RULES[key].type](text.strip()))


def narrowed(key: str, present: Value, asked: Value) -> Value:
    """What holds when a repository asks for a value: never more than the person allows."""
    return _NARROW[RULES[key].repo](present, asked)


def suggestion(word: str, known: list[str]) -> str:
    """`; did you mean X?` for a word that is nearly one of the known."""
    from difflib import get_close_matches  # only after a mistake

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _check_limits(rule: Rule, value: Value) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if rule.low is not None and value < rule.low:
        raise WrongValueError(f"must be at least {rule.low:,}")
    if rule.high is not None and value > rule.high:
        raise WrongValueError(f"must be at most {rule.high:,}")


def _check_text(rule: Rule, text: str) -> None:
    if not text.isprintable():
        raise WrongValueError("must not contain control characters")
    if rule.one_of and text not in rule.one_of:
        offered = [text or '""' for text in rule.one_of]
        raise WrongValueError(f"must be among {', '.join(offered)}")
    problem = rule.check(text) if rule.check else ""
    if problem:
        raise WrongValueError(problem)


def _str(raw: object) -> str:
    if not isinstance(raw, str):
        raise WrongValueError("must be text in quotes")
    return raw


def _bool(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise WrongValueError("must be true or false")
    return raw


def _int(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise WrongValueError("must be a whole number")
    return raw


def _float(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise WrongValueError("must be a number")
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise WrongValueError("must be a finite number")
    return number


def _float_or_none(raw: object) -> float | None:
    return None if raw is None else _float(raw)


def _texts(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple) or not all(isinstance(one, str) for one in raw):
        raise WrongValueError('must be a list of texts, such as ["one", "two"]')
    return tuple(dict.fromkeys(raw))


_READERS: dict[str, Callable[[object], Value]] = {
    "str": _str,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "float | None": _float_or_none,
    "tuple[str, ...]": _texts,
}


def _parsed_bool(text: str) -> object:
    lowered = text.lower()
    return lowered in _TRUE if lowered in _TRUE | _FALSE else text


def _parsed_int(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text


def _parsed_float(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _parsed_texts(text: str) -> object:
    """A glob may begin with a bracket too, but not with a bracket and a quotation mark."""
    if text != "[]" and not text.startswith(('["', "['")):
        return [one.strip() for one in text.split(",") if one.strip()]
    import tomllib  # only where somebody writes so

    try:
        return tomllib.loads(f"list = {text}")["list"]
    except tomllib.TOMLDecodeError:
        return text


_PARSERS: dict[str, Callable[[str], object]] = {
    "str": str,
    "bool": _parsed_bool,
    "int": _parsed_int,
    "float": _parsed_float,
    "float | None": _parsed_float,
    "tuple[str, ...]": _parsed_texts,
}


def _lower(present: Value, asked: Value) -> Value:
    return min(present, asked)  # type: ignore[type-var]  # both are numbers: the rule says so


def _raise(present: Value, asked: Value) -> Value:
    return max(present, asked)  # type: ignore[type-var]  # both are numbers: the rule says so


def _add(present: Value, asked: Value) -> Value:
    return tuple(dict.fromkeys((*_texts(present), *_texts(asked))))


def _keep_some(present: Value, asked: Value) -> Value:
    have, want = _texts(present), _texts(asked)
    return tuple(one for one in have if one in want)


_NARROW: dict[Say, Callable[[Value, Value], Value]] = {
    Say.CHOOSE: lambda _present, asked: asked,
    Say.LOWER: _lower,
    Say.RAISE: _raise,
    Say.ADD: _add,
    Say.KEEP_SOME: _keep_some,
    Say.SWITCH_OFF: lambda present, asked: bool(present and asked),
}
