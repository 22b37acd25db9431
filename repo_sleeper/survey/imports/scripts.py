"""JavaScript and TypeScript: relative paths, tsconfig paths, packages of a workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from repo_sleeper.survey.imports.manifests import Package, star_of
from repo_sleeper.survey.imports.modules import Modules

Pairs = tuple[tuple[str, str], ...]

_ENDINGS = (
    *(".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"),
    *(".vue", ".svelte", ".json"),
)
_BUILT = frozenset({"dist", "distribution", "build", "lib", "out", "esm", "cjs", "es"})
_SOURCES = ("src", "source", "")  # folders of a package, the last one it itself


def script(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """Relative paths first, then aliases, then packages that this tree holds."""
    del names
    folder = posixpath.dirname(path)
    plain = module.partition("?")[0]
    if plain.startswith("."):
        found = _file(modules, posixpath.normpath(posixpath.join(folder, plain)))
    else:
        found = _aliased(modules, folder, plain) or _packaged(modules, folder, plain)
    if found:
        yield found


def _file(modules: Modules, base: str) -> str:
    base = "" if base == "." else base
    stem, ending = posixpath.splitext(base)
    bases = (base, stem) if ending in _ENDINGS else (base,)
    candidates = [base] if base else []
    for one in bases:
        candidates += [f"{one}{end}" for end in _ENDINGS] if one else []
        candidates += [posixpath.join(one, f"index{end}") for end in _ENDINGS]
    found = modules.first(candidates)
    if found or base not in modules.manifests.package_folders:
        return found
    return _entry(modules, modules.manifests.package_folders[base], ".")


def _aliased(modules: Modules, folder: str, module: str) -> str:
    """What the nearest configuration above says the name stands for."""
    for alias in modules.manifests.aliases:
        if alias.folder and folder != alias.folder and not folder.startswith(f"{alias.folder}/"):
            continue
        middle = star_of(alias.pattern, module)
        for target in alias.targets if middle is not None else ():
            found = _file(modules, posixpath.normpath(target.replace("*", middle or "")))
            if found:
                return found
    return ""


def _packaged(modules: Modules, folder: str, module: str) -> str:
    manifests = modules.manifests
    if module.startswith("#"):
        own = manifests.package_around(folder)
        return _listed(modules, own, own.imports, module) if own else ""
    count = 2 if module.startswith("@") else 1
    parts = module.split("/")
    package = manifests.packages.get("/".join(parts[:count]))
    if package is None:
        return ""
    return _entry(modules, package, "/".join((".", *parts[count:])))


def _entry(modules: Modules, package: Package, inner: str) -> str:
    """A file of a package by what it exports; of what is built only the source is in the tree."""
    found = _listed(modules, package, package.exports, inner)
    if found:
        return found
    if inner != ".":
        plain = posixpath.normpath(posixpath.join(package.folder, inner))
        under = posixpath.normpath(posixpath.join(package.folder, "src", inner))
        return _file(modules, plain) or _file(modules, under)
    places = [source for main in package.mains for source in _sources(package.folder, main)]
    places += [posixpath.join(package.folder, name) for name in ("src/index", "index", "src/main")]
    return next((found for place in places if (found := _file(modules, place))), "")


def _listed(modules: Modules, package: Package, table: Pairs, name: str) -> str:
    for pattern, target in table:
        middle = star_of(pattern, name)
        for place in _sources(package.folder, target.replace("*", middle or "")):
            if middle is None:
                break
            found = _file(modules, place)
            if found:
                return found
    return ""


def _sources(folder: str, target: str) -> Iterator[str]:
    """The path itself, and where the source of a built file lies."""
    place = posixpath.normpath(posixpath.join(folder, target))
    yield place
    parts = posixpath.relpath(place, folder or ".").split("/")
    if parts[0] in _BUILT and len(parts) > 1:
        stem = posixpath.splitext("/".join(parts[1:]))[0]
        for source in _SOURCES:
            yield posixpath.join(folder, source, stem.removesuffix(".d"))
            yield posixpath.join(folder, source, posixpath.basename(stem).partition(".")[0])
