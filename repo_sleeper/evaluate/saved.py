"""Results kept line by line, so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import repo_sleeper


class Shelf:
    """One JSON object per line, by key; a line that a crash cut short is as if never written."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: dict[str, Any] = dict(_read(file))

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def __getitem__(self, key: str) -> Any:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a value from now on, whatever happens next."""
        self._found[key] = value
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(_open_to_append(self._file), "a", encoding="utf-8") as out:
            # a line that was cut short must not swallow this one
            out.write("\n" + json.dumps([key, value], separators=(",", ":"), sort_keys=True))


def _read(file: Path) -> Iterable[tuple[str, Any]]:
    try:
        text = file.read_text("utf-8", "replace")
    except FileNotFoundError:
        return
    for line in text.split("\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, list) and len(found) == 2 and isinstance(found[0], str):  # noqa: PLR2004
            yield found[0], found[1]


def _open_to_append(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def fingerprint(*values: object) -> str:
    """A short name for all that a result depends on."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def code_version(*packages: str) -> str:
    """Changes when the code of these parts of the program does, released or not."""
    home = Path(repo_sleeper.__file__).parent
    digest = hashlib.sha256()
    for name in sorted(packages):
        for file in part_files(home, name):
            digest.update(str(file.relative_to(home)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def part_files(home: Path, name: str) -> list[Path]:
    """The code of one module or package, queries and templates included."""
    package = home / name
    if not package.is_dir():
        return [package.with_suffix(".py")]
    return sorted(file for file in package.rglob("*") if file.suffix in {".py", ".scm", ".md"})
