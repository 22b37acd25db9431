"""Imports resolved to files of the tree, as far as names alone can tell."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from repo_sleeper.survey.files import SourceFile

_SCRIPT_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte")
_SCRIPT = ("javascript", "typescript", "tsx")
_C = ("c", "cpp")

Row = tuple[str, int, str, tuple[str, ...]]  # path, line, module as written, names


@dataclass(frozen=True, slots=True)
class Edge:
    """A file names another at a line."""

    path: str
    line: int
    target: str


@dataclass(frozen=True, slots=True)
class Modules:
    """The files of a tree under the names that imports may use for them."""

    languages: dict[str, str]
    by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    folders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def resolved(rows: Iterable[Row], files: Iterable[SourceFile]) -> list[Edge]:
    """Every import that names files of this tree, each file once per line, in order."""
    modules = known_modules(files)
    edges = {
        Edge(path, line, target)
        for path, line, module, names in rows
        for target in _targets(modules, path, module, names)
        if target != path
    }
    return sorted(edges, key=lambda edge: (edge.path, edge.line, edge.target))


def known_modules(files: Iterable[SourceFile]) -> Modules:
    """Index the files by dotted name and by folder."""
    modules = Modules({file.path: file.language for file in files})
    for path in sorted(modules.languages):
        modules.folders[posixpath.dirname(path)].append(path)
        for name in _dotted_names(path, modules):
            modules.by_name[name].append(path)
    return modules


def _dotted_names(path: str, modules: Modules) -> Iterator[str]:
    stem = posixpath.splitext(path)[0]
    if modules.languages[path] == "python":
        stem = stem.removesuffix("/__init__")
        yield stem[len(_source_root(path, modules.languages)) :].lstrip("/").replace("/", ".")
    elif modules.languages[path] in ("java", "kotlin", "scala"):
        parts = stem.split("/")
        yield from (".".join(parts[start:]) for start in range(len(parts) - 1))


def _source_root(path: str, known: Collection[str]) -> str:
    """The folder above the outermost package that holds this file."""
    folder = posixpath.dirname(path)
    while folder and f"{folder}/__init__.py" in known:
        folder = posixpath.dirname(folder)
    return folder


def _targets(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    language = modules.languages.get(path, "")
    if language == "python":
        yield from _python(modules, path, module, names)
    elif language in _SCRIPT:
        yield from _script(modules, path, module)
    elif language == "go":
        yield from _go(modules, module)
    elif language == "rust":
        yield from _rust(modules, path, module, names)
    elif language in ("java", "kotlin", "scala"):
        yield from _dotted(modules, path, module, names)
    elif language in _C:
        yield from _include(modules, path, module)


def _python(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """`from pkg import name` means the module pkg.name if there is one, else pkg itself."""
    absolute = _absolute(modules, path, module)
    found = [_nearest(modules, path, f"{absolute}.{name}".strip(".")) for name in names]
    yield from (target for target in found if target)
    if not names or not all(found):
        whole = _nearest(modules, path, absolute)
        if whole:
            yield whole


def _absolute(modules: Modules, path: str, module: str) -> str:
    name = module.lstrip(".")
    dots = len(module) - len(name)
    if not dots:
        return name
    folder = posixpath.dirname(path)
    for _ in range(dots - 1):
        folder = posixpath.dirname(folder)
    package = folder[len(_source_root(path, modules.languages)) :].lstrip("/").replace("/", ".")
    return f"{package}.{name}".strip(".")


def _nearest(modules: Modules, path: str, name: str) -> str:
    """The file of that name; of several, the one that shares most of its path with `path`."""
    found = modules.by_name.get(name, [])
    return max(found, key=lambda one: len(posixpath.commonprefix((one, path))), default="")


def _script(modules: Modules, path: str, module: str) -> Iterator[str]:
    if not module.startswith("."):
        return
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
    stem, ending = posixpath.splitext(base)
    bases = (base, stem) if ending in _SCRIPT_ENDINGS else (base,)
    candidates = [base]
    for one in bases:
        candidates += [f"{one}{end}" for end in _SCRIPT_ENDINGS]
        candidates += [f"{one}/index{end}" for end in _SCRIPT_ENDINGS]
    yield from [one for one in candidates if one in modules.languages][:1]


def _go(modules: Modules, module: str) -> Iterator[str]:
    """A Go import names a folder; without go.mod, the longest folder that ends the name."""
    parts = module.split("/")
    for start in range(len(parts)):
        inside = [one for one in modules.folders.get("/".join(parts[start:]), ()) if _is_go(one)]
        if inside:
            yield from inside
            return


def _is_go(path: str) -> bool:
    return path.endswith(".go") and not path.endswith("_test.go")


def _rust(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    first, *rest = module.split("::")
    folder = posixpath.dirname(path)
    if posixpath.basename(path) not in ("mod.rs", "lib.rs", "main.rs"):
        folder = posixpath.splitext(path)[0]
    start = {"self": folder, "super": posixpath.dirname(folder)}.get(first)
    if first == "crate":
        start = _crate_root(modules, path)
    if start is None:
        return
    for parts in ([*rest, *names[:1]], rest, rest[:-1]):
        stem = posixpath.join(start, *parts)
        found = [one for one in (f"{stem}.rs", f"{stem}/mod.rs") if one in modules.languages]
        if found:
            yield found[0]
            return


def _crate_root(modules: Modules, path: str) -> str | None:
    folder = posixpath.dirname(path)
    while folder:
        if {f"{folder}/lib.rs", f"{folder}/main.rs"} & modules.languages.keys():
            return folder
        folder = posixpath.dirname(folder)
    return None


def _dotted(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in (module, *(f"{module}.{one}" for one in names)):
        target = _nearest(modules, path, name)
        if target:
            yield target


def _include(modules: Modules, path: str, module: str) -> Iterator[str]:
    name = module.strip('<>"')
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    for candidate in (beside, name, f"include/{name}", f"src/{name}"):
        if candidate in modules.languages:
            yield candidate
            return
