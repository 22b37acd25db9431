"""Which files import something, and what one file imports: as it is written, and as it resolves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from repo_sleeper.store.code import imports_of
from repo_sleeper.store.database import Database

_BETWEEN = re.compile(r"[./\\:]+")
_AROUND = "<>\"'@"  # `<vector>`, `@vue/reactivity`


class Taken(NamedTuple):
    """A module as an import writes it, and the names that are taken from it."""

    module: str
    names: tuple[str, ...]


class Import(NamedTuple):
    """A line that imports: 0-based, with all that it takes, and the files of ours it names.

    Rust's `use crate::{a, b}` takes from several modules; `mod a;` names a file and no module.
    """

    path: str
    line: int
    taken: tuple[Taken, ...]
    targets: tuple[str, ...]


def importers_of_file(db: Database, tree_id: int, path: str) -> list[Import]:
    """The imports that resolve to a file."""
    return [one for one in _all(db, tree_id) if path in one.targets]


def importers_of_name(db: Database, tree_id: int, name: str) -> list[Import]:
    """The imports that take a name, or that write it as their module or as the package of it."""
    wanted = _parts(name)
    found = [one for one in _all(db, tree_id) if any(_is_meant(part, wanted) for part in one.taken)]
    return _without_inner_namespaces(found, wanted)


def imported_by(db: Database, tree_id: int, path: str) -> list[Import]:
    """What a file imports, in the order written."""
    return [one for one in _all(db, tree_id) if one.path == path]


def _all(db: Database, tree_id: int) -> list[Import]:
    taken: dict[tuple[str, int], list[Taken]] = defaultdict(list)
    for path, line, module, names in imports_of(db, tree_id):
        taken[path, line].append(Taken(module, names))
    targets: dict[tuple[str, int], list[str]] = defaultdict(list)
    sql = "select path, line, target from links where tree_id = ?"
    for path, line, target in db.execute(sql, (tree_id,)):
        targets[path, line].append(target)
    return [
        Import(*place, tuple(taken.get(place, ())), tuple(sorted(targets.get(place, ()))))
        for place in sorted(taken.keys() | targets.keys())
    ]


def _is_meant(taken: Taken, wanted: Sequence[str]) -> bool:
    """Whether the name begins or ends the module, or ends it together with what is taken."""
    module, count = _parts(taken.module), len(wanted)
    if not wanted or wanted in (module[:count], module[-count:]):
        return bool(wanted)
    *package, last = wanted
    return last in taken.names and (not package or package == module[-len(package) :])


def _without_inner_namespaces(found: list[Import], wanted: Sequence[str]) -> list[Import]:
    """In C# `using Shop.Tax` takes nothing from `Shop`: left out where that itself is imported."""
    others = [
        one
        for one in found
        if not one.path.endswith(".cs") or any(_parts(part.module) == wanted for part in one.taken)
    ]
    return others if any(one.path.endswith(".cs") for one in others) else found


def _parts(written: str) -> list[str]:
    return [part for part in _BETWEEN.split(written.strip(_AROUND)) if part]
