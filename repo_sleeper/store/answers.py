"""Questions whose answers are facts of the index: asked in few forms, answered with places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store import code, history, namesakes, symbols
from repo_sleeper.store.code import StoredReference, StoredSymbol
from repo_sleeper.store.database import Database
from repo_sleeper.store.mentions import bare, mentioned, mentions, naming
from repo_sleeper.store.namesakes import Meant, Reader
from repo_sleeper.words import counted

_MOST_PLACES = 20
_MOST_FILES = 200
_FEWEST_CHANCE = 0.2
_FEWEST_LETTERS = 2
_IN_A_LINE = 4  # parameters
_CLASSES = frozenset({"class", "interface", "struct", "trait", "type", "enum"})
_TEST = re.compile(r"(^|/)(tests?|specs?|__tests__)/|(^|/)tests?_|[_.](test|spec)s?\.|Tests?\.\w+$")
_ASIDE = re.compile(
    r"(^|/)(examples?|samples?|docs?|docs_src|bench|benchmarks?|dist|build)/|\.(adoc|md|markdown|rst|txt)$"
)
# A name of Ruby may end in a mark: `save!`, `empty?`, `path=`.
_NAME = re.compile(r"`([^`\s]+)`|([\w./-]*\w)([!?=](?![\w=>~]))?")
_END = re.compile(r"\W*\Z")
_OF = re.compile(r"(?<=\w)(?:::|#|->|\\)(?=[^\W\d])")  # what the index writes as a dot
# Macros throw as well (`FMT_THROW(...)`); those of tests only expect that something does.
_RAISED = re.compile(
    r"\b(raise|throw|panic!?)\b|\b(?!EXPECT|ASSERT|REQUIRE|CHECK)[A-Z_]*(?:THROW|RAISE) ?\("
)
# What holds commas apart: `Map<K, V>`, where the arrow of a function is no bracket.
_BRACKET = re.compile(r"[-=]>|\w<(?!<)|.", re.DOTALL)
_CUT = 200  # characters of a signature that the index keeps
_REMARK = re.compile(r"/\*.*?\*/|(?<!\S)(?://|#)[^\n]*", re.DOTALL)
_HANDLED = re.compile(r"\b(except|catch|rescue)\b")


class Form(StrEnum):
    """What is asked of a name."""

    CALLERS = "callers"
    SUBCLASSES = "subclasses"
    RAISED = "raised"
    DEFAULT = "default"
    TESTS = "tests"
    TOGETHER = "together"


_OF_ANYONE = frozenset({Form.CALLERS, Form.SUBCLASSES, Form.RAISED})  # also what is not ours
_OF_USES = frozenset({Form.CALLERS, Form.SUBCLASSES, Form.RAISED, Form.TESTS})

# A question is of a form when it has one of these words, names something, and says nothing else
# that is not among the words of no weight: anything more, and it may mean something else.
_KEYS = {
    Form.CALLERS: "calls call calling callers caller called uses use used user users using usage"
    " usages invokes invoke invoked references referenced referencing depends depend depending",
    Form.SUBCLASSES: "subclasses subclass subclassed inherits inherit inheriting extends extend"
    " extending derives derived implements implement implementations implementers",
    Form.RAISED: "raised raises raise thrown throws throw handled handles catches caught",
    Form.DEFAULT: "default defaults",
    Form.TESTS: "tests test tested testing covers cover covering covered exercise exercises",
    Form.TOGETHER: "changes change changed together cochange",
}
_FORMS = {word: form for form, words in _KEYS.items() for word in words.split()}
_FILLING = """
a all and anywhere are argument being by class classes code do does else error every everything
exception file files find for from function functions get gets give has have i in is it list me
method methods module modules of on or our parameter parts places please show site sites still tell
that the there this to us usually value values we what when where which who whom whose with you"""
_WEIGHTLESS = frozenset(_FILLING.split())
# "Which tests call total" asks for its tests.
_TESTS_CALL = re.compile(r"\btests? (?:that |which )?(?:calls?|invokes?|uses?)\b", re.IGNORECASE)
# "How many callers" asks for the callers; "how" alone asks for something else.
_COUNTED = re.compile(r"\bhow (?:many(?: times)?|often)\b|\b(?:number|count) of\b", re.IGNORECASE)


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


def understood(db: Database, tree_id: int, query: str) -> tuple[Form, str] | None:
    """The form and the name of a question that closely matches one we can answer."""
    plain = _TESTS_CALL.sub("tests", _COUNTED.sub(" ", _OF.sub(".", query)))
    said = list(_said(db, tree_id, plain))
    forms = {_FORMS[word.lower()] for word, sure in said if not sure and word.lower() in _FORMS}
    weightless = _FORMS.keys() | _WEIGHTLESS
    others = {word for word, sure in said if sure or word.lower() not in weightless}
    if len(forms) != 1 or len(others) != 1:
        return None
    form, name = forms.pop(), others.pop().removesuffix("()")
    known = _indexed_path if form is Form.TOGETHER else _indexed_name
    name = known(db, tree_id, name)
    return (form, name) if _is_known(db, tree_id, form, name) else None


def _indexed_name(db: Database, tree_id: int, name: str) -> str:
    """The name without what only its language puts before it: packages, crates, a variable."""
    rest = name
    while "." in rest and "/" not in rest and not code.definitions(db, tree_id, rest):
        first, _, after = rest.partition(".")
        if any(map(_has_inside, code.definitions(db, tree_id, first))):
            return name  # of a class that has none of that name
        rest = after
    return rest if code.definitions(db, tree_id, rest) else name


def _indexed_path(db: Database, tree_id: int, written: str) -> str:
    """The path that a name or an end of one means, where it can be only one."""
    if _is_path(db, tree_id, written):
        return written
    end = f"/{written}"
    sql = "select path from files where tree_id = ? and substr(path, -length(?)) = ? limit 2"
    found = db.rows(sql, (tree_id, end, end))
    return str(found[0]["path"]) if len(found) == 1 else written


def _has_inside(symbol: StoredSymbol) -> bool:
    """Whether it owns the names in it: a variable is of some class, `mod walk;` says a file.

    A namespace of C++ is open: macros and versions (`fmt::v12`) stand between it and its names.
    One that a document shows has but what is shown.
    """
    if symbol.kind is SymbolKind.MODULE:
        is_open = namesakes.OPEN.search(symbol.path) is not None
        return symbol.range.end - symbol.range.start > 1 and not is_open
    return symbol.kind.value in _CLASSES


def _said(db: Database, tree_id: int, query: str) -> Iterator[tuple[str, bool]]:
    """The words of a question, and whether each is a name, whatever word it is."""
    for found in _NAME.finditer(query):
        quoted, word, mark = found.groups()
        ends = _END.match(query, found.end()) is not None
        is_marked = bool(mark) and _is_marked(db, tree_id, word, mark, ends=ends)
        yield quoted or (word + mark if is_marked else word), bool(quoted) or is_marked


def _is_marked(db: Database, tree_id: int, word: str, mark: str, *, ends: bool) -> bool:
    """Whether the mark after a word belongs to it; what ends a question may be its own."""
    if not _is_here(db, tree_id, word + mark):
        return False
    return not (ends and mark == "?") or not _is_here(db, tree_id, word)


def answer(
    db: Database, tree_id: int, query: str, *, read: Reader = lambda _: ()
) -> Answered | None:
    """The answer from the index as it is now, without a model; None when there is none."""
    found = understood(db, tree_id, query)
    known = None if found is None else fact(db, tree_id, *found, read=read)
    return known and _with_mentions(db, tree_id, known, read)


def _with_mentions(db: Database, tree_id: int, known: Answered, read: Reader) -> Answered:
    """An answer about uses, with the lines that no grammar takes for one."""
    if known.form not in {Form.CALLERS, Form.TESTS} or "." in known.name:
        return known
    among = is_test if known.form is Form.TESTS else lambda _: True
    uses = code.references_to(db, tree_id, known.name)
    found = mentions(db, tree_id, known.name, uses, read, among)
    found.sort(key=lambda one: (_aside(one[0]), one))
    return known._replace(text="\n".join((known.text, *mentioned(found))))


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
    }
    for form in forms:
        places = list(dict.fromkeys(finders[form]()))
        if places:
            how = told().how if form in _OF_USES else ""
            lines = _line_count(_LINES[form](uses())) if form in _LINES else 0
            said = _told(form, name, places, how, lines=lines)
            yield Answered(form, name, question(form, name), said, tuple(places))


def question(form: Form, name: str) -> str:
    """How a question of this form is put."""
    return {
        Form.CALLERS: f"Who calls or uses `{name}`?",
        Form.SUBCLASSES: f"What are the subclasses of `{name}`?",
        Form.RAISED: f"Where is `{name}` raised and handled?",
        Form.DEFAULT: f"What are the defaults of `{name}`?",
        Form.TESTS: f"Which tests cover `{name}`?",
        Form.TOGETHER: f"Which files change together with `{name}`?",
    }[form]


@lru_cache(maxsize=1 << 14)
def is_test(path: str) -> bool:
    """Whether a path looks like a test's."""
    return _TEST.search(path) is not None


