"""User file, repository file, environment and flags become frozen Settings."""

from __future__ import annotations

from repo_sleeper.config.example import example_text
from repo_sleeper.config.keys import api_key, key_variable, providers_in
from repo_sleeper.config.loading import load, origins, repository_values, without_model
from repo_sleeper.config.settings import (
    RULES,
    AskSettings,
    BudgetSettings,
    HistorySettings,
    IdleSettings,
    IndexSettings,
    ModelSettings,
    Settings,
    ThinkSettings,
)
from repo_sleeper.config.writing import write_user_settings
from repo_sleeper.places import runtime_dir, user_config_file, user_state_dir

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
    "origins",
    "providers_in",
    "repository_values",
    "runtime_dir",
    "user_config_file",
    "user_state_dir",
    "without_model",
    "write_user_settings",
]
