"""User file, repository file, environment and flags become frozen Settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repo_sleeper.config.loading import load, origins, repository_values, without_model
from repo_sleeper.config.settings import (
    AskSettings,
    BudgetSettings,
    HistorySettings,
    IdleSettings,
    IndexSettings,
    ModelSettings,
    Settings,
    ThinkSettings,
)
from repo_sleeper.places import runtime_dir, user_config_file, user_state_dir

if TYPE_CHECKING:
    from repo_sleeper.config.example import example_text
    from repo_sleeper.config.keys import api_key, key_variable, missing_key, providers_in
    from repo_sleeper.config.rules import RULES
    from repo_sleeper.config.writing import write_user_settings

__all__ = [
    "RULES",
    "AskSettings",
    "BudgetSettings",
    "HistorySettings",
    "IdleSettings",
    "IndexSettings",
    "ModelSettings",
    "Settings",
    "ThinkSettings",
    "api_key",
    "example_text",
    "key_variable",
    "load",
    "missing_key",
    "origins",
    "providers_in",
    "repository_values",
    "runtime_dir",
    "user_config_file",
    "user_state_dir",
    "without_model",
    "write_user_settings",
]

# Loaded when first used: every command reads settings, few need the rules for writing them.
_ELSEWHERE = {
    "RULES": "rules",
    "api_key": "keys",
    "example_text": "example",
    "key_variable": "keys",
    "missing_key": "keys",
    "providers_in": "keys",
    "write_user_settings": "writing",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
