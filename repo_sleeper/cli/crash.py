"""Writes down what should not have happened, for the person who reports it."""

from __future__ import annotations

import traceback
from pathlib import Path

from repo_sleeper import config, redact
from repo_sleeper.daemon.disk import full_disk


def explain(error: Exception) -> tuple[str, str]:
    """What happened and what to do about it, for an error that is not one of ours."""
    full = full_disk(error, Path())
    if full is not None:
        return str(full), full.hint
    if type(error).__module__ == "sqlite3":  # by name: importing it is the store's business
        hint = "`sleeper doctor` says whether it is damaged; `sleeper init --rebuild` puts it aside"
        return f"the database cannot be used: {error}", hint
    return f"{type(error).__name__}: {error}", write_down(error)


def write_down(error: Exception) -> str:
    """Keep the whole story in a file; what to tell the person about it."""
    story = "".join(traceback.format_exception(error))
    try:
        file = config.user_state_dir() / "crash.log"
        file.write_text(redact.clean(redact.redact(story)[0]), "utf-8", "backslashreplace")
    except Exception:  # noqa: BLE001 -- there is nobody left to tell
        return "run again with SLEEPER_DEBUG=1 to see where"
    return f"this is a mistake in sleeper; {file} says where"
