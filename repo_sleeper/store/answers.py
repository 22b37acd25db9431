"""Questions whose answers are facts of the index: asked in few forms, answered with places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store import code, history, importing, namesakes
from repo_sleeper.store.code import StoredReference, StoredSymbol
from repo_sleeper.store.database import Database
from repo_sleeper.store.forms import CLASSES, OF_USES, Form, is_path, question, understood
from repo_sleeper.store.mentions import CALLABLE, CODE_NAME, bare, mentioned, mentions, naming
from repo_sleeper.store.namesakes import Meant, Reader
from repo_sleeper.store.parameters import assigned
from repo_sleeper.words import counted

_MOST_PLACES = 20
_MOST_FILES = 200
_FEWEST_CHANCE = 0.2
_IN_A_LINE = 4  # parameters
_TEST = re.compile(
    r"(^|/)(tests?|specs?|__tests__)/|(^|/)tests?[_.]|[_.](test|spec)s?\.|(Test|Spec)s?\.\w+$"
)
_ASIDE = re.compile(
    r"(^|/)_?(examples?|samples?|demos?|playgrounds?|docs?|docs_src|bench|benchmarks?|dist|build)/"
    r"|_amalgamated\.\w+$|\.(adoc|md|markdown|rst|txt)$"
)
# Macros throw as well (`FMT_THROW(...)`); those of tests only expect that something does.
_RAISED = re.compile(
    r"\b(raise|throw|panic!?)\b|\b(?!EXPECT|ASSERT|REQUIRE|CHECK)[A-Z_]*(?:THROW|RAISE) ?\("
)
_EXTENSION = re.compile(r"(?:unsafe )?(?:impl|extension)\b")
_CONSTRUCTORS = ("__init__", "__construct", "constructor", "initialize", "init")
_THROWN = CLASSES | {"constant", "variable"}  # `CartError = Class.new(Error)` makes one as well
_HANDLED = re.compile(r"\b(except|catch|rescue)\b")


class Place(NamedTuple):
    """Where a fact is, 0-based, and what stands there in a few words."""

    path: str
    line: int
    what: str


class Answered(NamedTuple):
    """A question in its plain form, the sentence that answers it, and the places it rests on."""

    form: Form
    name: str
    question: str
    text: str
    places: tuple[Place, ...]


def answer(
    db: Database, tree_id: int, query: str, *, read: Reader = lambda _: ()
) -> Answered | None:
    """The answer from the index as it is now, without a model; None when there is none."""
    found = understood(db, tree_id, query)
    if found is None:
        return None
    known = fact(db, tree_id, *found, read=read)
    if known is None:
        return _unused(db, tree_id, *found, read) if found[0] is Form.CALLERS else None
    return _with_mentions(db, tree_id, known, read)


def _unused(db: Database, tree_id: int, form: Form, name: str, read: Reader) -> Answered | None:
    """That no use is known of what is defined here, with the lines that name it: an answer too.

    Of what nobody calls, a constant or a field, the index reads no uses: lines are all it can
    tell, and of a plain word, which nothing tells from others, not even those.
    """
    last = name.rpartition(".")[2]
    defined = code.definitions(db, tree_id, name)
    uses = code.references_to(db, tree_id, last)
    if not defined or any(one.kind != "import" for one in uses):
        return None
    found = _named(db, tree_id, last, uses, read)
    is_called = any(one.kind in CALLABLE for one in defined)
    is_spelt = CODE_NAME.search(last) is not None
    are_sure = is_called or is_spelt or all(one.kind is SymbolKind.FIELD for one in defined)
    is_nowhere = not uses and (is_called or is_spelt)
    if not (are_sure and (found or is_nowhere)):
        return None
    return _defined_here(form, name, defined, found, is_unused=is_called or not found)


def _defined_here(
    form: Form,
    name: str,
    defined: Iterable[StoredSymbol],
    found: Sequence[tuple[str, int]],
    *,
    is_unused: bool,
) -> Answered:
    """Where it is defined, that of the product first, and the lines that name it."""
    ordered = sorted(defined, key=lambda one: _aside(one.path))
    places = tuple(Place(one.path, one.range.start, one.kind.value) for one in ordered)
    known = f"The index knows no use of `{name}`, which is" if is_unused else f"`{name}` is"
    said = _listed(form, f"{known} defined here:", places)
    lines = mentioned(found) if is_unused else mentioned(found, "")
    return Answered(form, name, question(form, name), "\n".join((said, *lines)), places)


def _with_mentions(db: Database, tree_id: int, known: Answered, read: Reader) -> Answered:
    """An answer about uses, with the lines that no grammar takes for one."""
    if known.form not in {Form.CALLERS, Form.TESTS} or "." in known.name:
        return known
    among = is_test if known.form is Form.TESTS else lambda _: True
    uses = code.references_to(db, tree_id, known.name)
    found = _named(db, tree_id, known.name, uses, read, among)
    return known._replace(text="\n".join((known.text, *mentioned(found))))


def _named(  # noqa: PLR0913, PLR0917 -- as `mentions`
    db: Database,
    tree_id: int,
    name: str,
    uses: Iterable[StoredReference],
    read: Reader,
    among: Callable[[str], bool] = lambda _: True,
) -> list[tuple[str, int]]:
    """The lines that name it beside its uses, those of the product first."""
    found = mentions(db, tree_id, name, uses, read, among)
    return sorted(found, key=lambda one: (_aside(one[0]), one))


def fact(
    db: Database, tree_id: int, form: Form, name: str, *, read: Reader = lambda _: ()
) -> Answered | None:
    """What the index says to one form of question; None where it has nothing to say."""
    return next(facts(db, tree_id, (form,), name, read=read), None)


def facts(
    db: Database, tree_id: int, forms: Iterable[Form], name: str, *, read: Reader = lambda _: ()
) -> Iterator[Answered]:
    """What the index says to some forms of question about a name; nothing to some of them."""

    @cache
    def told() -> Meant:
        return namesakes.meant(db, tree_id, name, read)

    def uses() -> list[StoredReference]:
        return told().uses

    finders: dict[Form, Callable[[], Iterator[Place]]] = {
        Form.CALLERS: lambda: _callers(uses()),
        Form.SUBCLASSES: lambda: _subclasses(uses(), read),
        Form.RAISED: lambda: _raised(db, tree_id, name, uses, read),
        Form.DEFAULT: lambda: _defaults(db, tree_id, name, read),
        Form.TESTS: lambda: _tests(uses()),
        Form.TOGETHER: lambda: _together(db, tree_id, name),
        Form.IMPORTERS: lambda: _importers(db, tree_id, name),
        Form.IMPORTS: lambda: _imports(db, tree_id, name),
    }
    for form in forms:
        places = list(dict.fromkeys(finders[form]()))
        if places:
            how = told().how if form in OF_USES else _how_else(db, tree_id, form, name)
            lines = _line_count(_LINES[form](uses())) if form in _LINES else 0
            said = _told(form, name, places, how, lines=lines)
            yield Answered(form, name, question(form, name), said, tuple(places))


@lru_cache(maxsize=1 << 14)
def is_test(path: str) -> bool:
    """Whether a path looks like a test's."""
    return _TEST.search(path) is not None


