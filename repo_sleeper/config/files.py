"""Reads one settings file into keys and raw values, and knows the line of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from repo_sleeper.config.rules import GROUPS, RULES
from repo_sleeper.config.values import suggestion
from repo_sleeper.errors import ConfigError

_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_END = "(at end of document)"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HINT = "every setting is explained in the .sleeper.toml that `sleeper init` writes"
_SHOWN = 60  # characters of a key nobody knows


class SettingsFile(NamedTuple):
    """A parsed file: `label` is how messages name it."""

    label: str
    text: str
    values: dict[str, Any]

    def place(self, key: str) -> str:
        """`file, line 3` for a key, or the file alone when the key is written in an odd way."""
        line = _line_of(self.text, key)
        return f"{self.label}, line {line}" if line else self.label


def parse(content: bytes, label: str) -> SettingsFile:
    """The file's settings by `group.key`; every mistake is one line and quotes no value."""
    text = _decoded(content, label)
    document = _document(text, label)
    file = SettingsFile(label, text, {})
    for key, value in _flat(document, file):
        file.values[key] = value
    return file


def _decoded(content: bytes, label: str) -> str:
    if content.startswith(_UTF16) or b"\0" in content[:64]:
        raise ConfigError(f"{label}: not UTF-8 text", hint="save it as UTF-8")
    if content.startswith(b"\xef\xbb\xbf"):
        raise ConfigError(
            f"{label}: begins with a byte order mark", hint="save it as UTF-8 without BOM"
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{label}, line {line}: not UTF-8 text", hint="save it as UTF-8"
        ) from None


def _document(text: str, label: str) -> dict[str, Any]:
    import tomllib  # 10 ms, and most repositories have no such file

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{label}: nested too deeply", hint=_HINT) from None
    except ValueError as error:
        # The parser's own words may quote the file; only the place is taken from them.
        message = str(error)
        twice = message.startswith(("Cannot ", "Duplicate "))
        what = "the same name is given twice" if twice else "not valid TOML"
        raise ConfigError(f"{label}{_place_in(message, text)}: {what}", hint=_HINT) from None


def _place_in(message: str, text: str) -> str:
    """The line and column that the parser names; "" where it names none."""
    found = _AT.search(message)
    if found:
        return f", line {found[1]}, column {found[2]}"
    if _END not in message:
        return ""  # a number of more digits than Python reads
    lines = text.split("\n")
    return f", line {len(lines)}, column {len(lines[-1]) + 1}, where it ends"


def _flat(document: dict[str, Any], file: SettingsFile) -> Iterator[tuple[str, Any]]:
    for group, table in document.items():
        if group not in GROUPS or not isinstance(table, dict):
            raise _unknown_group(group, table, file)
        for name, value in table.items():
            key = f"{group}.{name}"
            if key not in RULES:
                raise _unknown(key, [one for one in RULES if one.startswith(group)], file)
            yield key, value


def _unknown_group(group: str, value: object, file: SettingsFile) -> ConfigError:
    if group in GROUPS:
        return ConfigError(
            f"{file.place(group)}: {group} is a table: write [{group}] and its settings below",
            hint=_HINT,
        )
    if not isinstance(value, dict):
        named = [one for one in RULES if one.endswith(f".{group}")]
        if named:
            return ConfigError(
                f"{file.place(group)}: no such setting: {group}; did you mean {named[0]}?",
                hint=_HINT,
            )
    return _unknown(group, [*GROUPS, *RULES], file)


def _unknown(key: str, known: list[str], file: SettingsFile) -> ConfigError:
    shown = "".join(char if char.isprintable() else "\ufffd" for char in key)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    near = suggestion(key[:_SHOWN], known)
    return ConfigError(f"{file.place(key)}: no such setting: {shown}{near}", hint=_HINT)


def _line_of(text: str, key: str) -> int:
    group, _, name = key.rpartition(".")
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("["):
            table = bare.strip("[]").split("#")[0].strip(" ]")
            if table == key or (not group and table.startswith(f"{name}.")):
                return number
        left = bare.split("=")[0].strip().strip("\"'")
        if "=" in bare and (f"{table}.{left}" if table else left) in {key, group}:
            return number
    return 0
