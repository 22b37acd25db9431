from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from repo_sleeper import git
from repo_sleeper.cli.eval import evaluate
from repo_sleeper.cli.init import init
from repo_sleeper.domain.code import Range
from repo_sleeper.evaluate import staleness, unchanged
from repo_sleeper.evaluate.results import Limits
from repo_sleeper.evaluate.staleness import Share, Staleness
from repo_sleeper.evaluate.trial import Trial
from repo_sleeper.store import notes
from tests.conftest import GitRepo

CART = '''\
class Cart:
    """What is about to be bought."""

    def total(self, prices):
        amount = sum(prices)
        return amount

    def empty(self):
        self.lines = []


def discount(total, rate):
    return total - total * rate
'''
LAID_OUT = CART.replace("sum(prices)", "sum( prices )  # all of them").replace(
    "return total -", "# less\n\n    return total -"
)
ANOTHER = "def shipping(weight):\n    return weight * 2\n\n\n"
TAX = "def tax(net):\n    return net * 0.2\n\n\ndef tax_free(net):\n    return net\n\n\n"
DEARER = CART.replace("total * rate", "total * rate / 2")
INDENTED = CART.replace("        return amount", "        if amount:\n            return amount")


@pytest.fixture
def edited(repo: GitRepo) -> GitRepo:
    """A definition that is laid out anew, has another beside it, moves, and changes at last."""
    repo.commit("Begin", shop__cart_py=CART)
    repo.commit("Lay out", shop__cart_py=LAID_OUT)
    repo.commit("Ship", shop__cart_py=ANOTHER + LAID_OUT, shop__tax_py=TAX)
    repo.git("mv", "shop/cart.py", "shop/basket.py")
    repo.commit("Rename")
    repo.commit("Cost more", shop__basket_py=ANOTHER + DEARER, shop__tax_py=TAX + ANOTHER)
    return repo


@pytest.fixture
def measure(edited: GitRepo, tmp_path: Path) -> Callable[[], Staleness]:
    return lambda: staleness.measure(
        git.discover(edited.root),
        workshop=tmp_path / "workshop",
        edits=10,
        limits=Limits(),
        clock=lambda: 1_000.0,
    )


def test_notes_notice_what_changes_and_nothing_else(measure: Callable[[], Staleness]) -> None:
    found = measure()

    assert (found.edits, found.is_good, found.unjudged) == (4, True, 0)
    assert found.injected.part == found.packed.part == found.switched.part == 0
    assert found.lost_layout == Share(0, found.lost_layout.of)
    assert min(found.lost_layout.of, found.lost.of, found.lost_made.of, found.kept.of) > 1
    assert found.kept.part == found.kept.of
    assert found.kept_made.part == found.kept_made.of > 1
    assert len(found.seconds) == 6
    assert "stale notes told as fresh" in staleness.table(found)
    none_moved = staleness.table(replace(found, kept=Share(0, 0)))
    assert re.search(r"renames +0 +0 +-   >= 95%", none_moved)


