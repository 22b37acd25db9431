"""The languages we read: how a file is recognised, which wheel parses it, which query reads it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from repo_sleeper.digest import blake2b

# Part of every grammar label: raise it when a query or the extraction gives other rows.
QUERY_VERSION = 9

TEXT = "text"


class Language(NamedTuple):
    """One row of the table. `package` is the wheel's module, `factory` its function."""

    name: str
    package: str
    extensions: tuple[str, ...]
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    factory: str = "language"
    queries: tuple[str, ...] = ()


LANGUAGES = (
    Language(
        "python",
        "tree_sitter_python",
        ("py", "pyi", "pyw"),
        ("SConstruct", "SConscript", "wscript"),
        ("python", "python2", "python3", "pypy3"),
    ),
    Language(
        "javascript",
        "tree_sitter_javascript",
        ("js", "mjs", "cjs", "jsx"),
        (),
        ("node", "nodejs", "deno", "bun"),
        queries=("javascript", "javascript-only", "jsx"),
    ),
    Language(
        "typescript",
        "tree_sitter_typescript",
        ("ts", "mts", "cts"),
        factory="language_typescript",
        queries=("javascript", "typescript"),
    ),
    Language(
        "tsx",
        "tree_sitter_typescript",
        ("tsx",),
        factory="language_tsx",
        queries=("javascript", "typescript", "jsx"),
    ),
    Language("go", "tree_sitter_go", ("go",)),
    Language("rust", "tree_sitter_rust", ("rs",)),
    Language("java", "tree_sitter_java", ("java",)),
    Language("c", "tree_sitter_c", ("c", "h")),
    Language(
        "cpp",
        "tree_sitter_cpp",
        ("cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx", "h++", "ipp", "inl", "tpp", "cu", "cuh"),
        queries=("c", "cpp"),
    ),
    Language("csharp", "tree_sitter_c_sharp", ("cs", "csx")),
    Language(
        "ruby",
        "tree_sitter_ruby",
        ("rb", "rake", "gemspec", "ru"),
        ("Rakefile", "Gemfile", "Guardfile", "Vagrantfile", "Podfile", "Brewfile"),
        ("ruby", "jruby"),
    ),
    Language(
        "php",
        "tree_sitter_php",
        ("php", "phtml", "php5", "php7", "phps"),
        (),
        ("php",),
        factory="language_php",
    ),
    Language("kotlin", "tree_sitter_kotlin", ("kt", "kts")),
    Language("swift", "tree_sitter_swift", ("swift",), (), ("swift",)),
    Language("scala", "tree_sitter_scala", ("scala", "sc", "sbt")),
    Language(
        "bash",
        "tree_sitter_bash",
        ("sh", "bash", "zsh", "ksh", "bats", "ebuild"),
        (".bashrc", ".bash_profile", ".profile", ".zshrc", "PKGBUILD"),
        ("sh", "bash", "dash", "zsh", "ksh"),
    ),
    Language("lua", "tree_sitter_lua", ("lua", "rockspec"), (), ("lua", "luajit", "texlua")),
)

# Files that hold other languages. What is in them is read with the grammars above.
CONTAINERS = {
    "markdown": ("md", "markdown", "mdown", "mkd", "mdx", "qmd", "rmd"),
    "notebook": ("ipynb",),
    "svelte": ("svelte",),
    "vue": ("vue",),
}

BY_NAME = {language.name: language for language in LANGUAGES}
_BY_EXTENSION = {ending: one.name for one in LANGUAGES for ending in one.extensions}
_BY_EXTENSION |= {ending: name for name, endings in CONTAINERS.items() for ending in endings}
_BY_FILENAME = {name: one.name for one in LANGUAGES for name in one.filenames}
_BY_INTERPRETER = {name: one.name for one in LANGUAGES for name in one.interpreters}

_SHEBANG = re.compile(rb"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+)*)?(?:\S*/)?([a-z]+[23]?)")
_CPLUSPLUS = re.compile(
    rb"^[ \t]*(?:class|namespace|template|using|public:|private:|protected:)\b", re.MULTILINE
)


def language_named(path: str) -> str:
    """The language or container a path claims by name alone; `text` when it claims none."""
    name = path.rpartition("/")[2]
    found = _BY_FILENAME.get(name)
    if found is None:
        stem, dot, ending = name.rpartition(".")
        found = _BY_EXTENSION.get(ending.lower()) if dot and stem else None
    return found or TEXT


def language_of(path: str, data: bytes) -> str:
    """The language of a file, its content asked where the name leaves it open."""
    named = language_named(path)
    if not is_left_open(path, named):
        return named
    if named == "c":
        return "cpp" if _CPLUSPLUS.search(data) else "c"
    found = _SHEBANG.match(data)
    return _BY_INTERPRETER.get(found[1].decode(), TEXT) if found else TEXT


def is_left_open(path: str, named: str) -> bool:
    """Whether the content has a say in the language of a path that claims this one by name."""
    return named == TEXT or (named == "c" and path.endswith((".h", ".H")))


def unknown(names: Iterable[str]) -> list[str]:
    """Those of the names that are no language here: a slip would leave its files mere text."""
    return [name for name in names if name not in BY_NAME and name not in CONTAINERS]


@cache
def grammar_label(name: str) -> str:
    """What rows of this language were made with: 'python 0.25.0 q2', or 'text q2'."""
    if name == TEXT:
        return f"{TEXT} q{QUERY_VERSION}"
    version = _all_versions() if name in CONTAINERS else _version(BY_NAME[name].package)
    return f"{name} {version} q{QUERY_VERSION}"


def _all_versions() -> str:
    """Six characters that are others as soon as any grammar is: it may be that of a block."""
    versions = " ".join(_version(one.package) for one in LANGUAGES)
    return blake2b(versions.encode(), digest_size=3).hexdigest()


def _version(package: str) -> str:
    found = _wheels().get(package)
    if found is None:
        from importlib.metadata import version  # an odd installation; 30 ms

        found = version(package.replace("_", "-"))
    return found


@cache
def _wheels() -> dict[str, str]:
    """Versions of the installed grammars, read off the names of their folders.

    importlib.metadata would open a file for each; every command waits for this.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        for entry in _names_in(folder):
            if entry.startswith("tree_sitter_") and entry.endswith(".dist-info"):
                package, _, version = entry.removesuffix(".dist-info").partition("-")
                found.setdefault(package, version)
    return found


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")  # noqa: PTH208 -- only names are wanted
    except OSError:
        return []