def _aside(path: str) -> int:
    """0 for the product, then what is built of it or shows it, then its tests."""
    return 2 if is_test(path) else int(_ASIDE.search(path) is not None)


def _is_known(db: Database, tree_id: int, form: Form, name: str) -> bool:
    """Whether it is the name of something here; what is used may be somebody else's."""
    if form is Form.TOGETHER:
        return _is_path(db, tree_id, name)
    if len(name) < _FEWEST_LETTERS:
        return False
    if form in _OF_ANYONE:
        return _is_here(db, tree_id, name)
    return bool(code.definitions(db, tree_id, name))


def _is_here(db: Database, tree_id: int, name: str) -> bool:
    defined = code.definitions(db, tree_id, name)
    return bool(defined or symbols.users(db, tree_id, name, limit=1))


def _is_path(db: Database, tree_id: int, name: str) -> bool:
    sql = "select exists (select 1 from files where tree_id = ? and path = ?)"
    return bool(db.value(sql, (tree_id, name)))


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
        if one.symbol:
            yield Place(one.path, min(one.lines), one.symbol)
            continue
        text = read(one.path)
        for at in one.lines:
            yield Place(
                one.path, at, " ".join(text[at].split()).rstrip(" {") if at < len(text) else ""
            )


def _raised(
    db: Database,
    tree_id: int,
    name: str,
    uses: Callable[[], Iterable[StoredReference]],
    read: Reader,
) -> Iterator[Place]:
    """Lines that raise it or handle it, of the files that name it; no remark that says so."""
    last = name.rpartition(".")[2]
    wanted = re.compile(rf"\b{re.escape(last)}\b")
    defined = code.definitions(db, tree_id, name)
    if defined and not any(one.kind.value in _CLASSES for one in defined):
        return
    # `except ValueError:` is no use that the index reads, and names what nobody has to import.
    paths = {one.path for one in uses()} | set(naming(db, tree_id, last, limit=_MOST_FILES))
    for path in sorted(paths, key=lambda path: (_aside(path), path))[:_MOST_FILES]:
        for at, line in enumerate(bare(read(path), wanted)):
            if wanted.search(line) and (verb := _verb(line)):
                yield Place(path, at, verb)


