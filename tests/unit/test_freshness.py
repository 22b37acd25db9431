from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence, Note, NoteKind, Origin, note_id
from repo_sleeper.domain.statements import unpack
from repo_sleeper.store import notes, versions
from repo_sleeper.store.database import Database
from tests.indexed import Indexed

CART = """\
class Cart:
    def total(self):
        return sum(self.items)

    def clear(self):
        self.items = []


LIMIT = len("four")
"""


@pytest.fixture
def tree(db: Database, tmp_path: Path) -> Indexed:
    indexed = Indexed(db, tmp_path / "work")
    indexed.write("shop/cart.py", CART)
    return indexed


def hash_of(tree: Indexed, qualified: str) -> str:
    return str(tree.db.value("select node_hash from symbols where qualified = ?", (qualified,)))


def about(evidence: Evidence, *, title: str = "Total adds the items") -> Note:
    return Note(
        id=note_id(NoteKind.ARCHITECTURE, evidence.path, evidence.symbol, evidence.hash, title),
        kind=NoteKind.ARCHITECTURE,
        title=title,
        body="It is summed anew each time.",
        confidence=0.8,
        origin=Origin.MODEL,
        evidence=(evidence,),
        subject=f"{evidence.path}::{evidence.symbol}" if evidence.symbol else evidence.path,
    )


def save(tree: Indexed, note: Note) -> None:
    with tree.db.transaction():
        cursor = tree.db.execute(
            "insert into thoughts (tree_id, subject_path, subject_symbol, subject_hash, kind,"
            " prompt_version, state, request, at) values (?, '', '', '', '', '', 'applied', '', 0)",
            (tree.tree,),
        )
        versions.save_thought_notes(tree.db, cursor.lastrowid or 0, [note])


def total(tree: Indexed) -> Evidence:
    return Evidence(
        "shop/cart.py",
        Range(2, 3),
        "return sum(self.items)",
        Anchor.NODE,
        hash_of(tree, "Cart.total"),
        "Cart.total",
    )


def shown(tree: Indexed) -> list[tuple[bool, str, Range]]:
    return [
        (note.fresh, note.evidence[0].path, note.evidence[0].range)
        for note in notes.list_notes(tree.db, tree.tree)
    ]


def test_a_note_on_unchanged_code_is_fresh(tree: Indexed) -> None:
    save(tree, about(total(tree)))

    assert shown(tree) == [(True, "shop/cart.py", Range(2, 3))]


def test_an_edit_makes_it_stale_and_a_branch_switch_back_makes_it_fresh(tree: Indexed) -> None:
    save(tree, about(total(tree)))

    tree.write("shop/cart.py", CART.replace("sum(self.items)", "sum(self.items) + 1"))
    assert [fresh for fresh, _, _ in shown(tree)] == [False]

    tree.write("shop/cart.py", CART)
    assert [fresh for fresh, _, _ in shown(tree)] == [True]


def test_comments_and_lines_above_move_the_evidence_along(tree: Indexed) -> None:
    save(tree, about(total(tree)))

    tree.write(
        "shop/cart.py", "# one\n# two\n" + CART.replace("    def clear", "    # x\n    def clear")
    )

    assert shown(tree) == [(True, "shop/cart.py", Range(4, 5))]


def test_a_renamed_file_keeps_its_notes_under_the_new_path(tree: Indexed) -> None:
    save(tree, about(total(tree)))

    tree.rename("shop/cart.py", "new/basket.py")

    assert shown(tree) == [(True, "new/basket.py", Range(2, 3))]
    for path in ("new/basket.py", "new/"):
        assert len(notes.list_notes(tree.db, tree.tree, path=path)) == 1


def test_a_definition_put_into_another_file_is_listed_there(tree: Indexed) -> None:
    tree.write("twin.py", "LIMIT = 1\n")
    save(tree, about(total(tree)))
    assert notes.list_notes(tree.db, tree.tree, path="twin.py") == []

    tree.write("shop/cart.py", "LIMIT = 4\n")
    tree.write("twin.py", CART)

    (note,) = notes.list_notes(tree.db, tree.tree, path="twin.py")
    assert (note.fresh, note.evidence[0].path) == (True, "twin.py")


