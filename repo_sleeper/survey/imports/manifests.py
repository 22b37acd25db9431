"""What manifests say of names: go.mod, package.json, deno.json, tsconfig.json, Cargo.toml, ..."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_GO_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_NOT_JSON = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
_CONDITIONS = ("source", "import", "module", "default", "require", "node", "browser", "types")
_PACKAGES = ("package.json", "deno.json", "jsr.json")  # alike in what they say of names
_DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")
_PARENTS = 5  # configurations that extend one another

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Package:
    """A package.json: `exports` and `imports` as pairs of a pattern and a path."""

    folder: str
    mains: tuple[str, ...] = ()
    exports: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that stands for paths below a folder; one `*` matches anything."""

    folder: str
    pattern: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifests:
    """Everything that they say, the nearest or longest first."""

    go_modules: tuple[tuple[str, str], ...] = ()  # module path, folder
    packages: Mapping[str, Package] = field(default_factory=dict)
    package_folders: Mapping[str, Package] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    crates: Mapping[str, str] = field(default_factory=dict)  # name in code -> root file
    namespaces: tuple[tuple[str, str], ...] = ()  # PHP prefix, folder

    def package_around(self, folder: str) -> Package | None:
        """The package a folder belongs to."""
        while folder and folder not in self.package_folders:
            folder = posixpath.dirname(folder)
        return self.package_folders.get(folder)


def star_of(pattern: str, name: str) -> str | None:
    """What the `*` of a pattern stands for; None when the name does not fit."""
    head, star, tail = pattern.partition("*")
    if not star:
        return "" if name == pattern else None
    fits = name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail)
    return name[len(head) : len(name) - len(tail)] if fits else None


def is_name_manifest(path: str) -> bool:
    """Whether a file of this name may say what imports mean."""
    name = posixpath.basename(path)
    if name in ("go.mod", "Cargo.toml", "composer.json", *_PACKAGES):
        return True
    return name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json")


def read_manifests(texts: Mapping[str, str]) -> Manifests:
    """All that these files say; what cannot be read says nothing."""
    files = [found for name in _PACKAGES for found in _named(texts, name)]
    packages = [_package(path, _json(text)) for path, text in files]
    configs = {path: _json(text) for path, text in _named(texts, "sconfig")}
    return Manifests(
        go_modules=tuple(_longest_first(_go_modules(_named(texts, "go.mod")))),
        packages={name: package for name, package in reversed(packages) if name},
        package_folders={package.folder: package for _, package in packages},
        aliases=tuple(_aliases(configs)),
        crates=_crates(_named(texts, "Cargo.toml")),
        namespaces=tuple(_longest_first(_namespaces(_named(texts, "composer.json")))),
    )


def _named(texts: Mapping[str, str], name: str) -> Iterator[tuple[str, str]]:
    for path in sorted(texts, key=lambda one: (one.count("/"), one)):
        if name in posixpath.basename(path):
            yield path, texts[path]


def _longest_first(pairs: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))


