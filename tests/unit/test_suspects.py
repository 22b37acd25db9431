from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.domain.history import Commit
from repo_sleeper.index.tags import extract
from repo_sleeper.store import history
from repo_sleeper.store import survey as rows
from repo_sleeper.store.database import Database
from repo_sleeper.survey import suspects
from repo_sleeper.survey.suspects import Signs
from tests.indexed import Indexed


def test_each_sign_makes_a_file_more_suspect() -> None:
    plain = Signs(lines=10)
    others = {
        "recent": Signs(lines=10, recent=2.0),
        "churn": Signs(lines=10, churn=2.0),
        "size": Signs(lines=900),
        "risks": Signs(lines=10, risks=("broad except",)),
        "untested": Signs(lines=10, untested=True),
    }

    scores = suspects.score({"plain": plain, **others})

    assert all(scores[name] > scores["plain"] for name in others)
    assert suspects.score({}) == {}


def test_changes_fade_by_half_every_ten_commits() -> None:
    assert suspects.recency([0]) == 1.0
    assert suspects.recency([0, 10, 20]) == pytest.approx(1.75)


SHOP = b"""\
class Shop:
    name = "shop"

    def open(self):
        return True

    def sell(self, what):
        if what and self.open():
            for one in what:
                yield one
"""


def test_the_parts_of_a_file_are_its_innermost_definitions() -> None:
    opens, sells = suspects.parts(SHOP, extract(SHOP, "python").symbols)

    assert (opens.qualified, opens.branches) == ("Shop.open", 0)
    assert (sells.qualified, sells.branches) == ("Shop.sell", 3)
    assert suspects.part_score(sells) > suspects.part_score(opens)
    restless = suspects.restlessness(recent=9.0, churn=9.0)
    assert suspects.part_score(opens, restless=restless) > suspects.part_score(sells)


@pytest.mark.parametrize(
    ("name", "line", "risk"),
    [
        ("a.py", b"    except Exception:\n", "broad except"),
        ("a.py", b"except:\n", "broad except"),
        ("a.py", b"def f(a, b=[]):\n", "mutable default"),
        ("a.py", b"def f(a, b: list[int] = []) -> None:  # why\n", "mutable default"),
        ("a.py", b"if a == None:\n", "comparison with None by =="),
        ("a.ts", b"} catch (e) {}\n", "empty catch"),
        ("a.js", b"if (a == null) {\n", "loose comparison with null"),
        ("a.go", b"_ = err\n", "ignored error"),
        ("a.rb", b"# FIXME later\n", "TODO or FIXME"),
    ],
)
def test_risky_lines_are_known_by_their_looks(name: str, line: bytes, risk: str) -> None:
    assert suspects.risks(name, line) == (risk,)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.rb", b"def f(a, b = {})\n"),
        ("a.java", b"if (a == null) {\n"),
        ("a.kt", b"if (a == null) {\n"),
        ("a.py", b"except ValueError:\ndef f(a=None):\nif a is None:\n"),
        ("a.ts", b"if (a === null) {\n"),
    ],
)
def test_what_is_usual_in_a_language_is_no_risk(name: str, line: bytes) -> None:
    assert suspects.risks(name, line) == ()


def test_what_a_note_names_a_test_of_is_not_called_untested(db: Database, tmp_path: Path) -> None:
    tree = Indexed(db, tmp_path / "tree")
    tree.write("web/helpers.py", "def h():\n    return 1\n")
    tree.write("web/router.py", "def r():\n    return 1\n")
    tree.write("web/bare.py", "def b():\n    return 1\n")
    tree.write("web/used.py", "def use():\n    return 1\n")
    tree.write("tests/test_usage.py", "def test_use():\n    assert use() == 1\n")
    tree.write("tests/web/test_helpers.py", "def test_h():\n    assert call('h')\n")
    tree.write("tests/test_all.py", "import web.router\n")
    rows.save_links(db, tree.tree, [("tests/test_all.py", 0, "web/router.py")])

    found = suspects.suspects(db, tree.tree, root=tree.root, limit=9)

    untested = {one.path for one in found if "no test of its own is known" in one.why}
    assert untested == {"web/bare.py"}


def test_where_no_program_is_a_test_that_is_not_said_of_each_file(
    db: Database, tmp_path: Path
) -> None:
    tree = Indexed(db, tmp_path / "tree")
    tree.write("cart.py", "def total():\n    return 1\n")
    tree.write("tests/unit/cart.tcl", "test total\n")

    (found,) = suspects.suspects(db, tree.tree, root=tree.root, limit=9)

    assert found.why == ("2 lines", "first look at total")


def test_the_suspects_of_a_tree_are_its_product_with_reasons(db: Database, tmp_path: Path) -> None:
    tree = Indexed(db, tmp_path / "tree")
    tree.write("calm.py", "def calm():\n    return 1\n")
    tree.write("wild.py", "def wild(a=[]):\n    return a\n" * 9)
    tree.write("test_wild.py", "import wild\n")
    history.add_commits(db, [(Commit("a" * 40, 1, "x", "Fix wild", paths=("wild.py",)), True)])

    first, second = suspects.suspects(db, tree.tree, root=tree.root, limit=9)

    assert (first.path, second.path) == ("wild.py", "calm.py")
    assert first.why[0] == "1 of 1 commit was a fix"
    assert "mutable default" in first.why
    assert second.why[-1] == "first look at calm"
    assert suspects.suspects(db, 99, root=tree.root, limit=9) == []