def test_a_file_put_elsewhere_as_it_is_takes_its_notes_along(tree: Indexed) -> None:
    save(tree, about(total(tree)))

    tree.rename("shop/cart.py", "lib/cart.py")

    assert shown(tree) == [(True, "lib/cart.py", Range(2, 3))]


def test_an_edited_getter_is_not_kept_fresh_by_a_twin_elsewhere(tree: Indexed) -> None:
    tree.write("other.py", CART)
    save(tree, about(total(tree)))

    tree.write("shop/cart.py", CART.replace("sum(self.items)", "sum(self.items) + 1"))

    assert [fresh for fresh, _, _ in shown(tree)] == [False]


def test_what_was_copied_and_then_edited_has_not_moved_to_the_copy(tree: Indexed) -> None:
    save(tree, about(total(tree))._replace(created_at=100.0))
    tree.write("copy.py", CART, dirty_at=150.0)

    tree.write("shop/cart.py", CART.replace("sum(self.items)", "0"), dirty_at=200.0)

    assert [fresh for fresh, _, _ in shown(tree)] == [False]


def test_a_method_moved_to_another_class_takes_its_notes_along(tree: Indexed) -> None:
    save(tree, about(total(tree)))

    tree.write("shop/cart.py", CART.replace("class Cart", "class Basket"))

    assert shown(tree) == [(True, "shop/cart.py", Range(2, 3))]


def on_module(tree: Indexed) -> Evidence:
    module = str(tree.db.value("select module_hash from blobs"))
    return Evidence("shop/cart.py", Range(8, 9), 'LIMIT = len("four")', Anchor.MODULE, module)


def test_a_note_on_module_code_outlives_edits_of_functions(tree: Indexed) -> None:
    save(tree, about(on_module(tree)))

    tree.write("shop/cart.py", CART.replace("sum(self.items)", "0"))
    assert [fresh for fresh, _, _ in shown(tree)] == [True]

    tree.write("shop/cart.py", CART.replace("four", "five"))
    assert [fresh for fresh, _, _ in shown(tree)] == [False]


SETUP = """\
import shop
shop.register("cart")
shop.register("tax")
def helper(): return 1
shop.start()
"""


def on_statement(tree: Indexed, line: int) -> Evidence:
    tree.write("shop/setup.py", SETUP)
    packed = tree.db.value(
        "select places from statements t join files f on f.blob_id = t.blob_id"
        " where f.path = 'shop/setup.py'"
    )
    (found,) = [one for one in unpack(packed) if one.range.start == line]
    quote = SETUP.split("\n")[line]
    return Evidence("shop/setup.py", found.range, quote, Anchor.STATEMENT, found.hash)


def test_a_note_on_a_statement_is_stale_only_when_that_statement_changes(tree: Indexed) -> None:
    save(tree, about(on_statement(tree, 2)))

    tree.write("shop/setup.py", SETUP.replace("cart", "basket").replace("shop.start()", ""))
    assert [fresh for fresh, _, _ in shown(tree)] == [True]

    tree.write("shop/setup.py", SETUP.replace("tax", "taxes"))
    assert [fresh for fresh, _, _ in shown(tree)] == [False]


def test_a_statement_that_moved_takes_its_notes_along(tree: Indexed) -> None:
    save(tree, about(on_statement(tree, 2)))

    tree.write("shop/setup.py", f"import os\n# more\n{SETUP}")
    assert shown(tree) == [(True, "shop/setup.py", Range(4, 5))]

    tree.rename("shop/setup.py", "shop/boot.py")
    assert shown(tree) == [(True, "shop/boot.py", Range(4, 5))]


def test_of_statements_that_read_the_same_the_nearest_is_meant(tree: Indexed) -> None:
    save(tree, about(on_statement(tree, 2)))

    tree.write("shop/setup.py", 'shop.register("tax")\n' + SETUP)
    assert shown(tree) == [(True, "shop/setup.py", Range(3, 4))]

    tree.write("shop/setup.py", 'shop.register("tax")\nshop.start()\n')
    assert shown(tree) == [(True, "shop/setup.py", Range(0, 1))]


