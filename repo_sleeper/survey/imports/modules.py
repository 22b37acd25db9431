"""What resolving needs to know of a tree: its files, their names, what its manifests say."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from repo_sleeper.survey.imports.manifests import Manifests

_JVM = frozenset({"java", "kotlin", "scala"})
_COMMON = "commonMain"  # declares what each platform gives a body
_ROOTS = ("src/", "lib/", "python/")


@dataclass(frozen=True, slots=True)
class Modules:
    """The files of a tree under the names that imports may use for them.

    `defined` has the top-level names of the files of some languages, `used` the names that those
    of Go and C# use, `namespaces` the files of each C# namespace, `packages` the package that some
    Java, Kotlin and Scala files say they are in.
    """

    languages: Mapping[str, str]
    manifests: Manifests = field(default_factory=Manifests)
    defined: Mapping[str, Collection[str]] = field(default_factory=dict)
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)
    namespaces: Mapping[str, Sequence[str]] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_basename: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    folders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    definers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def nearest(self, path: str, name: str) -> str:
        """The file of that dotted name; of several, the one closest to `path`."""
        return closest(path, self.by_name.get(name, ()))

    def first(self, candidates: Sequence[str]) -> str:
        """The first of these paths that there is."""
        return next((one for one in candidates if one in self.languages), "")

    def wanted_of(self, path: str, candidates: Sequence[str]) -> list[str]:
        """Of the files of a package, those that define a name which `path` uses.

        All of them when none does: the names of some files are not known.
        """
        return self.used_by(path, candidates) or list(candidates)

    def used_by(self, path: str, candidates: Sequence[str]) -> list[str]:
        """Of some files those that define a name which `path` uses."""
        names = self.used.get(path, frozenset())
        return [one for one in candidates if not names.isdisjoint(self.defined.get(one, ()))]


def known_modules(  # noqa: PLR0913 -- each by its name
    languages: Mapping[str, str],
    manifests: Manifests | None = None,
    *,
    defined: Mapping[str, Collection[str]] | None = None,
    used: Mapping[str, frozenset[str]] | None = None,
    namespaces: Mapping[str, Sequence[str]] | None = None,
    packages: Mapping[str, str] | None = None,
) -> Modules:
    """Index the files by dotted name, by base name and by folder."""
    known = manifests or Manifests()
    modules = Modules(languages, known, defined or {}, used or {}, namespaces or {}, packages or {})
    for path in sorted(languages):
        folder, _, name = path.rpartition("/")
        modules.by_basename[name].append(path)
        if folder not in modules.folders:
            for end in _ends(folder):
                modules.ends[end].append(folder)
        modules.folders[folder].append(path)
        for dotted in _dotted_names(path, languages):
            modules.by_name[dotted].append(path)
    for path in sorted(modules.defined):
        for one in sorted(modules.defined[path]):
            modules.definers[one].append(path)
    return modules


def closest(path: str, found: Sequence[str]) -> str:
    """Of several files the one that shares most of its folders with `path`.

    Of equals what all platforms of a Kotlin project have in common, else the one whose path goes on
    like this one's, else the first.
    """
    if len(found) < 2:  # noqa: PLR2004 -- nothing to choose
        return found[0] if found else ""
    return max(found, key=lambda one: _closeness(path, one))


def _closeness(path: str, other: str) -> tuple[int, bool, int]:
    shared = posixpath.commonprefix((path, other))
    return shared.count("/"), f"/{_COMMON}/" in f"/{other}", len(shared)


def source_root(path: str, known: Collection[str]) -> str:
    """The folder above the outermost Python package that holds this file."""
    folder = posixpath.dirname(path)
    while folder and f"{folder}/__init__.py" in known:
        folder = posixpath.dirname(folder)
    return folder


def _dotted_names(path: str, languages: Mapping[str, str]) -> Iterator[str]:
    stem = posixpath.splitext(path)[0]
    if languages[path] == "python":
        yield from dict.fromkeys(_python_names(path, stem.removesuffix("/__init__"), languages))
    elif languages[path] in _JVM:
        yield from _ends(stem)


def _python_names(path: str, stem: str, known: Collection[str]) -> Iterator[str]:
    """By its packages first; by its folders too, because a package needs no `__init__`."""
    root = source_root(path, known)
    yield stem[len(root) :].lstrip("/").replace("/", ".")
    yield stem.replace("/", ".")
    for start in _ROOTS:  # also those of a package among others: `packages/tax/src`
        _, found, inner = f"/{stem}".rpartition(f"/{start}")
        if found:
            yield inner.replace("/", ".")


def _ends(path: str) -> Iterator[str]:
    """`a/b/c` under the names a.b.c and b.c, and c."""
    parts = path.split("/")
    return (".".join(parts[start:]) for start in range(len(parts)))
