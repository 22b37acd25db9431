"""Java, Kotlin and Scala packages, PHP and C# namespaces."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from repo_sleeper.survey.imports.modules import Modules, closest

_MOST_FILES = 40  # of a package that is imported whole


def jvm(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """A class by its file; a function by who defines it; what is inside a class by the class."""
    wholes = [f"{module}.{name}" for name in names] or [module]
    for whole in wholes:
        package, _, last = whole.rpartition(".")
        found = modules.nearest(path, whole) if package else ""
        found = found or _definer(modules, path, package, last)
        outer = package.rpartition(".")[0]
        if not found and outer and package.rpartition(".")[2][:1].isupper():
            found = modules.nearest(path, package)
        if found:
            yield found
        else:
            yield from _whole_package(modules, path, whole)


def _definer(modules: Modules, path: str, package: str, name: str) -> str:
    folders = set(modules.ends.get(package, ())) if "." in package else set()
    found = [one for one in modules.definers.get(name, ()) if posixpath.dirname(one) in folders]
    return closest(path, found)


def _whole_package(modules: Modules, path: str, package: str) -> Iterator[str]:
    folders = modules.ends.get(package, ()) if "." in package else ()
    files = [one for folder in folders for one in modules.folders[folder] if _is_jvm(modules, one)]
    wanted = modules.wanted_of(path, files)
    yield from wanted if len(wanted) <= _MOST_FILES else ()


def _is_jvm(modules: Modules, path: str) -> bool:
    return modules.languages[path] in ("java", "kotlin", "scala")


def php(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """A class by the folder of its namespace's prefix; a path relative to the file."""
    if "/" in module or module.endswith(".php"):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), module.lstrip("/")))
        found = modules.first([place, posixpath.normpath(module.lstrip("/"))])
        if found:
            yield found
        return
    for whole in [f"{module}\\{name}" for name in names] or [module]:
        found = modules.first(list(_class_files(modules, whole.lstrip("\\"))))
        if found:
            yield found


def _class_files(modules: Modules, name: str) -> Iterator[str]:
    for prefix, folder in modules.manifests.namespaces:
        if name.startswith(prefix):
            inner = name[len(prefix) :].lstrip("\\").replace("\\", "/")
            yield posixpath.join(folder, f"{inner}.php")


def csharp(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """The files of a namespace that define what is used; best effort."""
    del names
    files = [one for one in modules.namespaces.get(module, ()) if one != path]
    wanted = modules.wanted_of(path, files)
    yield from wanted if len(wanted) <= _MOST_FILES else ()
