"""The documented example of all settings, from the clone or from the wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def example_text() -> str:
    """What `sleeper init` writes as `.sleeper.toml`."""
    shipped = _PACKAGE / "sleeper.toml.example"
    file = shipped if shipped.exists() else _PACKAGE.parent / ".sleeper.toml.example"
    return file.read_text("utf-8")
