"""The settings that hold here; with their rules at hand only where somebody set something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from repo_sleeper import trust
from repo_sleeper.config.settings import Settings
from repo_sleeper.errors import ConfigError
from repo_sleeper.places import Checkout, user_config_file

if TYPE_CHECKING:
    from repo_sleeper.config.rules import Value

PREFIX = "SLEEPER_"
_HEADERS = frozenset(f"[{group}]" for group in Settings._fields)


def load(
    repo: Checkout | None,
    *,
    env: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """The settings that hold here. A repository counts only when trusted, and only to narrow."""
    if not overrides and _is_silent(repo, env):
        return Settings()
    from repo_sleeper.config.layers import resolved  # 3 ms, and most people set little

    return resolved(repo, env, overrides or {})[0]


def origins(
    repo: Checkout | None,
    *,
    env: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """Where each setting comes from: default, user, repository, environment or option."""
    from repo_sleeper.config.layers import resolved

    return resolved(repo, env, overrides or {})[1]


def repository_values(repo: Checkout) -> Mapping[str, Value]:
    """What the repository's file asks for, checked but not applied, trusted or not."""
    content = trust.settings_bytes(repo)
    if content is None or _says_nothing(content):
        return {}
    from repo_sleeper.config.layers import repository_layer

    return repository_layer(content)


def _is_silent(repo: Checkout | None, env: Mapping[str, str]) -> bool:
    """Whether nobody sets anything, for certain; every doubt is for those who know the rules."""
    if any(name.startswith(PREFIX) for name in env):
        return False
    try:
        own = trust.read_plain(user_config_file(), label="", follow=True)
        theirs = trust.settings_bytes(repo) if repo is not None else None
    except ConfigError:
        return False
    return _says_nothing(own or b"") and _says_nothing(theirs or b"")


def _says_nothing(content: bytes) -> bool:
    """Whether it is all comments and the headers of tables, as `sleeper init` writes it."""
    try:
        lines = content.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return False
    headers = [line for line in lines if line and line[0] != "#"]
    known = len(set(headers)) == len(headers) and _HEADERS.issuperset(headers)
    return known and all(map(str.isprintable, lines))


def without_model(settings: Settings) -> Settings:
    """The same settings with no model: structure only."""
    model = settings.model._replace(name="", ask_name="", rethink_name="")
    return settings._replace(model=model)
