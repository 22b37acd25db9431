"""Finds the one key a model may be given, and which providers this person has keys for."""

from __future__ import annotations

from collections.abc import Mapping

from repo_sleeper.config.settings import Settings
from repo_sleeper.providers import KEY_VARIABLES, LOCAL, needs_key, provider_of


def api_key(settings: Settings, env: Mapping[str, str], *, ask: bool = False) -> str | None:
    """The key for the model, or None.

    The variable the person named, or the provider's customary one; but with an endpoint of their
    own only the one they named, because a provider's key must not go to another host.
    """
    model = settings.model
    if model.key_env:
        return env.get(model.key_env, "").strip() or None
    name = (model.ask_name if ask else "") or model.name
    if model.api_base or provider_of(name) in LOCAL:
        return None
    return _first(env, KEY_VARIABLES.get(provider_of(name), ()))


def missing_key(settings: Settings, env: Mapping[str, str]) -> str:
    """The variable in which the key of the model is looked for in vain; "" where none is needed."""
    model = settings.model
    if not needs_key(model.name, model.api_base) or api_key(settings, env) is not None:
        return ""
    return model.key_env or key_variable(model.name)


def key_variable(model: str) -> str:
    """The variable a provider's key is customarily in; "" when it needs none or we know none."""
    return next(iter(KEY_VARIABLES.get(provider_of(model), ())), "")


def providers_in(env: Mapping[str, str]) -> list[str]:
    """The providers whose customary key is in the environment, by name."""
    return sorted(who for who, names in KEY_VARIABLES.items() if _first(env, names))


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((env[name].strip() for name in names if env.get(name, "").strip()), None)
