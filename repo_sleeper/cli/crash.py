"""Writes down what should not have happened, for the person who reports it."""

from __future__ import annotations

import traceback

from repo_sleeper import config, redact


def write_down(error: Exception) -> str:
    """Keep the whole story in a file; what to tell the person about it."""
    story = "".join(traceback.format_exception(error))
    try:
        file = config.user_state_dir() / "crash.log"
        file.write_text(redact.clean(redact.redact(story)[0]), "utf-8", "backslashreplace")
    except Exception:  # noqa: BLE001 -- there is nobody left to tell
        return "run again with SLEEPER_DEBUG=1 to see where"
    return f"this is a mistake in sleeper; {file} says where"