def test_an_import_of_a_deleted_file_is_not_the_one_of_two_others(tree: Indexed) -> None:
    save(tree, about(on_statement(tree, 0)))
    tree.write("a.py", "import shop\n")
    tree.write("b.py", "import shop\nx()\n")
    assert [fresh for fresh, _, _ in shown(tree)] == [True]

    tree.remove("shop/setup.py")
    assert True not in [fresh for fresh, _, _ in shown(tree)]


README = "The shop sells things.\n"


def on_file(tree: Indexed) -> Evidence:
    tree.write("README", README)
    content = str(tree.db.value("select hash from blobs where language = 'text'"))
    return Evidence("README", Range(0, 1), "The shop sells", Anchor.FILE, content)


def test_a_note_on_a_whole_file_follows_the_content_not_the_path(tree: Indexed) -> None:
    save(tree, about(on_file(tree)))

    tree.rename("README", "docs/README")
    assert shown(tree) == [(True, "docs/README", Range(0, 1))]

    tree.write("docs/README", "The shop is closed.\n")
    assert shown(tree) == []  # neither the content nor the path it was about is here


def test_a_note_on_a_whole_file_is_stale_once_it_is_edited_though_a_copy_is_not(
    tree: Indexed,
) -> None:
    save(tree, about(on_file(tree)))
    assert [fresh for fresh, _, _ in shown(tree)] == [True]
    tree.write("COPY", README)

    tree.write("README", "The shop is closed.\n")

    assert [fresh for fresh, _, _ in shown(tree)] == [False]


def test_a_note_on_a_path_is_fresh_while_the_path_exists(tree: Indexed) -> None:
    save(tree, about(Evidence("shop/cart.py", Range(0, 1), "class Cart:")))

    tree.write("shop/cart.py", "x = 1\n")
    assert [fresh for fresh, _, _ in shown(tree)] == [True]

    tree.remove("shop/cart.py")
    assert shown(tree) == []


def test_one_stale_quote_makes_the_note_stale(tree: Indexed) -> None:
    gone = Evidence("shop/cart.py", Range(5, 6), "x", Anchor.NODE, "12345", "Cart.gone")
    note = about(total(tree))
    save(tree, note._replace(evidence=(total(tree), gone)))

    assert [fresh for fresh, _, _ in shown(tree)] == [False]


def test_a_stale_note_is_hidden_once_the_new_content_has_been_thought_about(tree: Indexed) -> None:
    save(tree, about(total(tree)))
    subject = tree.write("shop/cart.py", CART.replace("sum(self.items)", "0"))

    tree.db.execute(
        "insert into thoughts (tree_id, subject_path, subject_symbol, subject_hash, kind,"
        " prompt_version, state, request, at)"
        " values (1, 'shop/cart.py', '', ?, 'architecture', '1', 'applied', '', 0)",
        (subject,),
    )
    assert shown(tree) == []

    tree.write("shop/cart.py", CART)
    assert [fresh for fresh, _, _ in shown(tree)] == [True]


def test_evidence_never_leaves_the_node_it_is_in(tree: Indexed) -> None:
    last = Evidence(
        "shop/cart.py",
        Range(2, 3),
        "return",
        Anchor.NODE,
        hash_of(tree, "Cart.total"),
        "Cart.total",
    )
    save(tree, about(last))

    tree.write("shop/cart.py", CART.replace("(self):\n        return sum", "(self): return sum"))

    assert shown(tree) == [(True, "shop/cart.py", Range(1, 2))]


def test_a_twin_that_was_there_before_the_note_is_not_where_it_moved_to(tree: Indexed) -> None:
    tree.write("shop/basket.py", CART.replace("LIMIT = 4", "LIMIT = 5"), dirty_at=50.0)
    save(tree, about(total(tree))._replace(created_at=100.0))
    assert [fresh for fresh, _, _ in shown(tree)] == [True]

    tree.remove("shop/cart.py")
    assert [fresh for fresh, _, _ in shown(tree)] in ([], [False])

    tree.write("shop/bag.py", CART, dirty_at=150.0)
    assert [fresh for fresh, _, _ in shown(tree)] == [True]


