"""Writes into the person's own settings file, keeping every word that is there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from repo_sleeper import trust
from repo_sleeper.config import files
from repo_sleeper.config.rules import RULES, Value
from repo_sleeper.config.values import WrongValueError, checked
from repo_sleeper.errors import ConfigError
from repo_sleeper.places import user_config_file

_HEADER = (
    "# Settings of sleeper for this user; the .sleeper.toml of `sleeper init` explains each.\n"
)


def write_user_settings(values: Mapping[str, object]) -> Path:
    """Set these settings in the user file, creating it as needed; nothing else in it changes."""
    path = user_config_file()
    content = trust.read_plain(path, label=str(path), follow=True)
    before = files.parse(content, str(path)) if content is not None else None
    text = before.text if before else _HEADER
    for key, raw in sorted(values.items()):
        text = _with(text, key, _checked(key, raw))
    _verify(text, {**(before.values if before else {}), **values}, path)
    _write(Path(os.path.realpath(path)), text)
    return path


def _checked(key: str, raw: object) -> Value:
    if key not in RULES:
        raise ConfigError(f"no such setting: {key}")
    try:
        return checked(key, raw)
    except WrongValueError as error:
        raise ConfigError(f"{key} {error}") from None


def _with(text: str, key: str, value: Value) -> str:
    group, _, name = key.partition(".")
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if _table(line) == group), None)
    entry = f"{name} = {as_toml(value)}"
    if start is None:
        return "\n".join([*lines, "", f"[{group}]", entry]).lstrip("\n") + "\n"
    for n in range(start + 1, len(lines)):
        if _table(lines[n]):
            break
        if lines[n].split("=")[0].strip() == name:
            lines[n] = entry
            return "\n".join(lines) + "\n"
    lines.insert(start + 1, entry)
    return "\n".join(lines) + "\n"


def _table(line: str) -> str:
    bare = line.split("#", maxsplit=1)[0].strip()
    return bare[1:-1].strip() if bare.startswith("[") and bare.endswith("]") else ""


def as_toml(value: Value) -> str:
    """A value as a settings file writes it."""
    # JSON's text, numbers and lists are TOML's as well, once what TOML forbids is escaped.
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _verify(text: str, wanted: Mapping[str, object], path: Path) -> None:
    # The edit is by line; whatever it did, only the wished-for change may be in the file.
    try:
        found = files.parse(text.encode(), str(path)).values
    except ConfigError:
        found = {}
    plain = {key: list(v) if isinstance(v, tuple) else v for key, v in wanted.items()}
    if found != plain:
        raise ConfigError(
            f"{path} is written in a way that cannot be edited safely",
            hint=f"set {', '.join(sorted(wanted))} in it by hand",
        )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    draft.replace(path)