def _aside(path: str) -> int:
    """0 for the product, then what is built of it or shows it, then its tests."""
    return 2 if is_test(path) else int(_ASIDE.search(path) is not None)


# --- facts ------------------------------------------------------------------------------------


def _callers(uses: Iterable[StoredReference]) -> Iterator[Place]:
    """Product code before examples and tests: who asks for users means those that matter."""
    for one in _product_first(_called(uses)):
        yield Place(one.path, min(one.lines), one.symbol)


def _product_first(uses: Iterable[StoredReference]) -> list[StoredReference]:
    return sorted(uses, key=lambda use: (_aside(use.path), use.path, use.lines))


def _called(uses: Iterable[StoredReference]) -> list[StoredReference]:
    return [one for one in uses if one.kind not in {"import", "inherit"}]


def _tested(uses: Iterable[StoredReference]) -> list[StoredReference]:
    return [one for one in uses if is_test(one.path) and one.kind != "import"]


def _subclasses(uses: Iterable[StoredReference], read: Reader) -> Iterator[Place]:
    """The heirs; an extension and an `impl` are none themselves, so each says its line."""
    for one in _product_first(use for use in uses if use.kind == "inherit"):
        text = read(one.path)
        said = {at: " ".join(text[at].split()).rstrip(" {") for at in one.lines if at < len(text)}
        if one.symbol and not any(map(_EXTENSION.match, said.values())):
            yield Place(one.path, min(one.lines), one.symbol)
            continue
        for at in one.lines:
            yield Place(one.path, at, said.get(at, ""))


