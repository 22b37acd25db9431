"""Java, Kotlin and Scala packages, PHP and C# namespaces."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from repo_sleeper.survey.imports.modules import Modules, closest

_JVM = frozenset({"java", "kotlin", "scala"})
_CLAUSE = re.compile(r"^[ \t]*package[ \t]+([\w.]+)[ \t]*;?[ \t]*(?://.*)?\r?$", re.MULTILINE)
_MOST_FILES = 40  # of a package that is imported whole


def jvm(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """A class by its file; a function by who defines it; what is inside a class by the class."""
    wholes = [f"{module}.{name}" for name in names] or [module]
    for whole in wholes:
        found = _innermost(modules, path, whole)
        if found:
            yield found
        else:
            yield from _whole_package(modules, path, whole)


def _innermost(modules: Modules, path: str, whole: str) -> str:
    """The file of a name, or else of the class that it is in: of Road for Road.Companion.toRoad."""
    package, _, name = whole.rpartition(".")
    while package:
        found = modules.nearest(path, whole) or _definer(modules, path, package, name)
        if found or not package.rpartition(".")[2][:1].isupper():
            return found
        whole = package
        package, _, name = whole.rpartition(".")
    return ""


def _definer(modules: Modules, path: str, package: str, name: str) -> str:
    found = [one for one in modules.definers.get(name, ()) if _is_in(modules, one, package)]
    return closest(path, found)


def _is_in(modules: Modules, path: str, package: str) -> bool:
    """By the folder; many a folder is called as a package of one word, so that has to say so."""
    if "." not in package:
        return modules.packages.get(path, "") == package
    return posixpath.dirname(path) in modules.ends.get(package, ())


def _whole_package(modules: Modules, path: str, package: str) -> Iterator[str]:
    files = [
        one
        for folder in modules.ends.get(package, ())
        for one in modules.folders[folder]
        if _is_jvm(modules, one) and _is_in(modules, one, package)
    ]
    wanted = modules.wanted_of(path, files)
    yield from wanted if len(wanted) <= _MOST_FILES else ()


def one_word_packages(
    languages: Mapping[str, str], imports: Iterable[tuple[str, int, str, tuple[str, ...]]]
) -> list[str]:
    """The files whose package clause has to be read: an import may mean a package of one word."""
    words = {
        module.partition(".")[0]
        for path, _, module, _ in imports
        if languages.get(path) in _JVM and module.count(".") <= 1
    }
    return [
        path
        for path in sorted(languages)
        if languages[path] in _JVM and posixpath.basename(posixpath.dirname(path)) in words
    ]


def package_clause(source: str) -> str:
    """The package that a file says it is in."""
    found = _CLAUSE.search(source)
    return found[1] if found else ""


def _is_jvm(modules: Modules, path: str) -> bool:
    return modules.languages[path] in _JVM


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
    """The files of a namespace that define what is used; all where no use is known.

    A namespace that nothing is used of has many files, and none of them is meant.
    """
    del names
    files = [one for one in modules.namespaces.get(module, ()) if one != path]
    wanted = modules.used_by(path, files) if modules.used.get(path) else files
    yield from wanted if len(wanted) <= _MOST_FILES else ()
