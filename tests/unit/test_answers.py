from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from repo_sleeper.domain.answers import Form
from repo_sleeper.domain.history import CoChange, Commit
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.store import answers, history, namesakes, notes
from repo_sleeper.store import questions as past_questions
from repo_sleeper.store.database import Database
from repo_sleeper.store.forms import understood
from repo_sleeper.store.survey import save_links
from repo_sleeper.think import questions
from tests.indexed import Indexed
from tests.searchable import Searchable

CART = """\
class CartError(Exception):
    pass

def total(items, rate=1.5, names=(1, 2)):
    if not items:
        raise CartError("empty")
    return sum(items) * rate
"""
BILL = """\
from shop.cart import CartError, total

def bill(items):
    try:
        return total(items)
    except CartError:
        return 0
"""


@pytest.fixture
def tree(db: Database, tmp_path: Path) -> Indexed:
    tree = Indexed(db, tmp_path / "work")
    tree.write("shop/cart.py", CART)
    tree.write("shop/bill.py", BILL)
    tree.write(
        "tests/test_cart.py", "from shop.cart import total\n\ndef test_it():\n    total([])\n"
    )
    history.save_co_changes(db, [CoChange("shop/cart.py", "shop/bill.py", together=3, touches=4)])
    return tree


def reader(tree: Indexed) -> namesakes.Reader:
    def read(path: str) -> Sequence[str]:
        return (tree.root / path).read_text().split("\n")

    return read


def asked(tree: Indexed, query: str) -> str:
    found = answers.answer(tree.db, tree.tree, query, read=reader(tree))
    return "" if found is None else found.text


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("who calls total?", Form.CALLERS),
        ("Where is `total` used", Form.CALLERS),
        ("what are the subclasses of CartError", Form.SUBCLASSES),
        ("heirs of CartError", Form.SUBCLASSES),
        ("where is CartError raised and handled?", Form.RAISED),
        ("what is the default value of total()", Form.DEFAULT),
        ("which tests cover total", Form.TESTS),
        ("which files change together with shop/cart.py", Form.TOGETHER),
        ("which functions call total", Form.CALLERS),
        ("how many callers has total?", Form.CALLERS),
        ("how often is total used", Form.CALLERS),
        ("how many times is total called?", Form.CALLERS),
        ("number of usages of total", Form.CALLERS),
        ("is total used anywhere?", Form.CALLERS),
        ("what are the classes that extend CartError", Form.SUBCLASSES),
        ("how many tests exercise total", Form.TESTS),
        ("which tests call total?", Form.TESTS),
        ("references to total", Form.CALLERS),
        ("find the call sites of total", Form.CALLERS),
        ("list everything that calls total", Form.CALLERS),
        ("what depends on total", Form.CALLERS),
        ("where do we still call total?", Form.CALLERS),
        ("who calls sum?", Form.CALLERS),
        ("who imports shop/cart.py?", Form.IMPORTERS),
        ("which files import cart.py", Form.IMPORTERS),
        ("where is shop.cart imported?", Form.IMPORTERS),
        ("what depends on shop/cart.py", Form.IMPORTERS),
        ("who uses cart.py", Form.IMPORTERS),
        ("importers of CartError", Form.IMPORTERS),
        ("what does shop/bill.py import?", Form.IMPORTS),
        ("what is imported by bill.py", Form.IMPORTS),
        ("imports of shop/bill.py", Form.IMPORTS),
        ("what does bill.py depend on", Form.IMPORTS),
    ],
)
def test_a_question_of_a_known_form_is_understood(tree: Indexed, query: str, form: Form) -> None:
    found = understood(tree.db, tree.tree, query)

    assert found is not None
    assert found[0] is form


IMPORTING = """\
import os.path
from shop.cart import CartError, total
from .cart import total as plain
"""


@pytest.fixture
def importing(tree: Indexed) -> Indexed:
    """A tree whose imports are read and resolved, as a reconcile would have it."""
    path = "shop/many.py"
    tree.write(path, IMPORTING)
    blob = tree.db.value("select blob_id from files where path = ?", (path,))
    rows = [(0, "os.path", ""), (1, "shop.cart", "CartError total"), (2, ".cart", "total")]
    for line, module, names in rows:
        tree.db.execute("insert into imports values (?, ?, ?, ?)", (blob, line, module, names))
    save_links(tree.db, tree.tree, [(path, 1, "shop/cart.py"), (path, 2, "shop/cart.py")])
    return tree


def test_importers_of_a_file_are_those_that_resolve_to_it(importing: Indexed) -> None:
    said = "`shop/cart.py` is imported in 1 file:\n- shop/many.py:2 CartError, total"

    assert asked(importing, "who imports shop/cart.py?") == said
    assert asked(importing, "who imports shop.cart?") == said


