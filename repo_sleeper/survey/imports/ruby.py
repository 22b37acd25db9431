"""Ruby: `require_relative` beside the file, `require` from a `lib` folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from repo_sleeper.survey.imports.modules import Modules, closest

# Where both exist, `require "json"` means Ruby's own and not a file of that name beside.
_OWN = frozenset(
    {"base64", "benchmark", "bundler", "cgi", "csv", "date", "digest", "erb", "fileutils"}
    | {"forwardable", "json", "logger", "net/http", "openssl", "optparse", "ostruct", "pathname"}
    | {"rubygems", "securerandom", "set", "shellwords", "singleton", "socket", "stringio"}
    | {"strscan", "tempfile", "time", "timeout", "tmpdir", "uri", "yaml", "zlib"}
)
_LOADED = ("lib", "test", "spec", "app", "")  # folders that Ruby is usually told to look in


def ruby(modules: Modules, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """The nearest load path that has it; a relative path only where that is."""
    del names
    file = module if module.endswith(".rb") else f"{module}.rb"
    folder = posixpath.dirname(path)
    beside = posixpath.normpath(posixpath.join(folder, file))
    if module.startswith("."):
        found = modules.first([beside])
    elif module in _OWN:
        found = ""
    else:
        found = _loaded(modules, path, file) or modules.first([beside])
    if found:
        yield found


def _loaded(modules: Modules, path: str, file: str) -> str:
    same_name = modules.by_basename.get(posixpath.basename(file), ())
    found = [one for one in same_name if one == file or one.endswith(f"/{file}")]
    for folder in _LOADED:
        inside = [one for one in found if _above(one, file) == folder]
        if inside:
            return closest(path, inside)
    return ""


def _above(path: str, file: str) -> str:
    """The last folder of what is left of a path without the part that was asked for."""
    return posixpath.basename(path.removesuffix(file).rstrip("/"))
