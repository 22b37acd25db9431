"""Secrets out before text leaves the machine; control characters out before it is shown."""

from __future__ import annotations

from repo_sleeper.redact.control import clean
from repo_sleeper.redact.paths import is_secret_path
from repo_sleeper.redact.secrets import MOST_SECRETS, redact

__all__ = ["MOST_SECRETS", "clean", "is_secret_path", "redact"]
