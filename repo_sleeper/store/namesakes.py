"""Which uses of a name mean one definition, as far as names and the lines around them tell."""

from __future__ import annotations

import builtins
import io
import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import NamedTuple

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store import code
from repo_sleeper.store.code import StoredReference, StoredSymbol
from repo_sleeper.store.database import Database

Reader = Callable[[str], Sequence[str]]  # the lines of a path, none when they are not as indexed

BY_NAME = "by name"
_NO_NAMESAKES = frozenset(
    {SymbolKind.DECLARATION, SymbolKind.FIELD, SymbolKind.VARIABLE, SymbolKind.MODULE}
)
# Where `namespace` may be opened again anywhere; a document shows but a part.
OPEN = re.compile(r"\.(?:h|hh|hpp|hxx|cc|cpp|cxx|inl|ipp|md)$")
_OWN = frozenset({"self", "cls", "this", "super", "super()", "Self", "static", "parent"})
# What standard libraries and built-in types of other languages call their own.
_ELSEWHERE = """
    abs add all append apply assert bind call cap catch ceil charAt clear clone close collect concat
    contains copy count create debug delete each empty entries equals error every exit extend fetch
    fill filter find first flat flatMap floor flush forEach format from get getClass has hasNext
    hashCode head includes indexOf info insert into is isEmpty iter join keys last len length lines
    list load lock log make map match max min new next none of ok open panic parse pop post print
    printf println push put puts read reduce reject remove replace require reset resolve reverse
    round run send set shift size sleep slice some sort splice split start stop stringify substring
    sum tail test then throw to_s toList toString trim unlock unshift unwrap update values warn
    where write zip"""


class Meant(NamedTuple):
    """The uses that a name has, and how they were told from those of its namesakes."""

    uses: list[StoredReference]
    how: str = BY_NAME


@cache
def built_ins() -> frozenset[str]:
    """Names that languages give to things of their own: a use of one seldom means this code's."""
    kinds = (str, bytes, list, dict, set, int, float, Exception, io.TextIOWrapper, io.BytesIO)
    own = {name for kind in kinds for name in dir(kind)}
    return frozenset({*dir(builtins), *own, *_ELSEWHERE.split()})


def meant(db: Database, tree_id: int, name: str, read: Reader) -> Meant:
    """All uses of a plain name, with a word on namesakes; of `Class.name` those that can be it.

    With namesakes about, a use counts for the class only in a file that names the class, and
    there not when its line says that it is on something else. Without any left there is none.
    """
    owner, _, bare = name.rpartition(".")
    uses = code.references_to(db, tree_id, bare)
    defined = code.definitions(db, tree_id, bare)
    if not defined:
        return Meant(uses)  # of something elsewhere, and of nothing here
    found = [one for one in defined if one.kind not in _NO_NAMESAKES and not _constructs(one)]
    shared = len({(one.path, one.qualified) for one in found})
    alone = _alone(bare, shared)
    if not alone:
        return Meant(uses)
    if not owner or _is_namespace(db, tree_id, owner):
        return Meant(uses, f"by name alone ({alone})")
    return _narrowed(db, tree_id, name, uses, read)


def _constructs(one: StoredSymbol) -> bool:
    """Whether it is the constructor of a class that is called so, in Java and its like."""
    return one.qualified.split(".")[-2:] == [one.name, one.name]


def _is_namespace(db: Database, tree_id: int, owner: str) -> bool:
    """Whether it is a namespace of C++: no file has to name it, and macros may open it."""
    defined = code.definitions(db, tree_id, owner)
    return bool(defined) and all(
        one.kind is SymbolKind.MODULE and OPEN.search(one.path) for one in defined
    )


def _alone(bare: str, shared: int) -> str:
    """Why the name alone does not say what is meant; empty where it does."""
    if bare in built_ins():
        return "it is a built-in name as well"
    return f"{shared} definitions share it" if shared > 1 else ""


def _narrowed(
    db: Database, tree_id: int, name: str, uses: Sequence[StoredReference], read: Reader
) -> Meant:
    owner, _, bare = name.rpartition(".")
    owner = owner.rpartition(".")[2]
    named = code.references_to(db, tree_id, owner)
    own = code.definitions(db, tree_id, name)
    read = cache(read)
    paths = {one.path for one in named} | {one.path for one in own}
    paths |= _naming(owner, {one.path for one in uses} - paths, read)
    family = _Family(owner, bare, _classes(own, named), read)
    kept = [left for one in uses if one.path in paths and (left := family.own(one)) is not None]
    out = sum(len(one.lines) for one in uses) - sum(len(one.lines) for one in kept)
    aside = f"; {out} other use{'s'[: out > 1]} of `{bare}` left out" if out else ""
    return Meant(kept, f"by name, in files that name `{owner}`{aside}")


def _naming(owner: str, paths: Collection[str], read: Reader) -> set[str]:
    """The files that name a class where no grammar reads a use of it, as in `Arg::new()`."""
    word = re.compile(rf"\b{re.escape(owner)}\b")
    return {path for path in paths if any(map(word.search, read(path)))}


def _classes(own: Sequence[StoredSymbol], named: Sequence[StoredReference]) -> set[str]:
    """The class as it is qualified, and those that inherit from it."""
    heirs = {one.symbol for one in named if one.kind == "inherit" and one.symbol}
    return {one.qualified.rpartition(".")[0] for one in own} | heirs


class _Family:
    """A class and its heirs, and what a line must look like to use a name of theirs."""

    def __init__(self, owner: str, bare: str, classes: Collection[str], read: Reader) -> None:
        self._classes = classes
        self._names = {owner, *(one.rpartition(".")[2] for one in classes)}
        self._read = read
        self._use = re.compile(
            rf"(?:(?P<on>super\(\)|[\w)\]]+)?\s*(?P<dot>\?\.|\.|->|::))?\s*(?<!\w){re.escape(bare)}(?!\w)"
        )

    def own(self, use: StoredReference) -> StoredReference | None:
        """The use with such of its lines as can mean a name of the family, or None."""
        text = self._read(use.path)
        lines = tuple(at for at in use.lines if at >= len(text) or self._can(use, text[at]))
        return use._replace(lines=lines) if lines else None

    def _can(self, use: StoredReference, line: str) -> bool:
        found = list(self._use.finditer(line))
        return not found or any(self._is_on(one["on"], one["dot"], use.symbol) for one in found)

    def _is_on(self, on: str | None, dot: str | None, around: str) -> bool:
        if on in _OWN or dot is None:  # on the object around it, or a function of that name
            return any(around == one or around.startswith(f"{one}.") for one in self._classes)
        is_class = on is not None and (dot == "::" or (on[:1].isupper() and not on.isupper()))
        return not is_class or on in self._names
