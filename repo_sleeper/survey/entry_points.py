"""Where programs start: declared commands, main functions, containers, make targets."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.store.code import StoredSymbol
from repo_sleeper.survey.files import is_aside, is_test
from repo_sleeper.survey.wording import (
    MOST,
    at_definition,
    at_line,
    at_path,
    listed,
    survey_note,
)
from repo_sleeper.words import counted

_GUARD = re.compile(r"""^if\s+__name__\s*==\s*["']__main__["']""")
_TARGET = re.compile(r"^([a-zA-Z][\w-]*)\s*:(?![=:])")
_CONTAINER = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+(.+)$", re.IGNORECASE)
_CONSOLE = re.compile(r"""^[\s"']*([\w.-]+)\s*=\s*([\w.]+:[\w.]+)""")
_MAIN_LANGUAGES = {
    ".go": "main",
    ".rs": "main",
    ".java": "main",
    ".kt": "main",
    ".c": "main",
    ".cc": "main",
    ".cpp": "main",
    ".cs": "Main",
}
_MANIFESTS = frozenset(
    {"pyproject.toml", "setup.cfg", "setup.py", "package.json", "Dockerfile"}
    | {"Cargo.toml", "composer.json", "GNUmakefile", "Makefile", "makefile"}
)
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")  # make reads the first that there is
_BUILD_SCRIPT = "build.rs"
_DEEPEST = 2  # folders above a manifest: those of fixtures and templates lie deeper

Lines = Sequence[str]


def is_manifest(path: str) -> bool:
    """Whether a file of this name may declare where a program starts."""
    name = posixpath.basename(path)
    known = name in _MANIFESTS or name.startswith("Dockerfile.")
    return known and path.count("/") <= _DEEPEST and not is_test(path) and not is_aside(path)


def entry_points(
    manifests: Mapping[str, Lines],
    scripts: Mapping[str, Lines],
    mains: Iterable[StoredSymbol],
    packages: Collection[str] = (),
    *,
    condition: Callable[[StoredSymbol], str] = lambda _: "",
) -> list[Note]:
    """Declared commands first, then mains, containers, scripts and make targets.

    `scripts` are Python files that may test `__name__`; `mains` are symbols called main;
    `packages` are the folders that Python sees as such; `condition` is under what `#if` a main
    is compiled.
    """
    declared = {path for one in manifests for path in _binaries(one, manifests[one])}
    starts = [(one, condition(one)) for one in mains if _is_a_start(one, declared)]
    ordered = (
        *(note for path in sorted(manifests) for note in _declared(path, manifests[path])),
        *_mains(one for one in starts if not one[1]),
        *(note for path in sorted(scripts) for note in _guarded(path, scripts[path], packages)),
        *(note for path in _makefiles(manifests) for note in _make_targets(path, manifests[path])),
        *_mains(one for one in starts if one[1]),  # mostly tests of their file
    )
    return list({note.id: note for note in ordered}.values())[:MOST]


def _declared(path: str, lines: Lines) -> Iterator[Note]:
    name = posixpath.basename(path)
    if name == "pyproject.toml":
        yield from _commands(path, lines, _pyproject_scripts("\n".join(lines)))
    elif name == "Cargo.toml":
        yield from _commands(path, lines, _cargo_binaries(path, lines))
    elif name == "composer.json":
        yield from _commands(path, lines, _composer_binaries("\n".join(lines)))
    elif name == "package.json":
        yield from _commands(path, lines, _package_scripts("\n".join(lines)))
    elif name in ("setup.cfg", "setup.py"):
        yield from _commands(path, lines, _console_scripts(lines))
    elif name.startswith("Dockerfile"):
        yield from _container(path, lines)


def _binaries(path: str, lines: Lines) -> Iterable[str]:
    """The files that a manifest of cargo names as programs."""
    is_cargo = posixpath.basename(path) == "Cargo.toml"
    return _cargo_binaries(path, lines).values() if is_cargo else ()


def _cargo_binaries(path: str, lines: Lines) -> dict[str, str]:
    bins = _toml("\n".join(lines)).get("bin")
    named = [one for one in bins if isinstance(one, dict)] if isinstance(bins, list) else []
    found = [(one.get("name"), one.get("path")) for one in named]
    return {
        name: posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
        for name, file in found
        if isinstance(name, str) and isinstance(file, str)
    }


def _composer_binaries(text: str) -> dict[str, str]:
    bins = _json(text).get("bin")
    listed = bins if isinstance(bins, list) else [bins]
    return {posixpath.basename(one): one for one in listed if isinstance(one, str)}


def _toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _pyproject_scripts(text: str) -> dict[str, str]:
    project = _toml(text)
    poetry = _table(_table(project, "tool"), "poetry")
    tables = (
        _table(_table(project, "project"), "scripts"),
        _table(_table(project, "project"), "gui-scripts"),
        _table(poetry, "scripts"),
    )
    return {
        str(name): target
        for table in tables
        for name, target in table.items()
        if isinstance(target, str)
    }


def _table(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _package_scripts(text: str) -> dict[str, str]:
    package = _json(text)
    bins = package.get("bin")
    name = package.get("name")
    found = {str(name): bins} if isinstance(bins, str) else _table(package, "bin")
    commands = {key: value for key, value in found.items() if isinstance(value, str)}
    start = _table(package, "scripts").get("start")
    return {**commands, "npm start": start} if isinstance(start, str) else commands


def _console_scripts(lines: Lines) -> dict[str, str]:
    text = "\n".join(lines)
    if "console_scripts" not in text:
        return {}
    after = text[text.index("console_scripts") :].splitlines()[1:]
    found = (_CONSOLE.match(line) for line in after)
    return {match[1]: match[2] for match in found if match}


def _commands(path: str, lines: Lines, commands: Mapping[str, str]) -> Iterator[Note]:
    for name, target in sorted(commands.items()):
        line = _line_with(lines, name, posixpath.basename(target))
        yield survey_note(
            NoteKind.ENTRY_POINT,
            about=(path, name),
            title=f"`{name}` starts {target}",
            body=f"Declared in {path}. Follow a run of the program from there.",
            evidence=[at_line(path, line, lines[line])],
        )


def _line_with(lines: Lines, name: str, target: str) -> int:
    """Where both stand, or the target alone: the name may be that of the package."""
    both = (number for number, line in enumerate(lines) if name in line and target in line)
    alone = (number for number, line in enumerate(lines) if target in line)
    return next(both, next(alone, 0))


def _makefiles(manifests: Iterable[str]) -> list[str]:
    """Of each folder the file that make reads there; it looks at no other."""
    by_folder: dict[str, list[str]] = {}
    for path in manifests:
        if posixpath.basename(path) in _MAKEFILES:
            by_folder.setdefault(posixpath.dirname(path), []).append(path)
    return sorted(min(paths, key=_makefile_order) for paths in by_folder.values())


def _makefile_order(path: str) -> int:
    return _MAKEFILES.index(posixpath.basename(path))


def _make_targets(path: str, lines: Lines) -> Iterator[Note]:
    targets = {match[1]: at for at, line in enumerate(lines) if (match := _TARGET.match(line))}
    if not targets:
        return
    first = min(targets.values())
    yield survey_note(
        NoteKind.ENTRY_POINT,
        about=(path, "make"),
        title=f"make has {counted(len(targets), 'target')} in {path}: {listed(list(targets), 6)}",
        body=f"All targets: {', '.join(targets)}.",
        evidence=[at_line(path, first, lines[first])],
    )


def _container(path: str, lines: Lines) -> Iterator[Note]:
    found = [(at, match) for at, line in enumerate(lines) if (match := _CONTAINER.match(line))]
    for at, match in found[-1:]:  # of several only the last one counts
        yield survey_note(
            NoteKind.ENTRY_POINT,
            about=(path, "container"),
            title=f"The container of {path} starts {match[2].strip()}",
            body=f"{match[1].upper()} of {path}.",
            evidence=[at_line(path, at, lines[at])],
        )


def _is_a_start(symbol: StoredSymbol, declared: Collection[str]) -> bool:
    wanted = _MAIN_LANGUAGES.get(posixpath.splitext(symbol.path)[1])
    is_beside = is_test(symbol.path) or is_aside(symbol.path)
    return symbol.name == wanted and symbol.path not in declared and not is_beside


def _mains(starts: Iterable[tuple[StoredSymbol, str]]) -> Iterator[Note]:
    for symbol, condition in sorted(starts, key=lambda one: (one[0].path.count("/"), one[0].path)):
        only = f", compiled only under {condition}" if condition else ""
        title = f"A program starts at {symbol.qualified} in {symbol.path}{only}"
        body = f"Follow a run of the program from line {symbol.range.start + 1}."
        if posixpath.basename(symbol.path) == _BUILD_SCRIPT:
            title = f"Cargo runs {symbol.path} before it compiles the package"
            body = "What it prints decides on features, linked libraries and variables."
        yield survey_note(
            NoteKind.ENTRY_POINT,
            about=(symbol.path, symbol.qualified),
            title=title,
            body=body,
            evidence=[at_definition(symbol)],
        )


def _module(folder: str, packages: Collection[str]) -> str:
    """What a folder is called in Python: `src` above a package is no part of its name."""
    name, above = posixpath.basename(folder), posixpath.dirname(folder)
    return f"{_module(above, packages)}.{name}" if above in packages else name


def _guarded(path: str, lines: Lines, packages: Collection[str]) -> Iterator[Note]:
    if is_test(path) or is_aside(path):
        return
    line = next((at for at, text in enumerate(lines) if _GUARD.match(text)), None)
    is_package = posixpath.basename(path) == "__main__.py"
    if line is None and not is_package:
        return
    how = f"python -m {_module(posixpath.dirname(path), packages)}" if is_package else "python"
    yield survey_note(
        NoteKind.ENTRY_POINT,
        about=(path, "script"),
        title=f"`{how}` runs {path}" if is_package else f"{path} runs as a script",
        body="It acts only when started, not when imported." if line is not None else "",
        evidence=[at_path(path) if line is None else at_line(path, line, lines[line])],
    )