def test_a_product_that_never_notices_is_found_out(
    measure: Callable[[], Staleness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "FRESH_NOTE", "1")

    found = measure()

    assert found.injected.part > 0
    assert found.switched.part > 0
    assert not found.is_good


def test_a_product_that_goes_by_the_bytes_is_found_out(
    measure: Callable[[], Staleness], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_bytes = """
    not exists (select 1 from evidence e join thoughts t on t.id = n.thought_id
        where e.note_row = n.row and not exists (
            select 1 from files f join blobs b on b.id = f.blob_id
            where f.tree_id = :tree and f.path = e.path and b.hash = t.content_hash))"""
    monkeypatch.setattr(notes, "FRESH_NOTE", by_bytes)

    found = measure()

    assert found.injected.part == 0
    assert (found.lost.part, found.kept_made.part) == (found.lost.of, 0)
    assert not found.is_good


def test_what_was_replayed_is_not_replayed_again(
    measure: Callable[[], Staleness], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = measure()
    monkeypatch.setattr(Trial, "_edit", None)

    again = measure()

    assert (again.notes, again.injected, again.lost) == (first.notes, first.injected, first.lost)
    assert again.kept_made == first.kept_made


def test_the_command_says_by_its_exit_code_whether_notes_can_be_trusted(
    edited: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(edited.root)
    init(yes=True, no_model=True, no_daemon=True)

    evaluate(commits=3, staleness=True)
    told = capsys.readouterr().out
    evaluate(commits=3, staleness=True, json=True)
    again = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(notes, "FRESH_NOTE", "1")
    with pytest.raises(typer.Exit) as left:
        evaluate(commits=2, staleness=True)

    assert "stale notes told as fresh" in told
    assert (again["edits"], again["good"], again["injected"]["part"]) == (3, True, 0)
    assert left.value.exit_code == 1


# --- the judge ----------------------------------------------------------------------------------


def tokens(path: str, text: str, name: str, *places: tuple[str, Range]) -> str:
    found = unchanged.pieces(path, text, places)
    assert found is not None
    return found.named[name][0].tokens


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(LAID_OUT, "same"), (ANOTHER + CART, "same"), (DEARER, "same"), (INDENTED, "changed")],
)
def test_python_is_judged_by_its_tokens(text: str, verdict: str) -> None:
    same = tokens("a.py", text, "Cart.total") == tokens("a.py", CART, "Cart.total")

    assert verdict == ("same" if same else "changed")


def test_a_step_of_indentation_is_a_change() -> None:
    before = "def last(rows):\n    for row in rows:\n        print(row)\n        return row\n"
    after = before.replace("        return", "    return")

    assert tokens("a.py", before, "last") != tokens("a.py", after, "last")


def test_other_languages_are_judged_by_their_words() -> None:
    body = 'func add(a int) string {\n\treturn "a  b" + c // why\n}\n'
    laid_out = 'func add(a int) string { /* sum */\n\n\treturn "a  b"+c\n}\n'
    changed = body.replace("a  b", "a b")
    place = ("add", Range(0, 4))

    one, two, three = (tokens("a.go", text, "add", place) for text in (body, laid_out, changed))

    assert one == two != three


def test_outside_of_definitions_each_statement_is_judged_by_itself() -> None:
    text = """\
import a from 'a'; // ({
import {
  b,
} from 'b';
const all = [b]
  .map(one => one)
  .filter(Boolean);

setUp(function () {
  run();
});
"""
    found = unchanged.pieces("a.cts", text, [("run", Range(9, 10))])

    assert found is not None
    lines = [piece.lines for piece in found.named[unchanged.OUTSIDE]]
    assert lines == [Range(0, 1), Range(1, 4), Range(4, 7), Range(8, 11)]


def test_blank_lines_do_not_end_what_is_indented() -> None:
    text = "describe Cart do\n\n  it 'adds' do\n  end\nend\n\nrun\n"
    found = unchanged.pieces("a.rb", text, ())

    assert found is not None
    lines = [piece.lines for piece in found.named[unchanged.OUTSIDE]]
    assert lines == [Range(0, 4), Range(4, 5), Range(6, 7)]


def test_a_module_is_all_that_is_in_no_definition() -> None:
    place = ("add", Range(1, 2))
    before = tokens("a.js", "start();\nfunction add() { return 1 }\n", unchanged.MODULE, place)
    edited = tokens("a.js", "start();\nfunction add() { return 2 }\n", unchanged.MODULE, place)
    longer = tokens("a.js", "start();\nfunction add() {}\nstop();\n", unchanged.MODULE, place)

    assert before == edited != longer


def test_what_nothing_closes_goes_to_the_end() -> None:
    found = unchanged.pieces("a.js", "start(\n\n1\n", ())

    assert found is not None
    assert [piece.lines for piece in found.named[unchanged.OUTSIDE]] == [Range(0, 4)]


def test_a_lifetime_of_rust_opens_no_text() -> None:
    line = "fn first<'a>(from: &'a str) -> &'a str {"
    place = ("first", Range(0, 1))

    assert tokens("a.rs", line, "first", place) == tokens("a.rs", f"{line} // it's", "first", place)


def test_what_cannot_be_read_is_not_judged() -> None:
    assert unchanged.pieces("a.py", "def (:\n", ()) is None