def test_a_twin_is_no_new_place_for_notes_from_before_places_were_counted(tree: Indexed) -> None:
    tree.write("shop/basket.py", CART, dirty_at=50.0)
    save(tree, about(total(tree))._replace(created_at=100.0))
    tree.db.execute("update evidence set places = 1")

    tree.write("shop/bag.py", "def pack(self):\n    return 1\n", dirty_at=150.0)
    tree.remove("shop/cart.py")

    assert True not in [fresh for fresh, _, _ in shown(tree)]


def test_of_files_that_say_the_same_the_one_of_the_same_name_is_where_it_moved(
    tree: Indexed,
) -> None:
    tree.write("shop/about.py", SETUP, dirty_at=50.0)
    save(tree, about(on_statement(tree, 2))._replace(created_at=100.0))
    tree.remove("shop/setup.py")

    tree.write("new/about.py", SETUP, dirty_at=150.0)
    tree.write("new/setup.py", SETUP, dirty_at=150.0)
    assert [(fresh, path) for fresh, path, _ in shown(tree)] == [(True, "new/setup.py")]


def test_of_two_that_read_the_same_the_other_is_not_where_one_went(tree: Indexed) -> None:
    tree.write("shop/basket.py", CART.replace("Cart", "Basket"), dirty_at=50.0)
    save(tree, about(total(tree))._replace(created_at=100.0))
    clear = "    def clear(self):\n        self.items = []\n"

    tree.write("shop/cart.py", f"class Cart:\n{clear}", dirty_at=150.0)
    tree.write("shop/basket.py", CART.replace("Cart", "Basket") + "# edited\n", dirty_at=150.0)
    assert [fresh for fresh, _, _ in shown(tree)] == [False]

    tree.write("shop/bag.py", CART.replace("Cart", "Bag"), dirty_at=200.0)
    tree.remove("shop/basket.py")
    assert [fresh for fresh, _, _ in shown(tree)] == [False]


def test_a_file_put_elsewhere_and_changed_is_not_what_still_reads_as_it_did(tree: Indexed) -> None:
    save(tree, about(total(tree))._replace(created_at=100.0))
    tree.write("shop/cart.py", CART.replace("sum(self.items)", "0"), dirty_at=150.0)
    tree.write("dist/all.py", CART, dirty_at=150.0)

    tree.rename("shop/cart.py", "lib/cart.py")

    assert True not in [fresh for fresh, _, _ in shown(tree)]


def test_a_statement_of_a_deleted_file_is_not_the_one_of_another(tree: Indexed) -> None:
    tree.write("shop/setup.py", SETUP)
    tree.write("a.py", "import shop\n")
    save(tree, about(on_statement(tree, 0)))

    tree.remove("shop/setup.py")

    assert True not in [fresh for fresh, _, _ in shown(tree)]


@pytest.mark.parametrize(
    "cited",
    [total, on_module, on_file, lambda tree: on_statement(tree, 2)],
    ids=["a definition", "code of a module", "a whole file", "a statement"],
)
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "edited"])
def test_what_another_work_tree_has_keeps_nothing_fresh_here(
    tree: Indexed, tmp_path: Path, cited: Callable[[Indexed], Evidence], *, gone: bool
) -> None:
    evidence = cited(tree)
    save(tree, about(evidence)._replace(created_at=100.0))
    text = (tree.root / evidence.path).read_text()
    other = Indexed(tree.db, tmp_path / "other")
    for path in (evidence.path, f"new/{evidence.path.rpartition('/')[2]}"):
        other.write(path, text, dirty_at=150.0)

    tree.remove(evidence.path)
    if not gone:
        tree.write(evidence.path, "x = 1\n")

    assert True not in [fresh for fresh, _, _ in shown(tree)]
    assert True in [fresh for fresh, _, _ in shown(other)]


def test_what_another_work_tree_has_makes_nothing_stale_here(tree: Indexed, tmp_path: Path) -> None:
    save(tree, about(total(tree)))
    other = Indexed(tree.db, tmp_path / "other")
    other.write("lib/cart.py", CART.replace("sum(self.items)", "0"))

    tree.rename("shop/cart.py", "basket.py")

    assert shown(tree) == [(True, "basket.py", Range(2, 3))]
