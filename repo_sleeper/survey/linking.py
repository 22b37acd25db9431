"""Gathers what resolving imports needs from the store and the tree, and keeps what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from repo_sleeper.store import code
from repo_sleeper.store import survey as rows
from repo_sleeper.store.database import Database
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge, Row, resolved
from repo_sleeper.survey.imports.dotted import one_word_packages, package_clause
from repo_sleeper.survey.imports.manifests import is_name_manifest, read_manifests
from repo_sleeper.survey.imports.modules import Modules, known_modules
from repo_sleeper.survey.reading import read_all, read_lines

_MOST_MANIFESTS = 1_000
_BY_DEFINITION = frozenset({"go", "rust", "java", "kotlin", "scala", "csharp"})
_BY_USE = frozenset({"go", "java", "csharp"})


def link(db: Database, tree_id: int, root: Path, files: Sequence[SourceFile]) -> list[Edge]:
    """Resolve every import of the tree and store the links."""
    imports = import_rows(db, tree_id)
    edges = resolved(imports, _tree_modules(db, tree_id, root, files, imports))
    rows.save_links(db, tree_id, [(edge.path, edge.line, edge.target) for edge in edges])
    return edges


def _tree_modules(
    db: Database, tree_id: int, root: Path, files: Sequence[SourceFile], imports: Sequence[Row]
) -> Modules:
    """What the names in imports of this tree may mean."""
    languages = {file.path: file.language for file in files}
    spoken = set(languages.values())
    manifests = [path for path in languages if is_name_manifest(path)][:_MOST_MANIFESTS]
    used = rows.used_names(db, tree_id, spoken & _BY_USE)
    return known_modules(
        languages,
        read_manifests({path: "\n".join(read_lines(root, path)) for path in manifests}),
        defined=rows.top_level_names(db, tree_id, spoken & _BY_DEFINITION),
        used={path: frozenset(names) for path, names in used.items()},
        namespaces=_namespaces(db, tree_id) if "csharp" in spoken else {},
        packages=_packages(root, one_word_packages(languages, imports)),
    )


def _packages(root: Path, paths: Sequence[str]) -> dict[str, str]:
    sources = read_all(root, paths)
    return {path: package_clause(sources[path].decode("utf-8", "replace")) for path in sources}


def _namespaces(db: Database, tree_id: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path, _, _, name in rows.modules_defined(db, tree_id, "csharp"):
        found[name].append(path)
    return dict(found)


def import_rows(db: Database, tree_id: int) -> list[Row]:
    """Every import; the `mod name;` of Rust is one, though it is written as a definition."""
    declared = [
        (path, start, "self", (name.rpartition(".")[2],))
        for path, start, end, name in rows.modules_defined(db, tree_id, "rust")
        if end - start == 1
    ]
    return [*code.imports_of(db, tree_id), *declared]