def _go_modules(files: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for path, text in files:
        found = _GO_MODULE.search(text)
        if found:
            yield found[1], posixpath.dirname(path)


def _json(text: str) -> Json:
    """JSON, also with comments and last commas, as configurations have them."""
    try:
        try:
            found = json.loads(text)
        except ValueError:
            plain = _NOT_JSON.sub(lambda match: match[1] or "", text)
            found = json.loads(_LAST_COMMA.sub(lambda match: match[1] or "", plain))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _table(parent: Json, *names: str) -> Json:
    for name in names:
        found = parent.get(name)
        parent = found if isinstance(found, dict) else {}
    return parent


def _package(path: str, said: Json) -> tuple[str, Package]:
    mains = [said.get(key) for key in ("source", "module", "main", "types", "typings")]
    name = said.get("name")
    return name if isinstance(name, str) else "", Package(
        posixpath.dirname(path),
        tuple(main for main in mains if isinstance(main, str)),
        tuple(_targets_of(said.get("exports"), ".")),
        tuple(_targets_of(said.get("imports"), "")),
    )


def _targets_of(said: object, name: str) -> Iterator[tuple[str, str]]:
    """Patterns and paths; of several conditions all, the likeliest source first."""
    if isinstance(said, str):
        yield name, said
    elif isinstance(said, list):
        for one in said:
            yield from _targets_of(one, name)
    elif isinstance(said, dict):
        keys = sorted(said, key=lambda key: _CONDITIONS.index(key) if key in _CONDITIONS else 99)
        for key in keys:
            is_name = key.startswith((".", "#"))
            yield from _targets_of(said[key], key if is_name else name)


def _aliases(configs: Mapping[str, Json]) -> Iterator[Alias]:
    """The deepest configuration first: the nearest one above a file decides."""
    for path in sorted(configs, key=lambda one: (-one.count("/"), one)):
        folder = posixpath.dirname(path)
        for place, options in _inherited(configs, path):
            base = options.get("baseUrl")
            root = posixpath.join(place, base) if isinstance(base, str) else place
            paths = _table(options, "paths")
            for pattern in sorted(paths, key=lambda one: (-len(one.partition("*")[0]), one)):
                yield Alias(folder, pattern, tuple(_below(root, paths[pattern])))
            if isinstance(base, str):
                yield Alias(folder, "*", tuple(_below(root, ["*"])))


def _inherited(configs: Mapping[str, Json], path: str) -> Iterator[tuple[str, Json]]:
    for _ in range(_PARENTS):
        said = configs.get(path)
        if said is None:
            return
        folder = posixpath.dirname(path)
        yield folder, _table(said, "compilerOptions")
        parent = said.get("extends")
        if not isinstance(parent, str) or not parent.startswith("."):
            return
        path = posixpath.normpath(posixpath.join(folder, parent))
        path = path if path.endswith(".json") else f"{path}.json"


def _below(root: str, targets: object) -> Iterator[str]:
    for target in targets if isinstance(targets, list) else ():
        if isinstance(target, str):
            yield posixpath.normpath(posixpath.join(root, target))


def _toml(text: str) -> Json:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _crates(files: Iterator[tuple[str, str]]) -> dict[str, str]:
    """The root file of each crate, by its name and by those that others use it under."""
    read = [(posixpath.dirname(path), _toml(text)) for path, text in files]
    libraries = [one for folder, said in read for one in _library(folder, said)]
    packages: dict[object, str] = {package: root for package, _, root in libraries}
    renamed = [one for _, said in read for one in _renamed(said)]
    found = {name: packages[package] for name, package in renamed if package in packages}
    return {**found, **{name: root for _, name, root in libraries}}


def _library(folder: str, said: Json) -> Iterator[tuple[object, str, str]]:
    """A package, what its library is called in code, and the file it begins in."""
    library, package = _table(said, "lib"), _table(said, "package").get("name")
    name = library.get("name") or package
    root = library.get("path") or "src/lib.rs"
    if isinstance(name, str) and isinstance(root, str):
        yield package, name.replace("-", "_"), posixpath.normpath(posixpath.join(folder, root))


def _renamed(said: Json) -> Iterator[tuple[str, str]]:
    """`tax = { package = "tax-eu", path = "../tax-eu" }`: what a crate is called here instead."""
    for place in (said, _table(said, "workspace")):
        for section in _DEPENDENCIES:
            for name, wanted in _table(place, section).items():
                package = wanted.get("package") if isinstance(wanted, dict) else None
                if isinstance(package, str):
                    yield name.replace("-", "_"), package


def _namespaces(files: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for path, text in files:
        said = _json(text)
        for section in ("autoload", "autoload-dev"):
            for standard in ("psr-4", "psr-0"):
                yield from _prefixes(_table(said, section, standard), path, standard)


def _prefixes(table: Json, path: str, standard: str) -> Iterator[tuple[str, str]]:
    folder = posixpath.dirname(path)
    for prefix, said in table.items():
        for place in said if isinstance(said, list) else [said]:
            if isinstance(place, str):
                inner = prefix.replace("\\", "/") if standard == "psr-0" else ""
                where = posixpath.normpath(posixpath.join(folder, place, inner))
                yield prefix, "" if where == "." else where
