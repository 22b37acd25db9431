from __future__ import annotations

import math
from pathlib import Path

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.history import CoChange, Commit
from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Origin, note_id
from repo_sleeper.sleep.agenda import plan
from repo_sleeper.store import history, questions, versions
from repo_sleeper.store.database import Database
from repo_sleeper.store.unthought import sizes, unthought
from repo_sleeper.store.usefulness import recent_edits, use
from tests.indexed import Indexed

KIND = NoteKind.ARCHITECTURE
DAY = 86_400.0
RENAMED = (("old.py", "new.py"),)


@pytest.fixture
def tree(db: Database, tmp_path: Path) -> Indexed:
    tree = Indexed(db, tmp_path / "work")
    for name in ("cart", "rates", "tax"):
        tree.write(f"{name}.py", f"def {name}():\n" + "    step = 1\n" * 6)
    return tree


def noted(tree: Indexed, path: str, *, at: float) -> str:
    note = Note(
        id=note_id(KIND, path),
        kind=KIND,
        title="A title",
        body="A body",
        confidence=0.8,
        origin=Origin.MODEL,
        evidence=(Evidence(path, Range(0, 1), "def"),),
        subject=path,
        created_at=at,
    )
    tree.db.execute(
        "insert into thoughts (id, tree_id, subject_path, subject_symbol, subject_hash, kind,"
        " prompt_version, state, request, at) values (1, ?, '', '', '', '', '', 'applied', '', 0)"
        " on conflict do nothing",
        (tree.tree,),
    )
    versions.save_thought_notes(tree.db, 1, [note])
    return note.id


def test_a_note_hits_when_its_path_is_edited_after_it(tree: Indexed) -> None:
    noted(tree, "cart.py", at=100.0)
    noted(tree, "rates.py", at=100.0)
    commit = Commit("1" * 40, 200, "ada", "Change the cart", paths=("cart.py",))
    history.add_commits(tree.db, [(commit, False)])

    found = use(tree.db, tree.tree, now=300.0)

    assert found.hits == {("cart.py", KIND): 1}
    assert found.misses == {}


def test_a_note_hits_when_it_is_shown_or_its_path_is_asked_about(tree: Indexed) -> None:
    shown = noted(tree, "cart.py", at=100.0)
    noted(tree, "rates.py", at=100.0)
    questions.remember(tree.db, "why", now=200.0, paths=["tax.py"], notes=[shown])
    questions.remember(tree.db, "why", now=200.0, paths=["tax.py", "rates.py"], notes=[])

    found = use(tree.db, tree.tree, now=300.0)

    assert found.hits == {("cart.py", KIND): 1, ("rates.py", KIND): 1}
    assert found.asked == {"tax.py": 2.0, "rates.py": 0.5}


def test_a_note_misses_when_nobody_comes_near_it_for_a_week(tree: Indexed) -> None:
    noted(tree, "cart.py", at=100.0)

    assert use(tree.db, tree.tree, now=100.0 + 6 * DAY).misses == {}
    assert use(tree.db, tree.tree, now=100.0 + 8 * DAY).misses == {("cart.py", KIND): 1}


def test_what_changes_with_a_file_that_is_dirty_now_is_likely_next(tree: Indexed) -> None:
    history.save_co_changes(tree.db, [CoChange("cart.py", "rates.py", together=3, touches=4)])
    assert use(tree.db, tree.tree, now=0.0).beside == {}

    tree.write("cart.py", "def cart():\n" + "    step = 2\n" * 6, dirty_at=50.0)

    assert use(tree.db, tree.tree, now=60.0).beside == {"rates.py": 0.75}


def test_all_this_moves_a_subject_in_the_agenda(tree: Indexed) -> None:
    history.save_co_changes(tree.db, [CoChange("cart.py", "rates.py", together=3, touches=4)])
    tree.write("cart.py", "def cart():\n" + "    step = 2\n" * 6, dirty_at=50.0)
    noted(tree, "tax.py", at=1.0)

    found = unthought(
        tree.db,
        tree.tree,
        kinds=[KIND],
        versions={KIND: "1"},
        expected=dict.fromkeys(sizes(tree.db, tree.tree), 0.1),
        now=8 * DAY,
    )

    items = plan(found)
    assert [item.subject.path for item in items] == ["cart.py", "rates.py", "tax.py"]
    assert items[0].factors["changed"] == 1.0
    assert items[1].factors["touched"] == pytest.approx(math.log1p(0.85))
    assert items[2].factors["record"] == pytest.approx(2 / 3)


def test_recent_edits_are_told_newest_first_under_present_names(db: Database) -> None:
    history.add_commits(
        db,
        [
            (Commit("1" * 40, 1, "ada", "Begin", paths=("old.py", "b.py")), False),
            (Commit("2" * 40, 2, "ada", "Move", paths=("new.py",), renames=RENAMED), False),
            (Commit("3" * 40, 3, "ada", "Merge", is_merge=True), False),
            (Commit("4" * 40, 4, "ada", "Nothing"), False),
        ],
    )

    found = recent_edits(db, limit=10)

    assert [sorted(paths) for paths in found] == [[], ["new.py"], ["b.py", "new.py"]]
    assert recent_edits(db, limit=1) == [()]


def test_what_was_committed_since_is_no_longer_being_worked_on(tree: Indexed) -> None:
    tree.write("cart.py", "def cart():\n" + "    step = 2\n" * 6, dirty_at=50.0)

    def changed() -> set[str]:
        items = plan(unthought(tree.db, tree.tree, kinds=[KIND], versions={KIND: "1"}))
        return {item.subject.path for item in items if item.factors["changed"]}

    assert changed() == {"cart.py"}
    history.add_commits(tree.db, [(Commit("a" * 40, 51, "ada", "Step", paths=("cart.py",)), False)])
    assert changed() == set()
