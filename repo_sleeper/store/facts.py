"""The places that are facts about a name: who calls it, what inherits from it, who imports it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from repo_sleeper.domain.answers import Place
from repo_sleeper.store import code, history, importing
from repo_sleeper.store.asides import aside, is_test
from repo_sleeper.store.code import StoredReference, StoredSymbol
from repo_sleeper.store.database import Database
from repo_sleeper.store.forms import CLASSES, is_path
from repo_sleeper.store.mentions import bare, naming
from repo_sleeper.store.namesakes import Reader
from repo_sleeper.store.parameters import assigned

_MOST_FILES = 200
_FEWEST_CHANCE = 0.2
_IN_A_LINE = 4  # parameters, names
# Macros throw as well (`FMT_THROW(...)`); those of tests only expect that something does.
_RAISED = re.compile(
    r"\b(raise|throw|panic!?)\b|\b(?!EXPECT|ASSERT|REQUIRE|CHECK)[A-Z_]*(?:THROW|RAISE) ?\("
)
_EXTENDING = (".rs", ".swift", ".scala")  # the endings of languages that have such
_EXTENSION = re.compile(r"(?:unsafe )?(?:impl|extension)\b")
_CONSTRUCTORS = ("__init__", "__construct", "constructor", "initialize", "init")
_THROWN = CLASSES | {"constant", "variable"}  # `CartError = Class.new(Error)` makes one as well
_HANDLED = re.compile(r"\b(except|catch|rescue)\b")


def callers(uses: Iterable[StoredReference]) -> Iterator[Place]:
    """Product code before examples and tests: who asks for users means those that matter."""
    for one in _product_first(called(uses)):
        yield Place(one.path, min(one.lines), one.symbol)


def _product_first(uses: Iterable[StoredReference]) -> list[StoredReference]:
    return sorted(uses, key=lambda use: (aside(use.path), use.path, use.lines))


def called(uses: Iterable[StoredReference]) -> list[StoredReference]:
    """Those that neither only import it nor inherit from it."""
    return [one for one in uses if one.kind not in {"import", "inherit"}]


def tested(uses: Iterable[StoredReference]) -> list[StoredReference]:
    """Those in tests that do more than import it."""
    return [one for one in uses if is_test(one.path) and one.kind != "import"]


def subclasses(uses: Iterable[StoredReference], read: Reader) -> Iterator[Place]:
    """The heirs; an extension and an `impl` are none themselves, so each says its line."""
    for one in _product_first(use for use in uses if use.kind == "inherit"):
        said = _written(one, read) if one.path.endswith(_EXTENDING) or not one.symbol else {}
        if one.symbol and not any(map(_EXTENSION.match, said.values())):
            yield Place(one.path, min(one.lines), one.symbol)
            continue
        for at in one.lines:
            yield Place(one.path, at, said.get(at, ""))


def _written(use: StoredReference, read: Reader) -> dict[int, str]:
    """The lines of a use as they stand, without the brace that opens what follows."""
    text = read(use.path)
    return {at: " ".join(text[at].split()).rstrip(" {") for at in use.lines if at < len(text)}


def raised(
    db: Database,
    tree_id: int,
    name: str,
    uses: Callable[[], Iterable[StoredReference]],
    read: Reader,
) -> Iterator[Place]:
    """Lines that raise it or handle it, of the files that name it; no remark that says so."""
    last = name.rpartition(".")[2]
    wanted = re.compile(rf"{re.escape(last)}\b(?<!\w{re.escape(last)})")
    defined = code.definitions(db, tree_id, name)
    if defined and not any(one.kind.value in _THROWN for one in defined):
        return
    # `raise error` of a name that nobody imports is no use that the index reads.
    paths = {one.path for one in uses()} | set(naming(db, tree_id, last, limit=_MOST_FILES))
    for path in sorted(paths, key=lambda path: (aside(path), path))[:_MOST_FILES]:
        for at, line in bare(read(path), wanted):
            if verb := _verb(line):
                yield Place(path, at, verb)


def _verb(line: str) -> str:
    if _RAISED.search(line):
        return "raised"
    return "handled" if _HANDLED.search(line) else ""


def defaults(db: Database, tree_id: int, name: str, read: Reader) -> Iterator[Place]:
    """Where it is defined, with its parameters that have a value, some on each line."""
    for one in _with_constructors(db, tree_id, code.definitions(db, tree_id, name)):
        values = [] if is_test(one.path) else assigned(one, read)
        for first in range(0, len(values), _IN_A_LINE):  # a context may have room for some lines
            said = ", ".join(values[first : first + _IN_A_LINE])
            yield Place(one.path, one.range.start, said)


def _with_constructors(
    db: Database, tree_id: int, defined: Iterable[StoredSymbol]
) -> Iterator[StoredSymbol]:
    """Definitions, and of a class what makes one of it: its defaults are meant."""
    for one in defined:
        yield one
        if one.kind.value in CLASSES:
            made = {f"{one.qualified}.{name}" for name in (*_CONSTRUCTORS, one.name)}
            own = code.symbols_in(db, tree_id, one.path)
            yield from (its for its in own if its.qualified in made)


def tests(uses: Iterable[StoredReference]) -> Iterator[Place]:
    """The tests that use it."""
    for one in tested(uses):
        yield Place(one.path, min(one.lines), one.symbol)


def together(db: Database, tree_id: int, path: str) -> Iterator[Place]:
    """History also knows files that are gone: nobody can change those again."""
    for other, chance in history.co_changed(db, path):
        if chance >= _FEWEST_CHANCE and is_path(db, tree_id, other):
            yield Place(other, 0, f"{chance:.0%} of the commits that change {path}")


def importers(db: Database, tree_id: int, name: str) -> Iterator[Place]:
    """Each file once, with the names that it takes, where it says so."""
    of = importing.importers_of_file if is_path(db, tree_id, name) else importing.importers_of_name
    found = of(db, tree_id, name)
    for path in sorted({one.path for one in found}, key=lambda path: (aside(path), path)):
        own = [one for one in found if one.path == path]
        names = dict.fromkeys(name for one in own for part in one.taken for name in part.names)
        yield Place(path, own[0].line, ", ".join(islice(names, _IN_A_LINE)))


def imports(db: Database, tree_id: int, path: str) -> Iterator[Place]:
    """Each as the file it resolves to, or else as it is written."""
    for one in importing.imported_by(db, tree_id, path):
        yield Place(path, one.line, ", ".join(one.targets or (part.module for part in one.taken)))
