"""Notes that were counted: until they are counted again, they are not told of what has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from repo_sleeper.daemon.reconciling import reconcile_round
from repo_sleeper.daemon.workspace import create_store, open_workspace, write_store
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.store import freshness, notes, versions
from repo_sleeper.store.database import Database
from repo_sleeper.survey import rules, survey
from repo_sleeper.survey.wording import at_path, survey_note
from tests.conftest import GitRepo
from tests.indexed import Indexed

Look = Callable[..., set[NoteKind]]

MAIN = """\
import os

from shop.cart import total


def main():
    # TODO: say how long it takes
    return total(os.environ["SHOP_COLORS"])


if __name__ == "__main__":
    main()
"""
CART = """\
def total(items):
    return sum(items)


def forgotten_helper(items):
    return [item for item in items if item]
"""


@pytest.fixture
def look(repo: GitRepo) -> Look:
    """Looks at the repository as a question does, or as the daemon does; fresh kinds of notes."""
    for number in range(4):
        cart = f"{CART}\n\nRATE = {number}\n"
        repo.commit(f"Change the rate to {number}", shop__cart_py=cart, main_py=MAIN)
    repo.commit("Add a test", tests__test_other_py="def test_it():\n    assert True\n")
    workspace = open_workspace(repo.root, dict(os.environ))
    create_store(workspace)
    moment = iter(range(1, 100))

    def fresh(*, derive: bool = False) -> set[NoteKind]:
        with closing(write_store(workspace)) as db:
            now = float(next(moment))
            seen = reconcile_round(db, workspace.repo, workspace.settings, now=now, derive=derive)
            return {one.kind for one in notes.list_notes(db, seen.tree_id) if one.fresh}

    return fresh


COUNTED = {NoteKind.ENVIRONMENT, NoteKind.TODO, NoteKind.ENTRY_POINT}


def test_what_was_counted_is_told_while_nothing_changes(look: Look) -> None:
    assert look(derive=True) >= COUNTED
    assert look() >= COUNTED


def test_other_rules_count_again_though_nothing_has_changed(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    def no_notes(*_: object, **__: object) -> int:
        counted.append(rules.RULES)
        return 0

    look(derive=True)
    monkeypatch.setattr(survey, "survey", no_notes)
    look(derive=True)
    monkeypatch.setattr(rules, "RULES", "of another release")
    look(derive=True)
    look(derive=True)

    assert counted == ["of another release"]


def test_a_line_is_not_told_after_its_file_was_edited(look: Look, repo: GitRepo) -> None:
    look(derive=True)

    repo.write("main.py", MAIN.replace("SHOP_COLORS", "SHOP_TONES").replace("# TODO", "# done"))

    assert not look() & COUNTED
    again = look(derive=True)
    assert NoteKind.ENVIRONMENT in again
    assert NoteKind.TODO not in again


def test_what_another_file_says_is_told_all_the_same(look: Look, repo: GitRepo) -> None:
    look(derive=True)

    repo.write("shop/bill.py", "from shop.cart import forgotten_helper\n")

    assert look() >= COUNTED


HISTORY = {NoteKind.HOTSPOT, NoteKind.CO_CHANGE, NoteKind.FIX_PRONE}
ABSENCE = {NoteKind.DEAD_LOOKING, NoteKind.LAYERS}
OTHER = {NoteKind.OVERSIZED}


@pytest.mark.parametrize(
    ("commits", "fresh"),
    [
        pytest.param(False, HISTORY | OTHER, id="anything may name what nothing named"),
        pytest.param(True, OTHER, id="a commit more, and each count is another"),
    ],
)
def test_what_is_counted_over_everything_is_in_doubt_at_once(
    db: Database, tmp_path: Path, fresh: set[NoteKind], *, commits: bool
) -> None:
    tree = Indexed(db, tmp_path / "work")
    tree.write("shop/cart.py", CART)
    kinds = HISTORY | ABSENCE | OTHER | {NoteKind.TEST_MAP}
    counted = [
        survey_note(kind, about=["x"], title="x", body="x", evidence=[at_path("shop/cart.py")])
        for kind in sorted(kinds)
    ]
    inputs = {one.id: "1" for one in counted}
    versions.save_survey_notes(db, counted, kinds=kinds, inputs=inputs, tree_id=tree.tree)

    def told() -> set[NoteKind]:
        return {one.kind for one in notes.list_notes(db, tree.tree) if one.fresh}

    assert told() == kinds
    freshness.put_survey_due(db, tree.tree, since=1e12, commits=False)
    if commits:
        freshness.put_survey_due(db, tree.tree, since=2e12, commits=True)
    assert told() == fresh
    freshness.survey_is_taken(db, tree.tree, rules="1")
    assert told() == kinds


def test_only_what_is_said_of_a_file_that_has_changed_since_is_in_doubt(
    db: Database, tmp_path: Path
) -> None:
    tree = Indexed(db, tmp_path / "work")
    about = {NoteKind.OVERSIZED: "shop/cart.py", NoteKind.TODO: "shop/bill.py"}
    counted = [
        survey_note(kind, about=[path], title="x", body="x", evidence=[at_path(path)])
        for kind, path in about.items()
    ]
    tree.write("shop/cart.py", CART, dirty_at=9.0)
    tree.write("shop/bill.py", CART, dirty_at=10.0)
    inputs = {one.id: "1" for one in counted}
    versions.save_survey_notes(db, counted, kinds=set(about), inputs=inputs, tree_id=tree.tree)

    freshness.put_survey_due(db, tree.tree, since=10.0, commits=False)

    assert {one.kind: one.fresh for one in notes.list_notes(db, tree.tree)} == {
        NoteKind.OVERSIZED: True,
        NoteKind.TODO: False,
    }


def test_a_survey_that_is_behind_is_due_until_it_is_taken(db: Database, tmp_path: Path) -> None:
    tree = Indexed(db, tmp_path / "work").tree
    freshness.survey_is_taken(db, tree, rules="1")
    assert not freshness.survey_is_due(db, tree, rules="1")

    for commits in (False, True, True):
        freshness.put_survey_due(db, tree, since=10.0, commits=commits)
        assert freshness.survey_is_due(db, tree, rules="1")

    freshness.survey_is_taken(db, tree, rules="2")
    assert freshness.survey_is_due(db, tree, rules="1")
    assert not freshness.survey_is_due(db, tree, rules="2")
