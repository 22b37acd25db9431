from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.domain.thoughts import Candidate, Subject
from repo_sleeper.errors import ModelReplyError
from repo_sleeper.store import notes, pause
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from repo_sleeper.store.unthought import unthought
from repo_sleeper.think import prompts, replies, thinker
from repo_sleeper.think.asking import Asking
from repo_sleeper.think.reading import Limits
from repo_sleeper.think.thinker import Outcome
from tests.indexed import Indexed

KIND = NoteKind.ARCHITECTURE
CART = """\
class Cart:
    def total(self):
        return sum(item.price for item in self.items)

    def clear(self):
        self.items = []
"""
TOTAL = {"path": "cart.py", "line": 3, "quote": "return sum(item.price for item in self.items)"}
HEAD = {"path": "cart.py", "line": 2, "quote": "def total(self):"}  # of the same definition
CLASS = {"path": "cart.py", "line": 1, "quote": "class Cart:"}
CLEAR = {"path": "cart.py", "line": 6, "quote": "self.items = []"}
NOTE: dict[str, Any] = {
    "kind": "architecture",
    "title": "Totals are summed anew at every call",
    "body": "`total` keeps no sum between calls.",
    "confidence": 0.6,
    "evidence": [TOTAL],
}
OTHER: dict[str, Any] = {
    **NOTE,
    "title": "Clearing leaves every other holder of the list as it is",
    "body": "`clear` binds a new list and does not empty the old one.",
    "evidence": [CLEAR],
}


class Scripted:
    """A model that gives these replies in turn."""

    name = "fake/model"

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        return Reply(self.replies.pop(0), Usage(300, 50), "fake-1")

    def price(self) -> Price:
        return Price(1.0, 1.0)

    def close(self) -> None:
        """Nothing is held."""


class Desk:
    """One file, a model, and the looks that are left."""

    def __init__(self, db: Database, root: Path) -> None:
        self.db = db
        self.tree = Indexed(db, root)
        self.hash = self.tree.write("cart.py", CART)
        self.model = Scripted()
        self.now = 100.0

    def waiting(self, *, samples: int = 1, passes: int = 1) -> list[Candidate]:
        return unthought(
            self.db,
            self.tree.tree,
            kinds=[KIND],
            versions=prompts.versions([KIND]),
            steps=prompts.steps(samples=samples, passes=passes),
        )

    def think(self, reply: dict[str, Any], step: str = "") -> Outcome:
        self.model.replies.append(json.dumps({**reply, "end": "OK"}))
        tree = Tree(self.db, self.tree.tree, self.tree.root, "c0ffee")
        job = thinker.job(Subject("cart.py", self.hash), KIND, step)
        asking = Asking(self.model, refusal=lambda *_: "", clock=self.clock)
        return thinker.think_about(tree, job, asking, Limits(6_000, 500))

    def again(self, *operations: dict[str, Any], number: int = 2) -> Outcome:
        return self.think({"operations": list(operations)}, STEPS[number - 1])

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def notes(self) -> list[Note]:
        return notes.list_notes(self.db, self.tree.tree)


STEPS = prompts.steps(samples=1, passes=5)
PASS = STEPS[1]


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    desk = Desk(db, tmp_path / "work")
    desk.think({"notes": [NOTE]})
    return desk


# --- when -------------------------------------------------------------------------------------


def test_without_passes_a_subject_is_done_after_one_look(desk: Desk) -> None:
    assert desk.waiting() == []


def test_a_look_that_found_something_is_followed_by_another(desk: Desk) -> None:
    (candidate,) = desk.waiting(passes=3)

    assert (candidate.step, candidate.looks) == (PASS, 1)


def test_a_pass_that_changes_nothing_ends_the_subject(desk: Desk) -> None:
    desk.again()

    assert desk.waiting(passes=5) == []


def test_a_pass_that_changes_something_is_followed_by_one_more(desk: Desk) -> None:
    desk.again({"op": "add", **OTHER})

    (candidate,) = desk.waiting(passes=3)

    assert (candidate.step.startswith("~p3"), candidate.looks) == (True, 2)
    assert desk.waiting(passes=2) == []


def test_samples_come_before_passes() -> None:
    steps = prompts.steps(samples=2, passes=2)

    assert [prompts.is_pass(step) for step in steps] == [False, False, True]
    assert len(set(steps)) == 3


def test_ending_a_subject_is_not_held_against_the_model(desk: Desk) -> None:
    desk.again()
    desk.again(number=3)

    assert pause.if_fruitless(desk.db, most=2, now=200.0) is None


