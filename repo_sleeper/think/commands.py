"""The commands that a repository uses, read from its own files: what a note may tell one to run."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from repo_sleeper.errors import SleeperError
from repo_sleeper.redact import is_secret_path
from repo_sleeper.store import search, subjects
from repo_sleeper.store.database import Database
from repo_sleeper.think.reading import lines_of

_MOST = 12
_MOST_WORKFLOWS = 4
_LONGEST = 90
_WORKFLOWS = ".github/workflows/"
_TARGET = re.compile(r"^([a-zA-Z][\w-]*)\s*:(?![=:])")
_ENV = re.compile(r"^\[testenv(?::([\w.-]+))?\]")
_SESSION = re.compile(r"^def\s+(\w+)\(session")
# A plain command: what writes variables, substitutes or prints is the workflow's own affair.
_RUN = re.compile(r"^\s*(?:-\s+)?run:\s*(?!echo\b)([^|>\s][^$>|]*)$")

Lines = Sequence[str]


def commands(db: Database, tree_id: int, root: Path) -> list[str]:
    """What make, package managers, test runners and the builds of this repository are told to run.

    Each with the file that says so; a file that cannot be read or sent says nothing.
    """
    found: dict[str, str] = {}
    for path, read in _sources(db, tree_id):
        for command in read(_lines(db, tree_id, root, path)):
            found.setdefault(" ".join(command.split())[:_LONGEST], path)
    return [f"{command} ({path})" for command, path in list(found.items())[:_MOST]]


def _sources(db: Database, tree_id: int) -> Iterator[tuple[str, Callable[[Lines], Iterable[str]]]]:
    yield from _READERS.items()
    near = search.paths_ending(db, tree_id, ["github", "workflows"])
    workflows = [path for path in near if path.startswith(_WORKFLOWS)]
    yield from ((path, _runs) for path in workflows[:_MOST_WORKFLOWS])


def _lines(db: Database, tree_id: int, root: Path, path: str) -> Lines:
    file = None if is_secret_path(path) else subjects.live_file(db, tree_id, path)
    if file is None:
        return ()
    try:
        return lines_of(root, path, file.hash)[0]
    except SleeperError:
        return ()


def _targets(lines: Lines) -> Iterator[str]:
    return (f"make {found[1]}" for line in lines if (found := _TARGET.match(line)))


def _recipes(lines: Lines) -> Iterator[str]:
    return (f"just {found[1]}" for line in lines if (found := _TARGET.match(line)))


def _scripts(lines: Lines) -> Iterator[str]:
    said = _table(json.loads, lines).get("scripts")
    scripts = said if isinstance(said, dict) else {}
    return (f"npm run {name}: {script}" for name, script in scripts.items())


def _composed(lines: Lines) -> Iterator[str]:
    said = _table(json.loads, lines).get("scripts")
    scripts = said if isinstance(said, dict) else {}
    return (f"composer {name}: {script}" for name, script in scripts.items())


def _environments(lines: Lines) -> Iterator[str]:
    found = (_ENV.match(line) for line in lines)
    return (f"tox -e {one[1]}" if one[1] else "tox" for one in found if one)


def _sessions(lines: Lines) -> Iterator[str]:
    return (f"nox -s {found[1]}" for line in lines if (found := _SESSION.match(line)))


def _runs(lines: Lines) -> Iterator[str]:
    return (found[1].strip("'\"") for line in lines if (found := _RUN.match(line)))


def _configured(lines: Lines) -> Iterator[str]:
    tools = _table(tomllib.loads, lines).get("tool")
    known = tools if isinstance(tools, dict) else {}
    if "pytest" in known:
        yield "pytest"
    tox = known.get("tox")
    if isinstance(tox, dict) and isinstance(tox.get("env"), dict):
        yield from (f"tox -e {name}" for name in tox["env"])


def _table(load: Callable[[str], object], lines: Lines) -> dict[str, object]:
    try:
        found = load("\n".join(lines))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_READERS: dict[str, Callable[[Lines], Iterable[str]]] = {
    "Makefile": _targets,
    "justfile": _recipes,
    "package.json": _scripts,
    "composer.json": _composed,
    "pyproject.toml": _configured,
    "tox.ini": _environments,
    "noxfile.py": _sessions,
}