def _raised(
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
    # `except ValueError:` is no use that the index reads, and names what nobody has to import.
    paths = {one.path for one in uses()} | set(naming(db, tree_id, last, limit=_MOST_FILES))
    for path in sorted(paths, key=lambda path: (_aside(path), path))[:_MOST_FILES]:
        for at, line in bare(read(path), wanted):
            if verb := _verb(line):
                yield Place(path, at, verb)


def _verb(line: str) -> str:
    if _RAISED.search(line):
        return "raised"
    return "handled" if _HANDLED.search(line) else ""


def _defaults(db: Database, tree_id: int, name: str, read: Reader) -> Iterator[Place]:
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
            names = (f"{one.qualified}.{made}" for made in (*_CONSTRUCTORS, one.name))
            for name in names:
                yield from (
                    its for its in code.definitions(db, tree_id, name) if its.path == one.path
                )


def _tests(uses: Iterable[StoredReference]) -> Iterator[Place]:
    for one in _tested(uses):
        yield Place(one.path, min(one.lines), one.symbol)


def _together(db: Database, tree_id: int, path: str) -> Iterator[Place]:
    """History also knows files that are gone: nobody can change those again."""
    for other, chance in history.co_changed(db, path):
        if chance >= _FEWEST_CHANCE and is_path(db, tree_id, other):
            yield Place(other, 0, f"{chance:.0%} of the commits that change {path}")


def _importers(db: Database, tree_id: int, name: str) -> Iterator[Place]:
    """Each file once, with the names that it takes, where it says so."""
    of = importing.importers_of_file if is_path(db, tree_id, name) else importing.importers_of_name
    found = of(db, tree_id, name)
    for path in sorted({one.path for one in found}, key=lambda path: (_aside(path), path)):
        own = [one for one in found if one.path == path]
        names = dict.fromkeys(name for one in own for part in one.taken for name in part.names)
        yield Place(path, own[0].line, ", ".join(islice(names, _IN_A_LINE)))


def _imports(db: Database, tree_id: int, path: str) -> Iterator[Place]:
    """Each as the file it resolves to, or else as it is written."""
    for one in importing.imported_by(db, tree_id, path):
        yield Place(path, one.line, ", ".join(one.targets or (part.module for part in one.taken)))


_LINES: dict[Form, Callable[[Iterable[StoredReference]], list[StoredReference]]] = {
    Form.CALLERS: _called,
    Form.TESTS: _tested,
}


def _how_else(db: Database, tree_id: int, form: Form, name: str) -> str:
    """A file is imported where an import resolves to it, anything else where it is written."""
    is_written = form is Form.IMPORTERS and not is_path(db, tree_id, name)
    return namesakes.BY_NAME if is_written else ""


def _line_count(uses: Iterable[StoredReference]) -> int:
    return len({(use.path, line) for use in uses for line in use.lines})


# --- words ------------------------------------------------------------------------------------


def _told(form: Form, name: str, places: Sequence[Place], how: str, *, lines: int) -> str:
    """The answer; a place is a symbol, and where more of its lines are meant they are counted."""
    aside = "" if how in {"", namesakes.BY_NAME} else f", {how}"
    if form is Form.SUBCLASSES and any(place.path.endswith(".go") for place in places):
        aside += ", by embedding it (who has its methods need not name it)"
    by = f", {how}" if how else ""
    count = counted(len(places), "place")
    if lines > len(places):
        count += f", on {counted(lines, 'line')}"
    head = {
        Form.CALLERS: f"`{name}` is used in {count}, {how}:",
        Form.SUBCLASSES: f"`{name}` is inherited from in {count}{aside}:",
        Form.RAISED: f"`{name}` is raised or handled in {count}{aside}:",
        Form.DEFAULT: f"Parameters of `{name}` with a default:",
        Form.TESTS: f"Tests use `{name}` in {count}{aside}:",
        Form.TOGETHER: f"Changed in the same commits as `{name}`:",
        Form.IMPORTERS: f"`{name}` is imported in {counted(len(places), 'file')}{by}:",
        Form.IMPORTS: f"`{name}` imports, on {counted(len(places), 'line')}:",
    }[form]
    return _listed(form, head, places)


def _listed(form: Form, head: str, places: Sequence[Place]) -> str:
    shown = [f"- {_place(form, place)}" for place in places[:_MOST_PLACES]]
    more = len(places) - _MOST_PLACES
    return "\n".join((head, *shown, *([f"- and {more} more"] if more > 0 else [])))


def _place(form: Form, place: Place) -> str:
    where = place.path if form is Form.TOGETHER else f"{place.path}:{place.line + 1}"
    return f"{where} {place.what}".rstrip()
