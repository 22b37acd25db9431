"""Every setting with its type, default, limits, and what a repository may do to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, cast

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a value must be: `check` returns what is wrong with it, or ""."""

    type: str
    default: Value
    repo: Say = Say.NOTHING
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None


def _setting(default: Value, **rule: Any) -> Any:
    return field(default=default, metadata=rule)


_NAME = re.compile(r"[\w.:/@+-]{1,200}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_KEY_LOOKS = re.compile(r"sk-|gsk_|AIza|xai-|hf_")
_SPAN = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-4]):[0-5]\d")
_THOUGHT_KINDS = ("architecture", "likely-bug", "debugging-strategy")


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
    return "must be a glob relative to the root" if value.startswith("/") or not value else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Which model is asked, where it is, and for how long."""

    name: str = _setting("", repo=Say.CHOOSE, check=_model_name)
    """What litellm calls the model; empty means structure only."""

    ask_name: str = _setting("", check=_model_name)
    """Another model of the same provider for `sleeper ask`."""

    rethink_name: str = _setting("", check=_model_name)
    """Another model of the same provider for second looks: rethinking, checking likely bugs."""

    api_base: str = _setting("", check=_endpoint)
    """The endpoint, when it is not the provider's own."""

    key_env: str = _setting("", check=_variable)
    """The variable that holds the key, when it is not the customary one."""

    deadline_s: float = _setting(120.0, low=1, high=3600)
    """How long one answer may take, start to end."""

    max_output_tokens: int = _setting(2000, low=16, high=200_000)
    """The longest answer."""

    sent_price: float | None = _setting(None, low=0, high=10_000)
    """US dollars per million tokens sent, when the built-in list is wrong or silent."""

    received_price: float | None = _setting(None, low=0, high=10_000)
    """The same for tokens received."""

    cached_price: float | None = _setting(None, low=0, high=10_000)
    """The same for sent tokens the provider had cached."""

    service_tier: str = _setting("", one_of=("", "auto", "default", "flex"))
    """What thoughts ask the provider for; flex is slower and costs less where it exists."""

    https_proxy: str = _setting("", check=_proxy)
    """The proxy that calls go through; the environment's is not looked at."""

    ca_bundle: str = _setting("", check=_file)
    """A file of certificates to trust instead of the usual ones."""

    local_only: bool = _setting(default=False)
    """Refuse every model that is not on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """Caps on what is spent; 0 stops all calls."""

    usd_per_day: float = _setting(0.50, low=0, high=10_000, repo=Say.LOWER)
    usd_per_month: float = _setting(5.00, low=0, high=100_000, repo=Say.LOWER)
    tokens_per_day: int = _setting(500_000, low=0, high=10**10, repo=Say.LOWER)
    tokens_per_month: int = _setting(5_000_000, low=0, high=10**11, repo=Say.LOWER)
    calls_per_day: int = _setting(200, low=0, high=1_000_000, repo=Say.LOWER)
    calls_per_month: int = _setting(2_000, low=0, high=10_000_000, repo=Say.LOWER)
    usd_per_call: float = _setting(0.25, low=0, high=10_000, repo=Say.LOWER)
    tokens_per_call: int = _setting(100_000, low=0, high=10**8, repo=Say.LOWER)
    usd_per_subject: float = _setting(0.50, low=0, high=10_000, repo=Say.LOWER)
    tokens_per_subject: int = _setting(400_000, low=0, high=10**9, repo=Say.LOWER)
    calls_per_subject: int = _setting(40, low=0, high=1_000_000, repo=Say.LOWER)

    fruitless_calls: int = _setting(30, low=1, high=1_000_000, repo=Say.LOWER)
    """After so many thoughts in a row that leave no note, a person must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleSettings:
    """When the daemon may think."""

    quiet_s: float = _setting(120.0, low=0, high=86_400, repo=Say.RAISE)
    """Seconds without a change or a question before it counts as idle."""

    max_load: float = _setting(0.7, low=0.01, high=1000)
    """Load per core above which it waits."""

    on_battery: bool = _setting(default=False)
    """Whether it thinks on battery."""

    hours: str = _setting("", check=_hours)
    """When it may think, in local time; empty means always."""

    terminals: bool = _setting(default=True)
    """Whether typing in any of the person's terminals counts as being at work."""

    reconcile_s: float = _setting(60.0, low=5, high=86_400)
    """Seconds between two looks at the whole tree, events or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """What is read."""

    max_file_kb: int = _setting(1024, low=1, high=65_536, repo=Say.LOWER)
    """Larger files are skipped."""

    ignore: tuple[str, ...] = _setting((), check=_glob, repo=Say.ADD)
    """Globs of paths to leave alone, on top of git's ignore rules."""

    languages: tuple[str, ...] = _setting((), repo=Say.KEEP_SOME)
    """Languages to index; empty means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """How far back commits are read."""

    max_commits: int = _setting(20_000, low=0, high=10_000_000, repo=Say.LOWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSettings:
    """What a question gets."""

    tokens: int = _setting(1200, low=100, high=1_000_000, repo=Say.LOWER)
    """The longest context."""

    files: int = _setting(20, low=1, high=1000, repo=Say.LOWER)
    """How many files are ranked."""

    remember: bool = _setting(default=True)
    """Keep questions, so that what is asked about is thought about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkSettings:
    """What is thought about."""

    enabled: bool = _setting(default=True, repo=Say.SWITCH_OFF)
    """Whether the model is asked anything while idle."""

    kinds: tuple[str, ...] = _setting(_THOUGHT_KINDS, one_of=_THOUGHT_KINDS, repo=Say.KEEP_SOME)
    """The kinds of notes to make."""

    check_bugs: bool = _setting(default=True, repo=Say.SWITCH_OFF)
    """Whether likely bugs get a second look and one that tries to refute them."""

    input_tokens: int = _setting(6000, low=500, high=1_000_000, repo=Say.LOWER)
    """The longest prompt of one thought."""

    samples: int = _setting(1, low=1, high=10, repo=Say.LOWER)
    """Independent looks at each subject; notes that agree become one, surer note."""

    passes: int = _setting(1, low=1, high=10, repo=Say.LOWER)
    """Looks at each subject that see the notes so far; one that changes nothing is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, resolved: flag over environment over repository over user over default."""

    model: ModelSettings = field(default_factory=ModelSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    idle: IdleSettings = field(default_factory=IdleSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    ask: AskSettings = field(default_factory=AskSettings)
    think: ThinkSettings = field(default_factory=ThinkSettings)


GROUPS: dict[str, type[Any]] = {
    "model": ModelSettings,
    "budget": BudgetSettings,
    "idle": IdleSettings,
    "index": IndexSettings,
    "history": HistorySettings,
    "ask": AskSettings,
    "think": ThinkSettings,
}

RULES: dict[str, Rule] = {
    f"{group}.{one.name}": Rule(
        type=str(one.type), default=cast("Value", one.default), **one.metadata
    )
    for group, cls in GROUPS.items()
    for one in fields(cls)
}


def settings_from(values: dict[str, Value]) -> Settings:
    """Settings from a value for every key."""
    groups = {
        group: cls(**{one.name: values[f"{group}.{one.name}"] for one in fields(cls)})
        for group, cls in GROUPS.items()
    }
    return Settings(**groups)
