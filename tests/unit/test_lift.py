from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Origin, note_id
from repo_sleeper.evaluate import lift
from repo_sleeper.evaluate.metrics import Piece
from repo_sleeper.evaluate.queries import Query
from repo_sleeper.evaluate.results import Mode, Plan, Ranker, Replay, Result
from repo_sleeper.recall.context import Scope, context
from repo_sleeper.store import note_kinds, versions
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from tests.searchable import shop


def replayed(*lifts: float, kind: NoteKind = NoteKind.HOTSPOT) -> Replay:
    results = tuple(
        Result(
            oid=str(number),
            text="q",
            targets=("a.py",),
            slices=(),
            scores={Ranker.SLEEPER: {"R@5": 1.0, lift.metric(kind): value}},
            ranked={},
        )
        for number, value in enumerate(lifts)
    )
    return Replay(
        name="r", plan=Plan(count=9, mode=Mode.FAST), head="", frozen_at="", results=results
    )


@pytest.mark.parametrize(
    ("lifts", "helps"),
    [([0.5] * 24, True), ([0.0] * 24, False), ([-0.2] * 24, False), ([0.5, *[-0.1] * 23], False)],
)
def test_a_kind_helps_when_its_lift_is_above_zero_beyond_chance(lifts, helps):
    (one,) = lift.lifts(replayed(*lifts))

    assert (one.kind, one.questions, one.helps) == (NoteKind.HOTSPOT, 24, helps)
    said = "\n".join(lift.lines([one], kept=False))
    assert ("left out of contexts from now on" in said) is not helps
    assert "a model's notes are not measured here and always stay" in said
    assert "left out" not in "\n".join(lift.lines([one], kept=True))


def test_a_handful_of_questions_decides_nothing():
    assert lift.lifts(replayed(*[-1.0] * 19)) == []
    assert "nothing changes" in lift.lines([], kept=False)[0]


def test_files_and_symbols_count_alike():
    query = Query(oid="", parent="", text="", targets=("a.py", "b.py"), symbols=())

    assert lift.found([Piece("a.py", "1. a.py")], query, 1.0) == 0.75


@pytest.mark.parametrize("origin", [Origin.SURVEY, Origin.MODEL])
def test_only_counted_notes_of_a_kind_are_left_out(db: Database, tmp_path: Path, origin: Origin):
    tree = shop(db, tmp_path / "work")
    one = Note(
        id=note_id(NoteKind.HOTSPOT, "shop/cart.py"),
        kind=NoteKind.HOTSPOT,
        title="Totals of the cart are changed often",
        body="Nine of ten.",
        confidence=1.0,
        origin=Origin.SURVEY,
        evidence=(Evidence("shop/cart.py", Range(0, 1), ""),),
        subject="shop/cart.py",
    )
    versions.save_survey_notes(
        db, [one], kinds=[NoteKind.HOTSPOT], inputs={one.id: "1"}, tree_id=tree.tree
    )
    db.execute("update notes set origin = ?", (origin.value,))

    def text() -> str:
        at = Tree(db, tree.tree, tree.root)
        question = "how are totals of the cart rounded"
        return context(at, question, budget=1200, scope=Scope(5)).text

    assert "## Notes" in text()
    note_kinds.switch_off(db, [NoteKind.HOTSPOT])
    assert ("## Notes" in text()) is (origin is Origin.MODEL)
    note_kinds.switch_off(db, [])
    assert "## Notes" in text()
