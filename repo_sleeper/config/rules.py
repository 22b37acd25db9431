"""What a value of each setting must be, and what a repository may do to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from repo_sleeper.config.settings import THOUGHT_KINDS, Settings
from repo_sleeper.providers import is_private

Value = str | bool | int | float | tuple[str, ...] | None


class Say(StrEnum):
    """What a trusted repository may do to a setting; it never widens what a person allows."""

    NOTHING = "nothing"
    CHOOSE = "choose"
    LOWER = "lower"
    RAISE = "raise"
    ADD = "add"
    KEEP_SOME = "keep some"
    SWITCH_OFF = "switch off"


class Rule(NamedTuple):
    """What a value must be: `check` returns what is wrong with it, or ""."""

    type: str = ""
    default: Value = None
    repo: Say = Say.NOTHING
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None


_NAME = re.compile(r"[\w.:/@+-]{1,200}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_KEY_LOOKS = re.compile(r"sk-|gsk_|AIza|xai-|hf_")
_SPAN = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)")


def _model_name(value: str) -> str:
    if "://" in value:
        return "must be a model's name, not an address"
    return "" if not value or _NAME.fullmatch(value) else "must be a name such as openai/gpt-5-mini"


def _variable(value: str) -> str:
    if _KEY_LOOKS.match(value):
        return "must be the name of an environment variable, not the key itself"
    return "" if not value or _VARIABLE.fullmatch(value) else "must be the name of a variable"


def _endpoint(value: str) -> str:
    from urllib.parse import urlsplit  # only when there is one

    if not value:
        return ""
    try:
        url = urlsplit(value)
        host = url.hostname or ""
        _ = url.port
    except ValueError:
        return "must be an address such as https://host/v1"
    if url.scheme not in {"http", "https"} or not host or url.query or url.fragment:
        return "must be an address such as https://host/v1"
    if url.username is not None or url.password is not None:
        return "must not contain a user or password; name a variable in key_env"
    if url.scheme == "http" and not is_private(host):
        return "must start with https:// unless the host is on your own network"
    return ""


def _proxy(value: str) -> str:
    from urllib.parse import urlsplit  # only when there is one

    try:
        url = urlsplit(value)
        complete = url.scheme in {"http", "https"} and url.hostname and url.port
    except ValueError:
        return "must be an address such as http://proxy.example.com:3128"
    if url.username is not None or url.password is not None:
        return "must not contain a user or password"
    if value and (not complete or url.path.strip("/") or url.query or url.fragment):
        return "must be an address such as http://proxy.example.com:3128"
    return ""


def _file(value: str) -> str:
    return "" if not value or value.startswith(("/", "~/")) else "must be a whole path, from / or ~"


def _hours(value: str) -> str:
    good = not value or all(_SPAN.fullmatch(span.strip()) for span in value.split(","))
    return "" if good else "must be spans of local time such as 22:00-07:00, 12:00-13:00"


def _glob(value: str) -> str:
    hopeless = not value or value.startswith(("/", "./", "../", "!"))  # as no path begins
    return "must be a glob relative to the root, without ./ or !" if hopeless else ""


def _written(annotation: Any) -> str:
    """An annotation as it stands in the source."""
    return annotation if isinstance(annotation, str) else str(annotation.__forward_arg__)


_LIMITS: dict[str, Rule] = {
    "model.name": Rule(repo=Say.CHOOSE, check=_model_name),
    "model.ask_name": Rule(check=_model_name),
    "model.rethink_name": Rule(check=_model_name),
    "model.api_base": Rule(check=_endpoint),
    "model.key_env": Rule(check=_variable),
    "model.deadline_s": Rule(low=1, high=3600),
    "model.max_output_tokens": Rule(low=16, high=200_000),
    "model.sent_price": Rule(low=0, high=10_000),
    "model.received_price": Rule(low=0, high=10_000),
    "model.cached_price": Rule(low=0, high=10_000),
    "model.service_tier": Rule(one_of=("", "auto", "default", "flex")),
    "model.https_proxy": Rule(check=_proxy),
    "model.ca_bundle": Rule(check=_file),
    "budget.usd_per_day": Rule(low=0, high=10_000, repo=Say.LOWER),
    "budget.usd_per_month": Rule(low=0, high=100_000, repo=Say.LOWER),
    "budget.tokens_per_day": Rule(low=0, high=10**10, repo=Say.LOWER),
    "budget.tokens_per_month": Rule(low=0, high=10**11, repo=Say.LOWER),
    "budget.calls_per_day": Rule(low=0, high=1_000_000, repo=Say.LOWER),
    "budget.calls_per_month": Rule(low=0, high=10_000_000, repo=Say.LOWER),
    "budget.usd_per_call": Rule(low=0, high=10_000, repo=Say.LOWER),
    "budget.tokens_per_call": Rule(low=0, high=10**8, repo=Say.LOWER),
    "budget.usd_per_subject": Rule(low=0, high=10_000, repo=Say.LOWER),
    "budget.tokens_per_subject": Rule(low=0, high=10**9, repo=Say.LOWER),
    "budget.calls_per_subject": Rule(low=0, high=1_000_000, repo=Say.LOWER),
    "budget.fruitless_calls": Rule(low=1, high=1_000_000, repo=Say.LOWER),
    "idle.quiet_s": Rule(low=0, high=86_400, repo=Say.RAISE),
    "idle.max_load": Rule(low=0.01, high=1000),
    "idle.hours": Rule(check=_hours),
    "idle.reconcile_s": Rule(low=5, high=86_400),
    "index.max_file_kb": Rule(low=1, high=65_536, repo=Say.LOWER),
    "index.ignore": Rule(check=_glob, repo=Say.ADD),
    "index.languages": Rule(repo=Say.KEEP_SOME),
    "history.max_commits": Rule(low=0, high=10_000_000, repo=Say.LOWER),
    "ask.tokens": Rule(low=100, high=1_000_000, repo=Say.LOWER),
    "ask.files": Rule(low=1, high=1000, repo=Say.LOWER),
    "think.enabled": Rule(repo=Say.SWITCH_OFF),
    "think.kinds": Rule(one_of=THOUGHT_KINDS, repo=Say.KEEP_SOME),
    "think.check_bugs": Rule(repo=Say.SWITCH_OFF),
    "think.input_tokens": Rule(low=500, high=1_000_000, repo=Say.LOWER),
    "think.samples": Rule(low=1, high=10, repo=Say.LOWER),
    "think.passes": Rule(low=1, high=10, repo=Say.LOWER),
}

GROUPS: dict[str, Any] = Settings()._asdict()  # the defaults of each

RULES: dict[str, Rule] = {
    f"{group}.{name}": _LIMITS.get(f"{group}.{name}", Rule())._replace(
        type=_written(annotation), default=getattr(defaults, name)
    )
    for group, defaults in GROUPS.items()
    for name, annotation in type(defaults).__annotations__.items()
}


def settings_from(values: dict[str, Value]) -> Settings:
    """Settings from a value for every key."""
    groups = {
        group: type(defaults)(*(values[f"{group}.{name}"] for name in defaults._fields))
        for group, defaults in GROUPS.items()
    }
    return Settings(**groups)
