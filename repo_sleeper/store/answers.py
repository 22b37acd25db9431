"""Questions whose answers are facts of the index: asked in few forms, answered with places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from repo_sleeper.domain.answers import Answered, Form, Place
from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store import code, freshness, namesakes
from repo_sleeper.store import facts as finders
from repo_sleeper.store.asides import aside, is_test
from repo_sleeper.store.code import StoredReference, StoredSymbol
from repo_sleeper.store.database import Database
from repo_sleeper.store.forms import OF_USES, is_path, question, understood
from repo_sleeper.store.mentions import CALLABLE, CODE_NAME, mentioned, mentions
from repo_sleeper.store.namesakes import Meant, Reader
from repo_sleeper.store.telling import listed, told

_LINES: dict[Form, Callable[[Iterable[StoredReference]], list[StoredReference]]] = {
    Form.CALLERS: finders.called,
    Form.TESTS: finders.tested,
}


def answer(
    db: Database, tree_id: int, query: str, *, read: Reader = lambda _: ()
) -> Answered | None:
    """The answer from the index as it is now, without a model; None when there is none."""
    found = understood(db, tree_id, query)
    if found is None or (freshness.is_behind(db, tree_id) and _is_linked(db, tree_id, *found)):
        return None
    known = fact(db, tree_id, *found, read=read)
    if known is None:
        return _unused(db, tree_id, *found, read) if found[0] is Form.CALLERS else None
    return _with_mentions(db, tree_id, known, read)


def rests_on_links(db: Database, tree_id: int, query: str) -> bool:
    """Whether the answer needs to know which file an import means: the survey resolves them."""
    found = understood(db, tree_id, query)
    return found is not None and _is_linked(db, tree_id, *found)


def _is_linked(db: Database, tree_id: int, form: Form, name: str) -> bool:
    return form is Form.IMPORTS or (form is Form.IMPORTERS and is_path(db, tree_id, name))


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
    ordered = sorted(defined, key=lambda one: aside(one.path))
    places = tuple(Place(one.path, one.range.start, one.kind.value) for one in ordered)
    known = f"The index knows no use of `{name}`, which is" if is_unused else f"`{name}` is"
    said = listed(form, f"{known} defined here:", places)
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
    return sorted(found, key=lambda one: (aside(one[0]), one))


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
    def meant() -> Meant:
        return namesakes.meant(db, tree_id, name, read)

    def uses() -> list[StoredReference]:
        return meant().uses

    find: dict[Form, Callable[[], Iterator[Place]]] = {
        Form.CALLERS: lambda: finders.callers(uses()),
        Form.SUBCLASSES: lambda: finders.subclasses(uses(), read),
        Form.RAISED: lambda: finders.raised(db, tree_id, name, uses, read),
        Form.DEFAULT: lambda: finders.defaults(db, tree_id, name, read),
        Form.TESTS: lambda: finders.tests(uses()),
        Form.TOGETHER: lambda: finders.together(db, tree_id, name),
        Form.IMPORTERS: lambda: finders.importers(db, tree_id, name),
        Form.IMPORTS: lambda: finders.imports(db, tree_id, name),
    }
    for form in forms:
        places = list(dict.fromkeys(find[form]()))
        if places:
            how = meant().how if form in OF_USES else _how_else(db, tree_id, form, name)
            lines = _line_count(_LINES[form](uses())) if form in _LINES else 0
            said = told(form, name, places, how, lines=lines)
            yield Answered(form, name, question(form, name), said, tuple(places))


def _how_else(db: Database, tree_id: int, form: Form, name: str) -> str:
    """A file is imported where an import resolves to it, anything else where it is written."""
    is_written = form is Form.IMPORTERS and not is_path(db, tree_id, name)
    return namesakes.BY_NAME if is_written else ""


def _line_count(uses: Iterable[StoredReference]) -> int:
    return len({(use.path, line) for use in uses for line in use.lines})
