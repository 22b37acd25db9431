"""The forms of question that the index can answer, and how they are told from all others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from repo_sleeper.domain.answers import Form
from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store import code, namesakes, symbols
from repo_sleeper.store.code import StoredSymbol
from repo_sleeper.store.database import Database

CLASSES = frozenset({"class", "interface", "struct", "trait", "type", "enum"})
_FEWEST_LETTERS = 2
# A name of Ruby may end in a mark: `save!`, `empty?`, `path=`.
_NAME = re.compile(r"`([^`\s]+)`|([\w./-]*\w)([!?=](?![\w=>~]))?")
_END = re.compile(r"\W*\Z")
_OF = re.compile(r"(?<=\w)(?:::|#|->|\\)(?=[^\W\d])")  # what the index writes as a dot


_OF_ANYONE = frozenset({Form.CALLERS, Form.SUBCLASSES, Form.RAISED})  # also what is not ours
_OF_PATHS = frozenset({Form.TOGETHER, Form.IMPORTERS, Form.CALLERS, Form.SUBCLASSES})
OF_USES = frozenset({Form.CALLERS, Form.SUBCLASSES, Form.RAISED, Form.TESTS})

# A question is of a form when it has one of these words, names something, and says nothing else
# that is not among the words of no weight: anything more, and it may mean something else.
_KEYS = {
    Form.CALLERS: "calls call calling callers caller called uses use used user users using usage"
    " usages invokes invoke invoked references referenced referencing depends depend depending",
    Form.SUBCLASSES: "subclasses subclass subclassed inherits inherit inheriting extends extend"
    " extending derives derived implements implement implementations implementers"
    " conforms conform conforming includes include including mixes heir heirs",
    Form.RAISED: "raised raises raise thrown throws throw handled handles catches caught",
    Form.DEFAULT: "default defaults",
    Form.TESTS: "tests test tested testing covers cover covering covered exercise exercises",
    Form.TOGETHER: "changes change changed together cochange",
    Form.IMPORTERS: "imports import imported importing importers included requires require required"
    " requiring",
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
# "What does cart.py import" asks for what is in it, "what imports cart.py" for who wants it.
_IN_A_FILE = re.compile(
    r"\b(?:does|do)\b.*\b(?:import|include|require|use|depend)\b|\b(?:imports|includes) (?:in|of)\b"
    r"|\b(?:what|which) .{0,20}\b(?:imported|included|required|used) (?:by|in)\b",
    re.IGNORECASE | re.DOTALL,
)
# A module of Ruby is included by its heirs, `<vector>` by what needs it.
_INCLUDES = re.compile(r"\binclud", re.IGNORECASE)
# "How many callers" asks for the callers; "how" alone asks for something else.
_COUNTED = re.compile(r"\bhow (?:many(?: times)?|often)\b|\b(?:number|count) of\b", re.IGNORECASE)


def understood(db: Database, tree_id: int, query: str) -> tuple[Form, str] | None:
    """The form and the name of a question that closely matches one we can answer."""
    plain = _TESTS_CALL.sub("tests", _COUNTED.sub(" ", _OF.sub(".", query)))
    said = list(_said(db, tree_id, plain))
    forms = {_FORMS[word.lower()] for word, sure in said if not sure and word.lower() in _FORMS}
    weightless = _FORMS.keys() | _WEIGHTLESS
    others = list(
        dict.fromkeys(word for word, sure in said if sure or word.lower() not in weightless)
    )
    if not others:
        others = list(_capital(db, tree_id, (word for word, _ in said[1:])))
    if forms == {Form.DEFAULT} and _is_parameter(plain, others):
        del others[0]
    if len(forms) != 1 or len(others) != 1:
        return None
    form, name = forms.pop(), others.pop().removesuffix("()")
    form, name = _meant(db, tree_id, query, form, name)
    return (form, name) if _is_known(db, tree_id, form, name) else None


def _capital(db: Database, tree_id: int, words: Iterable[str]) -> Iterator[str]:
    """Words of no weight that are written as the name of something here: a class `Error`."""
    for word in words:
        is_light = word.lower() in _WEIGHTLESS
        if is_light and word[:1].isupper() and code.definitions(db, tree_id, word):
            yield word


def _is_parameter(query: str, names: Sequence[str]) -> bool:
    """Whether the first of two names is said to be of the other: `the default of rate in total`."""
    if len(names) != 2:  # noqa: PLR2004 -- a parameter and what has it
        return False
    first, last = map(re.escape, names)
    between = r"\W+(?:\w+ )?(?:of|in|for)\W+(?:\w+ ){0,2}`?"
    return re.search(rf"{first}{between}{last}", query) is not None


def _meant(db: Database, tree_id: int, query: str, form: Form, name: str) -> tuple[Form, str]:
    """The form and the name as the index has it: who uses a file imports it."""
    if form not in _OF_PATHS:
        return form, _indexed_name(db, tree_id, name)
    if form is Form.SUBCLASSES and _INCLUDES.search(query) and not _is_here(db, tree_id, name):
        form = Form.IMPORTERS
    path = _indexed_path(db, tree_id, name)
    if form is Form.IMPORTERS and path == name:
        path = _module_path(db, tree_id, name)
    if form is Form.TOGETHER:
        return form, path
    if is_path(db, tree_id, path):
        return (Form.IMPORTS if _IN_A_FILE.search(query) else Form.IMPORTERS), path
    return form, (name if form is Form.IMPORTERS else _indexed_name(db, tree_id, name))


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
    if is_path(db, tree_id, written):
        return written
    end = f"/{written}"
    sql = "select path from files where tree_id = ? and substr(path, -length(?)) = ? limit 2"
    found = db.rows(sql, (tree_id, end, end))
    return str(found[0]["path"]) if len(found) == 1 else written


def _module_path(db: Database, tree_id: int, written: str) -> str:
    """The path of a module that is written with dots, where it can be only one."""
    end = "/" + written.replace(".", "/")
    sql = """select path from files where tree_id = ?
             and (instr('/' || path, ?) or instr('/' || path, ?)) limit 2"""
    found = db.rows(sql, (tree_id, f"{end}.", f"{end}/__init__."))
    return str(found[0]["path"]) if "." in written and len(found) == 1 else written


def _has_inside(symbol: StoredSymbol) -> bool:
    """Whether it owns the names in it: a variable is of some class, `mod walk;` says a file.

    A namespace of C++ is open: macros and versions (`fmt::v12`) stand between it and its names.
    One that a document shows has but what is shown.
    """
    if symbol.kind is SymbolKind.MODULE:
        is_open = namesakes.OPEN.search(symbol.path) is not None
        return symbol.range.end - symbol.range.start > 1 and not is_open
    return symbol.kind.value in CLASSES


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


def question(form: Form, name: str) -> str:
    """How a question of this form is put."""
    return {
        Form.CALLERS: f"Who calls or uses `{name}`?",
        Form.SUBCLASSES: f"What are the subclasses of `{name}`?",
        Form.RAISED: f"Where is `{name}` raised and handled?",
        Form.DEFAULT: f"What are the defaults of `{name}`?",
        Form.TESTS: f"Which tests cover `{name}`?",
        Form.TOGETHER: f"Which files change together with `{name}`?",
        Form.IMPORTERS: f"Who imports `{name}`?",
        Form.IMPORTS: f"What does `{name}` import?",
    }[form]


def _is_known(db: Database, tree_id: int, form: Form, name: str) -> bool:
    """Whether it is the name of something here; what is used may be somebody else's."""
    if form in {Form.TOGETHER, Form.IMPORTS}:
        return is_path(db, tree_id, name)
    if form is Form.IMPORTERS:
        return True  # a module is nobody's definition: its imports alone make it known
    if len(name) < _FEWEST_LETTERS:
        return False
    if form in _OF_ANYONE:
        return _is_here(db, tree_id, name)
    return bool(code.definitions(db, tree_id, name))


def _is_here(db: Database, tree_id: int, name: str) -> bool:
    defined = code.definitions(db, tree_id, name)
    return bool(defined or symbols.users(db, tree_id, name, limit=1))


def is_path(db: Database, tree_id: int, name: str) -> bool:
    """Whether the tree has a file at this path."""
    sql = "select exists (select 1 from files where tree_id = ? and path = ?)"
    return bool(db.value(sql, (tree_id, name)))
