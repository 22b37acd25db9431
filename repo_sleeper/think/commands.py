"""The commands that a repository uses, read from its own files: what a note may tell one to run."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
_ENVLIST = re.compile(r"^env_?list\s*=\s*([\w.,\s-]+)$")
_ENV = re.compile(r"^\[testenv(?::([\w.-]+))?\]")
_SESSION = re.compile(r"^def\s+(\w+)\(session")
_RUN = re.compile(r"^(?P<indent>\s*(?:-\s+)?)run:\s*(?P<said>.*)$")
# A plain command: what writes variables, substitutes, branches or prints is the workflow's own
# affair.
_PLAIN = re.compile(r"(?!(?:echo|if|fi|for|do|done|then|else|set|export|cd)\b)[\w./][^$>|]*")

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
    scripts = _within(_table(json.loads, lines), "scripts")
    return (f"npm run {name}: {script}" for name, script in scripts.items())


def _composed(lines: Lines) -> Iterator[str]:
    scripts = _within(_table(json.loads, lines), "scripts")
    return (f"composer {name}: {script}" for name, script in scripts.items())


def _environments(lines: Lines) -> Iterator[str]:
    for line in lines:
        if found := _ENV.match(line):
            yield f"tox -e {found[1]}" if found[1] else "tox"
        elif listed := _ENVLIST.match(line):
            yield from (f"tox -e {name}" for name in re.split(r"[\s,]+", listed[1]) if name)


def _sessions(lines: Lines) -> Iterator[str]:
    return (f"nox -s {found[1]}" for line in lines if (found := _SESSION.match(line)))


def _runs(lines: Lines) -> Iterator[str]:
    said = (line.strip().strip("'\"") for line in _steps(lines))
    return (command for command in said if _PLAIN.fullmatch(command))


def _steps(lines: Lines) -> Iterator[str]:
    """What each step runs: the rest of its line, or every line of the block below it."""
    inside = -1  # columns that a line of the block is indented by, at least
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) < inside:
            inside = -1
        if inside >= 0:
            yield line
        elif found := _RUN.match(line):
            said = found["said"].strip()
            if said[:1] in {"|", ">"}:
                inside = len(found["indent"]) + 1
            else:
                yield said


def _configured(lines: Lines) -> Iterator[str]:
    said = _table(tomllib.loads, lines)
    known = _within(said, "tool")
    if "pytest" in known:
        yield "pytest"
    yield from (f"tox -e {name}" for name in _within(known, "tox", "env"))
    for runner, *place in _RUNNERS:
        yield from (f"{runner} {name}" for name in _within(known, *place))
    yield from _within(said, "project", "scripts")


def _within(table: Mapping[str, object], *names: str) -> Mapping[str, object]:
    """The table at the end of these names, empty where there is none."""
    for name in names:
        inner = table.get(name)
        table = inner if isinstance(inner, dict) else {}
    return table


def _table(load: Callable[[str], object], lines: Lines) -> dict[str, object]:
    try:
        found = load("\n".join(lines))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_RUNNERS = (  # who runs it, and where pyproject.toml names it
    ("pdm run", "pdm", "scripts"),
    ("poe", "poe", "tasks"),
    ("hatch run", "hatch", "envs", "default", "scripts"),
)
_READERS: dict[str, Callable[[Lines], Iterable[str]]] = {
    "GNUmakefile": _targets,
    "Makefile": _targets,
    "justfile": _recipes,
    "package.json": _scripts,
    "composer.json": _composed,
    "pyproject.toml": _configured,
    "tox.ini": _environments,
    "noxfile.py": _sessions,
}
