"""What a path tells of a file: a test, prose or data, code, or an example beside it."""

from __future__ import annotations

from repo_sleeper.words import parts

_PROSE_ENDINGS = (
    *(".md", ".rst", ".txt", ".adoc", ".po", ".pot", ".ipynb", ".tex"),
    *(".json", ".jsonl", ".csv", ".tsv", ".xml", ".svg", ".snap", ".lock", ".map"),
    *(".yml", ".yaml", ".toml", ".cfg", ".ini", ".conf", ".properties"),
    *("authors", "changelog", "changes", "license", "copying", "notice", "readme"),
)
# Code that the index may have no grammar for.
_CODE_ENDINGS = (
    *(".bat", ".clj", ".cljs", ".dart", ".el", ".erl", ".ex", ".exs", ".groovy", ".hs", ".jl"),
    *(".kt", ".kts", ".lua", ".m", ".ml", ".mli", ".mm", ".nim", ".pl", ".pm", ".ps1", ".pyx"),
    *(".r", ".scala", ".sql", ".svelte", ".swift", ".tcl", ".v", ".vala", ".vue", ".zig", ".zsh"),
)
_TEST_WORDS = frozenset({"test", "tests", "spec", "specs", "testing"})
_ASIDE = frozenset(
    {"docs", "doc", "docs_src", "examples", "example", "samples", "sample", "benchmarks"}
    | {"demo", "demos", "playground", "playgrounds"}
)
_MADE_FOLDERS = frozenset(
    {"dist", "generated", "node_modules", "third_party", "vendor", "vendored"}
)
_MADE_ENDINGS = (".min.js", ".min.css", ".bundle.js", ".pb.go", "_pb2.py", ".g.dart", ".g.cs")


def is_test(path: str) -> bool:
    """Whether a path looks like a test's."""
    return not _TEST_WORDS.isdisjoint(parts(path))


def is_prose(path: str) -> bool:
    """Whether a path is documentation or data: it mentions much and decides little."""
    return path.lower().endswith(_PROSE_ENDINGS)


def is_code(path: str, language: str) -> bool:
    """Whether a path is code: a grammar reads it, or would if there were one."""
    return language != "text" or path.lower().endswith(_CODE_ENDINGS)


def is_aside(path: str) -> bool:
    """Whether a path is an example or a measurement: code, but not of the thing itself."""
    return any(folder.lstrip("_") in _ASIDE for folder in path.lower().split("/")[:-1])


def is_made(path: str) -> bool:
    """Whether a path is code that nobody edits here: built from other code, or brought along."""
    lower = path.lower()
    folders = lower.split("/")[:-1]
    return lower.endswith(_MADE_ENDINGS) or not _MADE_FOLDERS.isdisjoint(folders)


def core(path: str) -> tuple[str, ...]:
    """The words of a file's name without its ending and without the word test."""
    name = path.rpartition("/")[2]
    stem = name.partition(".")[0] or name
    return tuple(word for word in parts(stem) if word not in _TEST_WORDS)