def _verb(line: str) -> str:
    if _RAISED.search(line):
        return "raised"
    return "handled" if _HANDLED.search(line) else ""


def _defaults(db: Database, tree_id: int, name: str, read: Reader) -> Iterator[Place]:
    for one in code.definitions(db, tree_id, name):
        values = [] if is_test(one.path) else _assigned(one, read)
        for first in range(0, len(values), _IN_A_LINE):  # a context may have room for some lines
            said = ", ".join(values[first : first + _IN_A_LINE])
            yield Place(one.path, one.range.start, said)


def _assigned(symbol: StoredSymbol, read: Reader) -> list[str]:
    """The parameters of a definition that have a value, as written."""
    parameters = _parameters(symbol.signature.partition("(")[2])
    if len(symbol.signature) >= _CUT:  # the rest stands in the file
        text = "\n".join(read(symbol.path)[symbol.range.start : symbol.range.end])
        head = re.search(rf"\b{re.escape(symbol.name)}\b[^(\n]*\(", text)
        written = _REMARK.sub("", text[head.end() :]) if head else ""
        cut = [*parameters[:-1], "and others = ..."]
        parameters = _parameters(written) if written else cut
    return [" ".join(part.split()) for part in parameters if re.search(r"[^=!<>]=[^=>]", part)]


def _parameters(text: str) -> list[str]:
    """What commas part, up to the bracket that closes the last list; those in brackets aside."""
    found, depth = [""], 0
    for bracket in _BRACKET.finditer(text):
        char, after = bracket[0], text[bracket.end() : bracket.end() + 1]
        depth += (char[-1] in "([{<") - (char in ")]}>")
        if depth < 0 and after != "(":
            break
        if depth < 0 or (char == "," and depth == 0):
            found.append("")
        elif not (char == "(" and depth == 0):  # else it opens the next list
            found[-1] += char
    return found


def _tests(uses: Iterable[StoredReference]) -> Iterator[Place]:
    for one in _tested(uses):
        yield Place(one.path, min(one.lines), one.symbol)


def _together(db: Database, tree_id: int, path: str) -> Iterator[Place]:
    """History also knows files that are gone: nobody can change those again."""
    for other, chance in history.co_changed(db, path):
        if chance >= _FEWEST_CHANCE and _is_path(db, tree_id, other):
            yield Place(other, 0, f"{chance:.0%} of the commits that change {path}")


_LINES: dict[Form, Callable[[Iterable[StoredReference]], list[StoredReference]]] = {
    Form.CALLERS: _called,
    Form.TESTS: _tested,
}


def _line_count(uses: Iterable[StoredReference]) -> int:
    return len({(use.path, line) for use in uses for line in use.lines})


# --- words ------------------------------------------------------------------------------------


def _told(form: Form, name: str, places: Sequence[Place], how: str, *, lines: int) -> str:
    """The answer; a place is a symbol, and where more of its lines are meant they are counted."""
    aside = "" if how in {"", namesakes.BY_NAME} else f", {how}"
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
    }[form]
    shown = [f"- {_place(form, place)}" for place in places[:_MOST_PLACES]]
    more = len(places) - _MOST_PLACES
    return "\n".join((head, *shown, *([f"- and {more} more"] if more > 0 else [])))


def _place(form: Form, place: Place) -> str:
    where = place.path if form is Form.TOGETHER else f"{place.path}:{place.line + 1}"
    return f"{where} {place.what}".rstrip()