# --- what it is shown -------------------------------------------------------------------------


def test_a_pass_sees_the_notes_so_far_with_their_ids(desk: Desk) -> None:
    (note,) = desk.notes()

    desk.again()

    user = desk.model.prompts[-1].user
    assert f"- [{note.id}] 0.60 Totals are summed anew at every call." in user
    assert "(cart.py:3)" in user
    assert prompts.rethink_task().text in user
    assert note.id not in desk.model.prompts[0].user


def test_a_sample_is_not_shown_what_others_found_and_begins_elsewhere(desk: Desk) -> None:
    samples = prompts.steps(samples=10, passes=1)[1:]
    for step in samples:
        desk.think({"notes": []}, step)

    first, *others = [prompt.user for prompt in desk.model.prompts]
    assert [user.removeprefix(first).strip() for user in others] == [
        prompts.beginning(step) for step in samples
    ]
    assert len({first, *others}) == 10, "the same question asked twice shows nothing"


# --- operations -------------------------------------------------------------------------------


def test_what_is_added_stands_beside_what_was_there(desk: Desk) -> None:
    outcome = desk.again({"op": "add", **OTHER})

    assert [note.title for note in outcome.notes] == [OTHER["title"]]
    assert len(desk.notes()) == 2


def test_a_revision_is_a_new_version_of_the_same_note(desk: Desk) -> None:
    (before,) = desk.notes()

    desk.again({"op": "revise", "id": before.id, **NOTE, "evidence": [TOTAL, CLEAR]})

    (after,) = desk.notes()
    assert (after.id, after.version) == (before.id, 2)
    assert len(after.evidence) == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"evidence": [CLEAR]}, "it loses evidence that the note has"),
        ({"evidence": [{**TOTAL, "quote": "return nothing at all"}]}, "quote is not in the source"),
        ({"evidence": [HEAD]}, "it loses evidence that the note has"),
        ({"body": "Sums."}, "it says less than the note and shows nothing more"),
        ({"confidence": 0.3}, "it is far less sure than the note and shows nothing more"),
        ({"body": "`NoSuchThing` keeps it."}, "it turns what is known into a guess"),
        ({}, "it changes nothing"),
        ({"id": "0" * 12, "title": "Another"}, "there is no such note among those shown"),
        ({"kind": "likely-bug"}, "likely-bug was not asked for"),
    ],
)
def test_a_revision_that_makes_a_note_worse_is_refused(
    desk: Desk, changed: dict[str, Any], reason: str
) -> None:
    (before,) = desk.notes()

    outcome = desk.again({"op": "revise", "id": before.id, **NOTE, **changed})

    assert reason in outcome.dropped[0]
    assert desk.notes() == [before]
    assert desk.waiting(passes=9) == []


def test_a_line_not_quoted_before_may_make_a_note_less_sure(desk: Desk) -> None:
    (before,) = desk.notes()
    changed = {"confidence": 0.3, "evidence": [TOTAL, CLEAR]}

    desk.again({"op": "revise", "id": before.id, **NOTE, **changed})

    assert [note.confidence for note in desk.notes()] == [0.3]


def test_one_look_alone_retires_nothing_but_is_followed_by_another(desk: Desk) -> None:
    (note,) = desk.notes()

    outcome = desk.again(_retire(note))

    assert outcome.dropped == (f"retire {note.id}: it stays until a further look says so too",)
    assert desk.notes() == [note]
    assert [one.step for one in desk.waiting(passes=3)] == [STEPS[2]]


def test_a_note_is_retired_where_two_looks_agree_by_what_the_code_it_cites_says(
    desk: Desk,
) -> None:
    (note,) = desk.notes()

    desk.again(_retire(note))
    desk.again(_retire(note, why="it is cached"), number=3)

    assert desk.notes() == []
    state = desk.db.row("select state, why from notes where id = ?", (note.id,))
    assert state is not None
    assert tuple(state) == ("retired", "it is cached")


def test_one_reply_cannot_agree_with_itself(desk: Desk) -> None:
    (note,) = desk.notes()

    desk.again(_retire(note), _retire(note, why="it is cached"))

    assert desk.notes() == [note]


def test_the_second_look_is_shown_what_the_first_was(desk: Desk) -> None:
    (note,) = desk.notes()

    desk.again(_retire(note))
    desk.again(number=3)

    assert desk.model.prompts[1].user == desk.model.prompts[2].user
    assert desk.notes() == [note]


def test_a_look_that_proved_nothing_does_not_count_as_the_first(desk: Desk) -> None:
    (note,) = desk.notes()

    desk.again({**_retire(note), "evidence": [CLEAR]}, {"op": "add", **OTHER})
    desk.again(_retire(note), number=3)

    assert note in desk.notes()