@pytest.mark.parametrize(
    ("name", "line"), [("os", 1), ("os.path", 1), ("CartError", 2), ("shop", 2), ("cart.total", 2)]
)
def test_a_name_is_imported_where_it_is_written(importing: Indexed, name: str, line: int) -> None:
    said = asked(importing, f"who imports {name}?")

    assert said.startswith(f"`{name}` is imported in 1 file, by name:\n- shop/many.py:{line}")


def test_a_namespace_of_csharp_is_not_imported_with_one_inside_it(importing: Indexed) -> None:
    for path, module in (("A.cs", "Shop.Tax"), ("B.cs", "Shop.Tax.Rates")):
        importing.write(path, f"using {module};\n")
        blob = importing.db.value("select blob_id from files where path = ?", (path,))
        importing.db.execute("insert into imports values (?, 0, ?, '')", (blob, module))

    assert "in 1 file, by name:\n- A.cs:1" in asked(importing, "who imports Shop.Tax?")
    assert "in 2 files, by name:\n- A.cs:1\n- B.cs:1" in asked(importing, "who imports Shop?")


@pytest.mark.parametrize("name", ["path.os", "car", "shop.total", "sys"])
def test_what_no_import_writes_is_not_said_to_be_imported(importing: Indexed, name: str) -> None:
    assert asked(importing, f"who imports {name}?") == ""


def test_imports_of_a_file_are_told_as_they_resolve_or_as_written(importing: Indexed) -> None:
    assert asked(importing, "what does shop/many.py import?") == (
        "`shop/many.py` imports, on 3 lines:\n"
        "- shop/many.py:1 os.path\n"
        "- shop/many.py:2 shop/cart.py\n"
        "- shop/many.py:3 shop/cart.py"
    )


def test_that_nothing_uses_a_function_is_an_answer(tree: Indexed) -> None:
    assert asked(tree, "who calls bill?") == (
        "The index knows no use of `bill`, which is defined here:\n- shop/bill.py:3 function"
    )
    assert asked(tree, "which tests cover bill?") == ""


def test_a_use_that_may_be_of_another_keeps_that_from_being_said(tree: Indexed) -> None:
    tree.write("shop/order.py", "class Order:\n    def total(self): ...\n")

    assert "no use" not in asked(tree, "who calls Order.total?")


@pytest.mark.parametrize(
    "query",
    [
        "why is total called twice for each order?",
        "who calls nothing_of_the_kind",
        "who calls total and which tests cover it",
        "how are totals rounded?",
        "how is total used",
        "how does bill call total",
        "who calls `class` total",
        "who calls total bill",
        "which files change together with total",
        "",
    ],
)
def test_a_question_that_asks_for_more_is_left_to_the_model(tree: Indexed, query: str) -> None:
    assert answers.answer(tree.db, tree.tree, query) is None


def test_users_are_told_with_their_places_product_code_first(tree: Indexed) -> None:
    assert asked(tree, "who calls total?").startswith(
        "`total` is used in 2 places, by name:\n- shop/bill.py:"
    )


def test_what_is_used_here_and_defined_elsewhere_has_users_but_no_defaults(tree: Indexed) -> None:
    assert "- shop/cart.py:7 total" in asked(tree, "who calls sum?")
    assert not asked(tree, "what are the defaults of sum?")


def test_where_an_error_is_raised_and_handled_is_told(tree: Indexed) -> None:
    told = asked(tree, "where is CartError raised and handled?")

    assert "- shop/bill.py:6 handled" in told
    assert "- shop/cart.py:6 raised" in told


def test_defaults_are_told_as_written(db: Database, tree: Indexed) -> None:
    db.execute(
        "update symbols set signature = 'def total(items, rate=1.5, names=(1, 2))'"
        " where name = 'total'"
    )

    assert asked(tree, "defaults of total") == (
        "Parameters of `total` with a default:\n- shop/cart.py:4 rate=1.5, names=(1, 2)"
    )


LONG = """\
def {name}(
    items: Iterable[str] = (),  # what is in it, or (nothing
    {many}
    rate: float = 1.5,
) -> float:
    return rate
"""


