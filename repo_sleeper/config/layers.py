"""Puts the layers together: flag over environment over repository over user over default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from repo_sleeper import trust
from repo_sleeper.config import files
from repo_sleeper.config.loading import PREFIX
from repo_sleeper.config.rules import GROUPS, RULES, Say, Value, settings_from
from repo_sleeper.config.settings import Settings
from repo_sleeper.config.values import (
    WrongValueError,
    checked,
    from_text,
    narrowed,
    suggestion,
)
from repo_sleeper.errors import ConfigError
from repo_sleeper.places import Checkout, user_config_file
from repo_sleeper.providers import host_of, is_loopback, provider_of

_PRICES = ("model.sent_price", "model.received_price", "model.cached_price")
_HINT = "every setting is explained in the .sleeper.toml that `sleeper init` writes"
# Where code goes, with which key, past whom: whoever asks for that in a repository is no friend.
_WHERE = frozenset(
    {
        "model.api_base",
        "model.ask_name",
        "model.ca_bundle",
        "model.https_proxy",
        "model.key_env",
        "model.local_only",
        "model.rethink_name",
    }
)


def resolved(
    repo: Checkout | None, env: Mapping[str, str], overrides: Mapping[str, object]
) -> tuple[Settings, dict[str, str]]:
    """The settings that hold here, and where each of them comes from."""
    values = {key: rule.default for key, rule in RULES.items()}
    origin = dict.fromkeys(RULES, "default")
    _apply(values, origin, _user_layer(), "user")
    if repo is not None and trust.is_trusted(repo):
        _apply(values, origin, _narrowing(values, _theirs(repo)), "repository")
    _apply(values, origin, dict(_environment_layer(env)), "environment")
    _apply(values, origin, dict(_option_layer(overrides)), "option")
    settings = settings_from(values)
    _check_together(settings)
    return settings, origin


def repository_layer(content: bytes) -> dict[str, Value]:
    """What the content of a repository's file asks for, checked but not applied."""
    return _repository_layer(files.parse(content, trust.SETTINGS_FILE))


def _theirs(repo: Checkout) -> dict[str, Value]:
    content = trust.settings_bytes(repo)
    return {} if content is None else repository_layer(content)


def _apply(
    values: dict[str, Value], origin: dict[str, str], layer: Mapping[str, Value], name: str
) -> None:
    for key, value in layer.items():
        values[key] = value
        origin[key] = name


def _user_layer() -> dict[str, Value]:
    path = user_config_file()
    label = _shown(path)
    content = trust.read_plain(path, label=label, follow=True)
    if content is None:
        return {}
    file = files.parse(content, label)
    return {key: _checked(key, raw, file.place) for key, raw in file.values.items()}


def _repository_layer(file: files.SettingsFile) -> dict[str, Value]:
    for key in file.values:
        if RULES[key].repo is Say.NOTHING:
            raise ConfigError(
                f"{file.place(key)}: {key} cannot be set by a repository",
                hint="a repository cannot choose where code is sent; remove the line"
                if key in _WHERE
                else f"it belongs in {_shown(user_config_file())}",
            )
    return {key: _checked(key, raw, file.place) for key, raw in file.values.items()}


def _narrowing(present: Mapping[str, Value], asked: Mapping[str, Value]) -> dict[str, Value]:
    """Only what really changes something."""
    layer = {}
    for key, value in asked.items():
        wanted = _narrowed(key, present, value)
        if wanted != present[key]:
            layer[key] = wanted
    if "model.name" in layer:  # the person's prices are those of the person's model
        layer.update({key: None for key in _PRICES if present[key] is not None})
    return layer


def _narrowed(key: str, present: Mapping[str, Value], asked: Value) -> Value:
    have = present[key]
    if key == "model.name":
        return asked if asked and _may_choose(present, str(asked)) else have
    if key == "index.languages":
        return _languages(have, asked)
    return narrowed(key, have, asked)


def _may_choose(present: Mapping[str, Value], name: str) -> bool:
    # A key goes to the host it was given for: another provider is the person's decision.
    own = str(present["model.name"])
    if own or present["model.api_base"] or present["model.key_env"]:
        return provider_of(own) == provider_of(name)
    return True


def _languages(have: Value, asked: Value) -> Value:
    # Empty means all, so two lists with nothing in common must not become empty.
    if not have or not asked:
        return have or asked
    both = narrowed("index.languages", have, asked)
    if not both:
        raise ConfigError(
            f"{trust.SETTINGS_FILE}: index.languages leaves none of the languages you allow",
            hint=f"compare it with {_shown(user_config_file())}",
        )
    return both


def _environment_layer(env: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    known = {_variable(key): key for key in RULES}
    for name in sorted(env):
        # What is empty sets nothing, but for the model: there it means none, and is meant so.
        if not name.startswith(PREFIX) or not (env[name] or name == _variable("model.name")):
            continue
        if name in known:
            yield known[name], _checked(known[name], env[name], _always(name), from_text)
        elif name.removeprefix(PREFIX).partition("_")[0].lower() in GROUPS:
            near = suggestion(name, list(known))
            raise ConfigError(f"{name}: no such setting{near}", hint=_HINT)


def _option_layer(overrides: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    for key, value in overrides.items():
        if key not in RULES:
            raise ConfigError(f"no such setting: {key}{suggestion(key, list(RULES))}", hint=_HINT)
        if value is not None:
            yield key, _checked(key, value, _always("option"))


def _checked(
    key: str,
    raw: object,
    place: Callable[[str], str],
    read: Callable[[str, object], Value] | Callable[[str, str], Value] = checked,
) -> Value:
    try:
        return read(key, raw)  # type: ignore[arg-type]  # from_text is only given text
    except WrongValueError as error:
        raise ConfigError(f"{place(key)}: {key} {error}", hint=_HINT) from None


def _always(place: str) -> Callable[[str], str]:
    return lambda _key: place


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "_").upper()


def _shown(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _check_together(settings: Settings) -> None:
    model = settings.model
    bound = model.name and (model.key_env or model.api_base)
    for key, other in (("ask_name", model.ask_name), ("rethink_name", model.rethink_name)):
        if bound and other and provider_of(other) != provider_of(model.name):
            raise ConfigError(
                f"model.{key} must be of the same provider as model.name",
                hint="the key and the endpoint in your settings belong to one provider",
            )
    in_clear = model.api_base.startswith("http:") and not is_loopback(host_of(model.api_base))
    if in_clear and model.key_env:
        raise ConfigError(
            "model.api_base must start with https:// when a key is sent",
            hint="leave model.key_env empty, or give the endpoint a certificate",
        )