def test_what_was_said_of_a_note_before_it_was_revised_is_not_held_against_it(
    desk: Desk,
) -> None:
    (note,) = desk.notes()
    revise = {"op": "revise", "id": note.id, **NOTE, "evidence": [TOTAL, CLEAR]}

    desk.again(_retire(note))
    desk.again(revise, number=3)
    desk.again(_retire(note), number=4)
    assert [one.id for one in desk.notes()] == [note.id]

    desk.again(_retire(note), number=5)
    assert desk.notes() == []


def test_what_was_retired_is_not_written_again(desk: Desk) -> None:
    _retired_twice(desk)

    outcome = desk.think({"operations": [{"op": "add", **NOTE}]}, STEPS[3])

    assert "says so already" in outcome.dropped[0]
    assert desk.notes() == []


def _retire(note: Note, *, why: str = "no") -> dict[str, Any]:
    return {"op": "retire", "id": note.id, "why": why, "evidence": [TOTAL]}


def _retired_twice(desk: Desk) -> None:
    (note,) = desk.notes()
    for number in (2, 3):
        desk.again(_retire(note), number=number)
    assert desk.notes() == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"evidence": []}, "it cites nothing"),
        ({"why": " "}, "it says no reason"),
        ({"evidence": [CLEAR]}, "its evidence is not in the code that the note cites"),
        ({"evidence": [CLASS]}, "its evidence is not in the code that the note cites"),
        ({"evidence": [{**CLEAR, "path": "elsewhere.py"}]}, "a file that was not shown"),
        ({"id": "f" * 12}, "there is no such note"),
    ],
)
def test_a_note_is_not_retired_without_proof(
    desk: Desk, changed: dict[str, Any], reason: str
) -> None:
    (note,) = desk.notes()
    outcome = desk.again({**_retire(note), **changed})

    assert reason in outcome.dropped[0]
    assert desk.notes() == [note]


def test_a_note_that_is_retired_is_not_revised_by_the_same_reply(desk: Desk) -> None:
    (note,) = desk.notes()
    desk.again(_retire(note))

    outcome = desk.again(
        {"op": "revise", "id": note.id, **NOTE, "confidence": 0.9}, _retire(note), number=3
    )

    assert "retired by the same reply" in outcome.dropped[0]
    assert desk.notes() == []


def test_at_a_first_look_no_note_can_be_touched(desk: Desk) -> None:
    (note,) = desk.notes()

    outcome = desk.think({"notes": [], "operations": [_retire(note)]}, "~s2")

    assert "there is no such note" in outcome.dropped[0]
    assert desk.notes() == [note]


# --- samples ----------------------------------------------------------------------------------


def test_samples_that_agree_on_a_node_are_one_surer_note(desk: Desk) -> None:
    (before,) = desk.notes()

    desk.think({"notes": [{**NOTE, "confidence": 0.5, "evidence": [TOTAL, CLEAR]}]}, "~s2")

    (after,) = desk.notes()
    assert (after.id, after.version) == (before.id, 2)
    assert after.confidence == pytest.approx(0.8)
    assert len(after.evidence) == 2


def test_agreement_never_makes_certain(desk: Desk) -> None:
    for number in (2, 3, 4):
        desk.think({"notes": [{**NOTE, "confidence": 0.9}]}, f"~s{number}")

    assert desk.notes()[0].confidence == 0.95


def test_one_reply_cannot_confirm_itself(desk: Desk) -> None:
    outcome = desk.think({"notes": [NOTE, NOTE]}, "~s2")

    assert len(outcome.notes) == 1
    assert "says so already" in outcome.dropped[0]


# --- the reply --------------------------------------------------------------------------------


def test_the_reply_that_the_instructions_give_is_one_we_accept() -> None:
    assert replies.operations('{"operations": [], "end": "OK"}').added == ()


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        ({}, "lacks notes"),
        ({"operations": {}}, "not a list"),
        ({"operations": [{"op": "rewrite"}]}, "operation 1 is none that we know: rewrite"),
        ({"operations": [{"id": "x"}]}, "operation 1 lacks op"),
        ({"operations": [{"op": "retire", "why": "", "evidence": []}]}, "lacks id"),
        ({"operations": ["retire"]}, "operation 1 is not an object"),
    ],
)
def test_a_reply_of_another_shape_is_refused(reply: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ModelReplyError, match=complaint):
        replies.operations(json.dumps({**reply, "end": "OK"}))