def test_the_defaults_of_a_long_signature_are_all_told(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    many = "\n    ".join(f"a_long_name_{number}: dict[str, int]," for number in range(9))
    tree.write("shop/cart.py", LONG.format(name="total", many=many))

    assert told_of(tree, "defaults of total") == (
        "Parameters of `total` with a default:\n"
        "- shop/cart.py:1 items: Iterable[str] = (), rate: float = 1.5"
    )
    found = answers.fact(db, tree.tree, Form.DEFAULT, "total")
    assert found is not None
    assert found.text.endswith("items: Iterable[str] = (), and others = ...")


def test_commas_in_brackets_part_no_parameters(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("Cart.kt", "fun total(a: Map<K, V> = none(), f: (A, B) -> C = g, n: Int = 1) {}\n")
    tree.write("Cart.scala", "object Cart { def total(a: Int = 1)(b: Int = 2): Int = 3 }\n")

    assert told_of(tree, "defaults of total").split("\n")[1:] == [
        "- Cart.kt:1 a: Map<K, V> = none(), f: (A, B) -> C = g, n: Int = 1",
        "- Cart.scala:1 a: Int = 1, b: Int = 2",
    ]


def test_tests_and_companions_are_told(tree: Indexed) -> None:
    assert "tests/test_cart.py:" in asked(tree, "which tests cover total")
    assert "- shop/bill.py 75% of the commits" in asked(
        tree, "which files change together with shop/cart.py"
    )


def test_what_inherits_is_told(db: Database, tree: Indexed) -> None:
    tree.write("shop/errors.py", "class Late(CartError):\n    seconds = 1\n")
    db.execute(
        "update uses set places = replace(places, '\"name\"', '\"inherit\"')"
        " where name = 'CartError'"
        " and blob_id = (select blob_id from files where path = 'shop/errors.py')"
    )

    told = asked(tree, "what are the subclasses of CartError?")

    assert told.startswith("`CartError` is inherited from in 1 place:\n- shop/errors.py:")


def test_a_fact_is_as_new_as_the_index(tree: Indexed) -> None:
    tree.remove("shop/bill.py")

    assert "shop/bill.py" not in asked(tree, "who calls total?")


def test_nothing_found_is_no_answer(tree: Indexed) -> None:
    assert asked(tree, "what are the subclasses of bill?") == ""
    assert asked(tree, "where is total raised?") == ""


def test_a_long_list_is_cut(tree: Indexed) -> None:
    for number in range(25):
        tree.write(f"shop/m{number}.py", f"def use_{number}():\n    total([])\n")

    assert asked(tree, "who calls total?").endswith("- and 7 more")


# --- namesakes ----------------------------------------------------------------------------------

BOOK = """\
class Blueprint:
    def register(self, app):
        return app

    def nested(self, other):
        return self.register(other)

class Signal:
    def register(self, app):
        return self.register(app)
"""
APP = """\
from shop.book import Blueprint, Signal

def make(blueprint: Blueprint):
    blueprint.register(1)

def watch():
    Signal.register(2)
"""
ELSEWHERE = """\
def plug(codecs):
    codecs.register(3)
"""


@pytest.fixture
def registers(tree: Indexed) -> Indexed:
    for path, text in {"book": BOOK, "app": APP, "codec": ELSEWHERE}.items():
        tree.write(f"shop/{path}.py", text)
    return tree


def test_a_qualified_name_has_the_uses_that_can_be_its_own(registers: Indexed) -> None:
    assert asked(registers, "what calls Blueprint.register").splitlines() == [
        (
            "`Blueprint.register` is used in 2 places, by name, in files that name `Blueprint`;"
            " 3 other uses of `register` left out:"
        ),
        "- shop/app.py:4 make",
        "- shop/book.py:6 Blueprint.nested",
    ]
    assert "- shop/app.py:7 watch" in asked(registers, "what calls Signal.register")


def test_a_file_names_a_class_also_where_no_grammar_reads_a_use_of_it(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    for name in ("Arg", "Command"):
        new = f"pub struct {name};\n\nimpl {name} {{\n    pub fn new() -> Self {{ {name} }}\n}}\n"
        tree.write(f"src/{name.lower()}.rs", new)
    tree.write("src/main.rs", "use shop::{Arg, Command};\n\nfn main() {\n    Arg::new();\n}\n")

    assert told_of(tree, "who calls Arg::new?").split("\n") == [
        "`Arg.new` is used in 1 place, by name, in files that name `Arg`:",
        "- src/main.rs:4 main",
    ]


def test_heirs_use_the_name_as_their_own(db: Database, registers: Indexed) -> None:
    text = "class Late(Blueprint):\n    def go(self):\n        return self.register(4)\n"
    registers.write("shop/late.py", text)
    assert "shop/late.py" not in asked(registers, "what calls Blueprint.register")
    db.execute(
        "update uses set places = replace(places, '\"name\"', '\"inherit\"')"
        " where name = 'Blueprint'"
        " and blob_id = (select blob_id from files where path = 'shop/late.py')"
    )

    assert "- shop/late.py:3 Late.go" in asked(registers, "what calls Blueprint.register")


def test_without_the_lines_the_files_are_all_there_is_to_go_by(registers: Indexed) -> None:
    found = answers.answer(registers.db, registers.tree, "what calls Blueprint.register")

    assert found is not None
    assert {place.path for place in found.places} == {"shop/app.py", "shop/book.py"}


def test_a_qualified_name_that_nothing_can_use_has_no_answer(registers: Indexed) -> None:
    registers.write("shop/lone.py", "class Lone:\n    def register(self):\n        return 1\n")

    assert asked(registers, "what calls Lone.register") == ""


def test_a_qualified_name_without_namesakes_is_used_wherever_it_is_named(tree: Indexed) -> None:
    tree.write("shop/box.py", "class Box:\n    def unpacked(self):\n        return 1\n")
    tree.write("shop/hall.py", "def open_all(boxes):\n    return [b.unpacked() for b in boxes]\n")

    assert asked(tree, "who calls Box.unpacked") == (
        "`Box.unpacked` is used in 1 place, by name:\n- shop/hall.py:2 open_all"
    )


def test_a_plain_name_with_namesakes_says_that_it_is_all_there_is(registers: Indexed) -> None:
    registers.write("shop/store.py", "def open(path):\n    return path\n")
    registers.write("shop/io.py", "def load():\n    return open('x')\n")

    assert "by name alone (2 definitions share it):" in asked(registers, "who calls register?")
    assert asked(registers, "who calls open?").startswith(
        "`open` is used in 1 place, by name alone (it is a built-in name as well):"
    )


def test_names_with_namesakes_are_no_questions_to_expect(registers: Indexed) -> None:
    registers.write("shop/store.py", "def open(path):\n    return path\n")
    registers.write("shop/io.py", "def load():\n    return open('x')\n")

    questions.expect(registers.db, registers.tree, now=5.0, commit="")

    found = notes.list_notes(registers.db, registers.tree, kinds=[NoteKind.QUESTION])
    titles = {note.title for note in found}
    assert "Who calls or uses `total`?" in titles
    assert not [title for title in titles if "`open`" in title or "`register`" in title]


# --- expected questions -----------------------------------------------------------------------


def test_the_questions_to_expect_are_notes_with_answers(tree: Indexed) -> None:
    changed = questions.expect(tree.db, tree.tree, now=5.0, commit="c0ffee")

    found = notes.list_notes(tree.db, tree.tree, kinds=[NoteKind.QUESTION])
    assert changed == len(found) > 0
    assert "Who calls or uses `total`?" in {note.title for note in found}
    assert all(note.fresh for note in found)
    assert questions.expect(tree.db, tree.tree, now=6.0, commit="c0ffee") == 0


def test_the_answer_to_a_question_to_expect_ends_with_a_whole_line(tree: Indexed) -> None:
    for number in range(20):
        caller = f"def a_function_with_a_very_long_name_{number}():\n    return bill([])\n"
        tree.write(f"shop/a_module_with_a_very_long_name_{number}.py", caller)

    questions.expect(tree.db, tree.tree, now=1.0, commit="")

    (one,) = (n for n in notes.list_notes(tree.db, tree.tree) if n.title.endswith("uses `bill`?"))
    *places, end = one.body.split("\n")[1:]
    assert end == "- and more"
    assert all(re.fullmatch(r"- shop/a_\w+_\d+\.py:2 a_\w+_\d+", place) for place in places)


def test_where_an_error_is_raised_and_handled_is_a_question_to_expect(tree: Indexed) -> None:
    questions.expect(tree.db, tree.tree, now=5.0, commit="c0ffee")

    found = notes.list_notes(tree.db, tree.tree, kinds=[NoteKind.QUESTION])
    (note,) = (one for one in found if one.title == "Where is `CartError` raised and handled?")
    assert "- shop/bill.py:6 handled" in note.body
    assert "- shop/cart.py:6 raised" in note.body


def test_questions_that_no_longer_have_an_answer_are_gone(tree: Indexed) -> None:
    questions.expect(tree.db, tree.tree, now=5.0, commit="")
    tree.remove("tests/test_cart.py")

    assert questions.expect(tree.db, tree.tree, now=6.0, commit="") > 0
    titles = {n.title for n in notes.list_notes(tree.db, tree.tree, kinds=[NoteKind.QUESTION])}
    assert "Which tests cover `total`?" not in titles


def test_what_was_asked_or_committed_about_comes_first(tree: Indexed) -> None:
    for number in range(60):
        tree.write(f"shop/n{number}.py", f"def name_{number}():\n    return 1\n")
        tree.write(
            f"shop/u{number}.py", f"def user_{number}():\n    name_{number}(), name_{number}()\n"
        )
    past_questions.remember(tree.db, "what does name_59 do", now=1.0, paths=["a"], notes=[])
    history.add_commits(tree.db, [(Commit("1" * 40, 1, "ada", "Mend name_58"), False)])

    names = [one.name for one in questions._likely(tree.db, tree.tree)]

    assert [name for name in names if name.startswith("name_")][:2] == ["name_59", "name_58"]
    assert len(names) == 40


def test_a_file_that_is_gone_is_not_said_to_change_together_with_another(tree: Indexed) -> None:
    changes = [("shop/bill.py", 3), ("shop/gone.py", 4)]
    together = [CoChange("shop/cart.py", path, count, touches=4) for path, count in changes]
    history.save_co_changes(tree.db, together)

    said = asked(tree, "which files change together with shop/cart.py")

    assert "shop/bill.py" in said
    assert "shop/gone.py" not in said


def test_who_calls_is_told_of_the_product_before_what_is_built_of_it_and_tests(
    tree: Indexed,
) -> None:
    for path in ("_examples/bill.py", "dist/bill.py", "shop/cart/test.py"):
        tree.write(path, "from shop.cart import total\n\ntotal([1])\n")

    said = asked(tree, "who calls total?").splitlines()[1:]

    assert [line.split(":")[0] for line in said] == [
        *("- shop/bill.py", "- _examples/bill.py", "- dist/bill.py"),
        *("- shop/cart/test.py", "- tests/test_cart.py"),
    ]


def test_files_that_change_together_are_a_question_too(db: Database, tree: Indexed) -> None:
    commit = Commit("2" * 40, 1, "ada", "Change", paths=("shop/cart.py", "shop/bill.py"))
    history.add_commits(db, [(commit, False)])
    history.save_churn(db, {"shop/cart.py": 1.0})

    questions.expect(db, tree.tree, now=5.0, commit="")

    found = notes.list_notes(db, tree.tree, kinds=[NoteKind.QUESTION], path="shop/cart.py")
    assert "Which files change together with `shop/cart.py`?" in {note.title for note in found}


# --- names that end in a mark -----------------------------------------------------------------

BASKET = """\
class Basket
  def save
    store
  end

  def save!
    save || raise
  end

  def empty?
    items.none?
  end

  def call!
    save! unless empty?
    save
  end

  def path=(value)
    @path = value
  end

  def run
    call!
    self.path = save
  end
end
"""


@pytest.fixture
def basket(db: Database, tmp_path: Path) -> Searchable:
    tree = Searchable(db, tmp_path / "ruby")
    tree.write("lib/basket.rb", BASKET)
    return tree


@pytest.mark.parametrize(
    ("query", "name", "lines"),
    [
        ("who calls save!", "save!", [15]),
        ("who calls Basket.save!", "Basket.save!", [15]),
        ("who calls save", "save", [7, 16, 25]),
        ("who calls save?", "save", [7, 16, 25]),
        ("who calls empty?", "empty?", [15]),
        ("who calls empty??", "empty?", [15]),
        ("who calls empty", "", []),
        ("where is empty? used", "empty?", [15]),
        ("who calls call!", "call!", [24]),
        ("who calls `save!`", "save!", [15]),
    ],
)
def test_a_mark_belongs_to_the_name_where_there_is_such_a_name(
    basket: Searchable, query: str, name: str, lines: list[int]
) -> None:
    found = answers.answer(basket.db, basket.tree, query)

    assert (found.name if found else "") == name
    assert [place.line + 1 for place in found.places] == lines if found else not lines


def test_a_name_with_a_mark_is_told_from_its_namesakes(basket: Searchable) -> None:
    basket.write("lib/order.rb", "class Order\n  def save!\n    Basket.new.save!\n  end\nend\n")
    basket.write("lib/mail.rb", "class Mail\n  def send\n    Order.save!\n    Basket\n  end\nend\n")

    def read(path: str) -> Sequence[str]:
        return (basket.root / path).read_text().split("\n")

    found = answers.answer(basket.db, basket.tree, "who calls Basket.save!", read=read)

    assert found is not None
    assert "1 other use of `save!` left out" in found.text
    assert "lib/mail.rb" not in found.text


SORTING = """\
package shop

import "fmt"

// byPrice is for sorting.
func byPrice(a, b int) bool { return a < b }

/*
byPrice again
*/
var order = []func(a, b int) bool{byPrice}

func show() {
	fmt.Println("byPrice", byPrice(1, 2))
}
"""


def told_of(tree: Searchable, query: str) -> str:
    def read(path: str) -> Sequence[str]:
        return (tree.root / path).read_text().split("\n")

    found = answers.answer(tree.db, tree.tree, query, read=read)
    return "" if found is None else found.text


def test_a_function_given_on_as_a_value_is_told_apart_from_its_calls(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/sorting.go", SORTING)
    tree.write("shop/list.go", "package shop\n\nvar rules = Rules{Sort: byPrice}\n")

    assert told_of(tree, "who calls byPrice?").split("\n") == [
        "`byPrice` is used in 1 place, by name:",
        "- shop/sorting.go:14 show",
        "Also named on 2 lines that the index reads as no use:",
        "- shop/list.go:3",
        "- shop/sorting.go:11",
    ]


def test_a_plain_word_is_named_only_where_it_is_a_member(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.py", "class Cart:\n    def total(self):\n        return 1\n")
    tree.write("shop/bill.py", "def bill(cart, total):\n    return total, cart.total()\n")
    tree.write("shop/page.py", "def page(cart):\n    return map(cart.total, [1])\n")
    tree.write("tests/test_cart.py", "def test_it(cart):\n    total = cart.total\n")

    told = told_of(tree, "who calls total?")

    assert told.endswith(
        "Also named on 2 lines that the index reads as no use:\n"
        "- shop/page.py:2\n- tests/test_cart.py:2"
    )


def test_of_many_lines_that_name_a_function_the_first_are_told(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/tax.go", "package shop\n\nfunc addTax() {}\n\nfunc bill() { addTax() }\n")
    tree.write("shop/all.go", "package shop\n\nvar all = []f{\n" + "\taddTax,\n" * 8 + "}\n")

    assert told_of(tree, "who calls addTax?").endswith("- shop/all.go:9\n- and 2 more")


@pytest.mark.parametrize("name", ["Cart::total", "Cart#total", "`Cart::total`", "Cart->total()"])
def test_a_name_is_known_however_its_language_joins_it(
    db: Database, tmp_path: Path, name: str
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("lib/cart.rb", "class Cart\n  def total\n    1\n  end\nend\n")
    tree.write("lib/bill.rb", "def bill\n  Cart.new.total\nend\n")

    assert told_of(tree, f"who calls {name}?").startswith(
        "`Cart.total` is used in 1 place, by name"
    )


def test_packages_and_variables_before_a_name_are_not_in_the_index(tree: Indexed) -> None:
    assert asked(tree, "who calls shop::cart::total?").startswith("`total` is used in 2 places")
    assert asked(tree, "who calls cart.total").startswith("`total` is used in 2 places")
    assert not asked(tree, "who calls CartError.total?")
    assert not asked(tree, "who calls cart.none_of_the_kind?")


def test_a_module_that_is_a_file_of_its_own_has_no_names_inside(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("src/main.rs", "mod walk;\n\nfn main() {\n    walk::scan();\n}\n")
    tree.write("src/walk.rs", "pub fn scan() {}\n")

    assert told_of(tree, "who calls crate::walk::scan?").startswith("`scan` is used in 1 place")


def test_a_namespace_of_cpp_may_be_written_before_any_of_its_names(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.hpp", "namespace shop {\nclass Bill { int rate(); };\n}\n")
    tree.write("shop/sum.hpp", "namespace shop {\ninline namespace v2 {\nint total();\n}\n}\n")
    tree.write("shop/a.cc", "namespace shop {\nint bill() { return shop::total(); }\n}\n")

    assert told_of(tree, "who calls shop::total?").startswith("`total` is used in 1 place")
    assert not told_of(tree, "who calls shop::Bill::total?")


CASES = """\
namespace shop {
namespace inner {
class error {};
struct late { static int make(); };
struct early { static int make(); };
struct broke : public error {};
int both() { return late::make() + early::make(); }
int one() { return early::make(); }
}
}
"""


def test_what_stands_before_two_colons_is_a_class_however_it_is_spelt(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cases.cc", CASES)

    assert told_of(tree, "who calls late::make?").split("\n")[1:] == [
        "- shop/cases.cc:7 shop.inner.both"
    ]


def test_no_file_has_to_name_a_namespace_of_cpp(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cases.cc", CASES)
    tree.write("shop/other.cc", "class error {};\nclass lost : error {};\n")

    said = told_of(tree, "subclasses of inner::error")

    assert said.startswith("`inner.error` is inherited from in 2 places, by name alone (it")


def test_heirs_and_errors_of_what_is_defined_elsewhere_are_told(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write(
        "shop/app.py",
        "class App(Emitter):\n    def run(self):\n        raise LookupError('none')\n",
    )

    assert told_of(tree, "subclasses of Emitter") == (
        "`Emitter` is inherited from in 1 place:\n- shop/app.py:1 App"
    )
    tree.write("shop/bin.py", "try:\n    main()\nexcept LookupError:\n    pass\n")
    assert told_of(tree, "where is LookupError raised?") == (
        "`LookupError` is raised or handled in 2 places:\n"
        "- shop/app.py:3 raised\n- shop/bin.py:3 handled"
    )
    assert not told_of(tree, "subclasses of LookupError")


def test_heirs_are_told_of_the_product_first_and_each_by_its_own_line(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("docs/guide.md", "```swift\nclass Shown: Payable {}\n```\n")
    tree.write("Tests/CartTests.swift", "class Fake: Payable {}\n")
    tree.write("shop/Pay.swift", "extension Int: Payable {\n}\nextension Bill: Payable {\n}\n")

    assert told_of(tree, "implementations of Payable").split("\n")[1:] == [
        "- shop/Pay.swift:1 extension Int: Payable",
        "- shop/Pay.swift:3 extension Bill: Payable",
        *("- docs/guide.md:2 Shown", "- Tests/CartTests.swift:1 Fake"),
    ]


def test_a_macro_that_throws_raises_and_one_that_expects_it_does_not(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/error.h", "class bad_cart : public error {};\n")
    tree.write("shop/cart.cc", 'void total() {\n  SHOP_THROW(bad_cart("x"));\n}\n')
    tree.write("test/cart-test.cc", "void test() {\n  EXPECT_THROW(total(), bad_cart);\n}\n")

    assert told_of(tree, "where is bad_cart thrown?").split("\n")[1:] == ["- shop/cart.cc:2 raised"]


def test_no_file_that_raises_an_error_is_left_out(tree: Indexed) -> None:
    for number in range(60):
        tree.write(f"shop/way_{number}.py", "from shop.cart import CartError\n\nraise CartError\n")

    told = asked(tree, "where is CartError raised and handled?")

    assert told.startswith("`CartError` is raised or handled in 62 places:")


def test_how_often_something_is_called_counts_the_lines(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.py", "def total(items):\n    return sum(items)\n")
    tree.write(
        "shop/bill.py",
        "def bill(a, b):\n    first = total(a)\n    return first + total(b) + total(a)\n",
    )

    assert told_of(tree, "how often is total called?").startswith(
        "`total` is used in 1 place, on 2 lines, by name:"
    )


def test_a_call_in_the_text_of_a_macro_is_told(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write(
        "src/cart.c",
        "int add_tax(int x) { return x; }\n\n#define BILL(x) \\\n  add_tax(x)\n\n"
        "int bill(int x) { return add_tax(x); }\n",
    )

    assert told_of(tree, "who calls add_tax?").endswith(
        "Also named on 1 line that the index reads as no use:\n- src/cart.c:4"
    )


def test_what_a_read_me_shows_comes_after_the_code_that_uses_it(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("README.md", "# Shop\n\n```python\ntotal([])\n```\n")
    tree.write("shop/cart.py", "def total(items):\n    return 1\n\ndef bill(i): total(i)\n")

    assert told_of(tree, "who calls total?").split("\n")[1:] == [
        "- shop/cart.py:4 bill",
        "- README.md:4",
    ]


def test_the_name_of_a_file_is_enough_where_it_is_the_only_one(tree: Indexed) -> None:
    for number in range(250):
        tree.write(f"a/cart_py/{number}.py", "")

    told = asked(tree, "which files change together with cart.py?")

    assert told.startswith("Changed in the same commits as `shop/cart.py`:")
    tree.write("shop/old/cart.py", "")
    assert not asked(tree, "which files change together with cart.py?")


def test_a_name_may_have_two_letters(tree: Indexed) -> None:
    tree.write("shop/text.py", "def nl():\n    return 1\n\ndef page():\n    return nl()\n")

    assert asked(tree, "who calls nl?").startswith("`nl` is used in 1 place")
    assert not asked(tree, "who calls it?")


def test_a_variable_before_a_name_is_no_class_of_it(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("lib/reply.js", "var reply = Object.create(Base)\nreply.give = function give() {}\n")
    tree.write("app.js", "function run(reply) {\n  reply.give()\n}\n")

    assert told_of(tree, "who calls reply.give?").startswith("`give` is used in 1 place")


def test_a_remark_on_an_error_raises_none(tree: Indexed) -> None:
    tree.write(
        "tests/test_bill.py",
        "from shop.cart import CartError\n\n# This will raise a CartError.\n"
        'def test_it():\n    """Raise CartError, or catch it."""\n    show("raise CartError")\n',
    )

    told = asked(tree, "where is CartError raised?")

    assert told.startswith("`CartError` is raised or handled in 2 places:")
    assert "tests/test_bill.py" not in told


COUNTED = """\
MOST_ITEMS = 9

class Cart:
    rate_of = 2

class ShopColor:
    RED = 1
"""


@pytest.mark.parametrize(
    ("query", "defined"),
    [
        ("who uses MOST_ITEMS?", "`MOST_ITEMS` is defined here:\n- shop/cart.py:1 "),
        ("where is Cart.rate_of used?", "`Cart.rate_of` is defined here:\n- shop/cart.py:4 "),
        ("who uses ShopColor?", "`ShopColor` is defined here:\n- shop/cart.py:6 class"),
    ],
)
def test_of_what_nobody_calls_the_lines_that_name_it_are_told(
    db: Database, tmp_path: Path, query: str, defined: str
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.py", COUNTED)
    tree.write(
        "shop/bill.py",
        "from shop.cart import MOST_ITEMS, ShopColor\n\ndef bill(cart):\n"
        "    return cart.rate_of if len(cart) < MOST_ITEMS else ShopColor.RED\n",
    )

    told = told_of(tree, query)

    assert told.startswith(defined)
    assert told.endswith("\nAlso named on 1 line:\n- shop/bill.py:4")


def test_of_a_variable_that_is_a_plain_word_it_is_not_said_that_nothing_uses_it(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.py", "rates = [1]\n\ndef total(cart):\n    return cart * rates[0]\n")

    assert told_of(tree, "who uses rates?") == ""


RUBY = """\
module Errors
  CartError = Class.new(StandardError)
end

module Priced
end

class Cart
  include Priced

  def total
    raise Errors::CartError, "empty"
  end
end
"""


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "where is CartError raised?",
            "`CartError` is raised or handled in 1 place:\n- lib/cart.rb:12 raised",
        ),
        ("who includes Priced?", "`Priced` is inherited from in 1 place:\n- lib/cart.rb:9 Cart"),
    ],
)
def test_errors_and_mixins_of_ruby_are_asked_for_as_classes_are(
    db: Database, tmp_path: Path, query: str, told: str
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("lib/cart.rb", RUBY)

    assert told_of(tree, query) == told


def test_the_constructor_of_a_class_is_no_namesake_of_it(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("src/Cart.java", "class Cart {\n  Cart() { }\n  Cart(int size) { }\n}\n")
    tree.write("src/Bill.java", "class Bill {\n  Cart cart = new Cart();\n}\n")

    assert told_of(tree, "who uses Cart?").startswith("`Cart` is used in ")
    assert "share it" not in told_of(tree, "who uses Cart?")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("what are the defaults of Cart?", "- shop/cart.py:2 rate=1.5"),
        ("what is the default of parameter rate of Cart", "- shop/cart.py:2 rate=1.5"),
        ("what is the default value of odd in the function total?", "- lib/cart.rb:1 odd: nil"),
    ],
)
def test_the_default_of_a_parameter_of_something_is_told(
    db: Database, tmp_path: Path, query: str, told: str
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write(
        "shop/cart.py",
        "class Cart(Base, metaclass=M):\n    def __init__(self, n, rate=1.5):\n        pass\n",
    )
    tree.write("lib/cart.rb", "def total(items, rate:, odd: nil)\nend\n")

    assert told_of(tree, query).split("\n")[1:] == [told]


def test_of_go_it_is_said_that_what_has_the_methods_need_not_name_an_interface(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("cart.go", "package a\n\ntype Sum interface{ Of() }\n\ntype Cart struct{ Sum }\n")

    assert told_of(tree, "what implements Sum?") == (
        "`Sum` is inherited from in 1 place, by embedding it (who has its methods need not name"
        " it):\n- cart.go:5 Cart"
    )


def test_what_a_line_for_the_preprocessor_names_is_told(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("src/tax.h", "int add_tax(int x);\n#define BILL(x) add_tax(x)\n")
    tree.write("src/tax.c", "int add_tax(int x) { return x; }\n")
    tree.write("src/tax.py", "def bill():  # add_tax\n    return 1\n")

    assert told_of(tree, "who calls add_tax?").endswith("no use:\n- src/tax.h:2")


def test_lines_that_name_something_are_counted_in_many_files(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.py", "MOST_ITEMS = 9\n")
    for number in range(70):
        tree.write(f"shop/way_{number}.py", "print(shop.MOST_ITEMS)\n")

    assert "Also named on 70 lines:" in told_of(tree, "who uses MOST_ITEMS?")


def test_a_class_may_be_called_by_a_word_of_no_weight(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/errors.py", "class Error: ...\n\nclass CartError(Error): ...\n")

    told = told_of(tree, "What are the subclasses of the class Error?")
    assert told == "`Error` is inherited from in 1 place:\n- shop/errors.py:3 CartError"


def test_each_impl_in_a_function_is_an_heir_of_its_own(db: Database, tmp_path: Path) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write(
        "src/cart.rs",
        "trait Sum {}\n\nfn total() {\n    impl Sum for Cart {}\n    impl Sum for Bill {}\n}\n",
    )

    assert told_of(tree, "what implements Sum?").split("\n") == [
        *("`Sum` is inherited from in 2 places:", "- src/cart.rs:4 impl Sum for Cart {}"),
        "- src/cart.rs:5 impl Sum for Bill {}",
    ]


def test_lines_that_name_a_class_that_is_a_plain_word_are_not_counted(
    db: Database, tmp_path: Path
) -> None:
    tree = Searchable(db, tmp_path / "work")
    tree.write("shop/cart.py", "class empty: ...\n\ndef f(x=empty): return x is shop.empty\n")

    assert told_of(tree, "who uses empty?") == ""
