"""Imports resolved to files of the tree, by the rules of each language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from repo_sleeper.survey.imports.compiled import go, include, rust
from repo_sleeper.survey.imports.dotted import csharp, jvm, php
from repo_sleeper.survey.imports.lua import lua
from repo_sleeper.survey.imports.modules import Modules
from repo_sleeper.survey.imports.python import python
from repo_sleeper.survey.imports.ruby import ruby
from repo_sleeper.survey.imports.scripts import script

Row = tuple[str, int, str, tuple[str, ...]]  # path, line, module as written, names
Names = tuple[str, ...]
Rule = Callable[[Modules, str, str, Names], Iterator[str]]  # the last three: path, module, names

RULES: dict[str, Rule] = {
    "python": python,
    "javascript": script,
    "typescript": script,
    "tsx": script,
    "go": go,
    "rust": rust,
    "java": jvm,
    "kotlin": jvm,
    "scala": jvm,
    "c": include,
    "cpp": include,
    "ruby": ruby,
    "lua": lua,
    "php": php,
    "csharp": csharp,
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A file names another at a line."""

    path: str
    line: int
    target: str


def resolved(rows: Iterable[Row], modules: Modules) -> list[Edge]:
    """Every import that names files of this tree, each file once per line, in order."""
    edges = {
        (path, line, target)
        for path, line, module, names in rows
        for target in targets(modules, path, module, names)
        if target != path
    }
    return [Edge(*edge) for edge in sorted(edges)]


def targets(modules: Modules, path: str, module: str, names: Names) -> Iterator[str]:
    """The files that one import means; none if it means nothing in this tree."""
    rule = RULES.get(modules.languages.get(path, ""))
    return rule(modules, path, module, names) if rule else iter(())
