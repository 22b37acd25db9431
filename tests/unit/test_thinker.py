from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.spending import Spent
from repo_sleeper.domain.thoughts import Subject, ThoughtState
from repo_sleeper.errors import (
    BudgetError,
    ModelAuthError,
    ModelError,
    ModelOfflineError,
    ModelRateError,
    ModelRefusedError,
    ModelServerError,
    ModelSetupError,
    ModelTimeoutError,
    ModelTooLongError,
)
from repo_sleeper.store import ledger, notes, pause, thoughts
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.thoughts import Job
from repo_sleeper.store.tree import Tree
from repo_sleeper.store.unthought import unthought
from repo_sleeper.think import kept, prompts, thinker
from repo_sleeper.think.asking import Asking
from repo_sleeper.think.reading import Limits
from repo_sleeper.think.thinker import Outcome
from tests.indexed import Indexed

CART = """\
class Cart:
    def total(self):
        return sum(item.price for item in self.items)

    def clear(self):
        self.items = []
"""
KIND = NoteKind.ARCHITECTURE
LIMITS = Limits(6_000, 500)
PRICE = Price(1.0, 10.0)
QUOTE = re.compile(r'<file path="(?P<path>[^"]+)".*?\n +3\| (?P<quote>[^\n]+)', re.DOTALL)

Answer = str | Reply | Exception | Callable[[Prompt], Reply]


class FakeModel:
    """Answers what it was told to, in order; without orders, a grounded note from the prompt."""

    name = "fake/model"

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        answer = self.answers.pop(0) if self.answers else grounded(prompt)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(prompt)
        return answer if isinstance(answer, Reply) else Reply(answer, Usage(300, 50), "fake-1")

    def price(self) -> Price:
        return PRICE

    def close(self) -> None:
        """Nothing is held."""


class UnpricedModel(FakeModel):
    def price(self) -> Price:
        raise ModelSetupError("no such model", sent=False)


def grounded(prompt: Prompt, **changes: Any) -> str:
    found = QUOTE.search(prompt.user)
    assert found is not None
    note = {
        "kind": "architecture",
        "title": "Totals are summed anew",
        "body": "`total` keeps no sum between calls.",
        "confidence": 0.8,
        "evidence": [{"path": found["path"], "line": 3, "quote": found["quote"]}],
    }
    return json.dumps({"notes": [{**note, **changes}], "end": "OK"})


class Desk:
    """An indexed file, a clock, and everything a thought needs."""

    def __init__(self, db: Database, root: Path) -> None:
        self.tree = Indexed(db, root)
        self.db = db
        self.now = 1_000_000.0
        self.hash = self.tree.write("shop/cart.py", CART)
        self.refusal = ""

    def think(self, model: FakeModel, *, kind: NoteKind = KIND) -> Outcome:
        asking = Asking(model, self._refusal, self.clock)
        return thinker.think_about(self.at, self.job(kind), asking, LIMITS)

    @property
    def at(self) -> Tree:
        return Tree(self.db, self.tree.tree, self.tree.root, "c0ffee")

    def job(self, kind: NoteKind = KIND) -> Job:
        return thinker.job(Subject("shop/cart.py", self.hash), kind)

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def _refusal(self, spent: Spent, usd: float, tokens: int) -> str:
        del spent
        assert usd > 0
        assert tokens > 500
        return self.refusal

    def waiting(self) -> list[str]:
        found = unthought(self.db, self.tree.tree, kinds=[KIND], versions=prompts.versions([KIND]))
        return [candidate.subject.path for candidate in found]


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path / "work")


def states(db: Database) -> list[tuple[str, str]]:
    rows = db.rows(
        "select t.state as thought, c.state as call from thoughts t join calls c on c.id = call_id"
    )
    return [(row["thought"], row["call"]) for row in rows]


def test_a_thought_leaves_a_grounded_note_and_a_settled_call(desk: Desk) -> None:
    outcome = desk.think(FakeModel())

    assert outcome.state is ThoughtState.APPLIED
    assert outcome.usd == pytest.approx((300 + 50 * 10) / 1e6)
    (note,) = notes.list_notes(desk.db, desk.tree.tree)
    assert (note.title, note.commit, note.thought) == (
        "Totals are summed anew",
        "c0ffee",
        outcome.thought_id,
    )
    assert note.evidence[0].symbol == "Cart.total"
    assert (note.fresh, note.hypothesis) == (True, False)
    assert states(desk.db) == [("applied", "settled")]


def test_a_name_with_colons_is_told_apart_from_the_symbol_that_is_meant(desk: Desk) -> None:
    subject = Subject("a::b.py", desk.tree.write("a::b.py", CART))
    asking = Asking(FakeModel(), desk._refusal, desk.clock)

    outcome = thinker.think_about(desk.at, thinker.job(subject, KIND), asking, LIMITS)

    (note,) = outcome.notes
    assert note.place == ("a::b.py", "Cart.total")
    kept_on = desk.db.row("select subject_path, subject_symbol from notes")
    assert kept_on is not None
    assert tuple(kept_on) == note.place
    assert ledger.spent(desk.db, desk.now, subject=subject).subject.calls == 1
    assert note._replace(subject="a::b.py").place == ("a::b.py", "")
    assert note._replace(evidence=()).place == ("a", "b.py::Cart.total"), "nothing else is known"


def test_what_was_sent_and_came_back_is_kept(desk: Desk) -> None:
    model = FakeModel()
    outcome = desk.think(model)

    assert outcome.thought_id is not None
    thought = thoughts.thought(desk.db, outcome.thought_id)
    assert thought is not None
    request = json.loads(thought.request)
    assert (request["system"], request["user"]) == (model.prompts[0].system, model.prompts[0].user)
    assert "Totals are summed anew" in thought.reply
    assert (thought.drafts, thought.grounded) == (1, 1)
    assert json.loads(desk.db.value("select ranges from calls")) == [["shop/cart.py", 0, 6]]
    assert thoughts.thought(desk.db, 999) is None


def test_the_dry_run_is_what_would_be_sent(desk: Desk) -> None:
    prompt = thinker.prepare(desk.at, desk.job(), LIMITS)
    model = FakeModel()
    desk.think(model)

    assert model.prompts == [prompt]


def test_the_same_content_is_never_paid_for_twice(desk: Desk) -> None:
    desk.think(FakeModel())
    model = FakeModel()

    outcome = desk.think(model)

    assert outcome.state is None
    assert "has been thought about" in str(outcome.error)
    assert model.prompts == []
    assert desk.waiting() == []


def test_a_branch_switch_back_costs_nothing(desk: Desk) -> None:
    desk.think(FakeModel())
    first = desk.hash

    desk.hash = desk.tree.write("shop/cart.py", CART.replace("price", "cost"))
    assert desk.waiting() == ["shop/cart.py"]
    desk.think(FakeModel())

    desk.hash = desk.tree.write("shop/cart.py", CART)
    assert desk.hash == first
    assert desk.waiting() == []
    assert [note.fresh for note in notes.list_notes(desk.db, desk.tree.tree)] == [True]


def test_a_reply_without_notes_is_an_answer(desk: Desk) -> None:
    outcome = desk.think(FakeModel('{"notes": [], "end": "OK"}'))

    assert outcome.state is ThoughtState.APPLIED
    assert outcome.notes == ()
    assert desk.waiting() == []


def test_invented_quotes_leave_no_note(desk: Desk) -> None:
    evidence = [{"path": "shop/cart.py", "line": 3, "quote": "return self.invented()"}]
    model = FakeModel(lambda prompt: Reply(grounded(prompt, evidence=evidence), None, "m"))

    outcome = desk.think(model)

    assert outcome.notes == ()
    assert outcome.dropped == ("Totals are summed anew: its quote is not in the source",)
    assert notes.list_notes(desk.db, desk.tree.tree) == []


def test_names_from_the_index_and_its_paths_are_known(desk: Desk) -> None:
    desk.tree.write("shop/till.py", "def ring_up(cart):\n    return cart.total()\n")
    body = "`ring_up` in `shop/till.py` and `till.py` calls it."

    outcome = desk.think(FakeModel(lambda p: Reply(grounded(p, body=body), None, "m")))
    assert not outcome.notes[0].hypothesis


@pytest.mark.parametrize(
    "error",
    [
        ModelRateError("429"),
        ModelServerError("500"),
        ModelOfflineError("refused", sent=False),
        ModelTimeoutError("deadline"),
        ModelAuthError("401"),
    ],
    ids=lambda error: error.kind,
)
def test_a_failed_call_is_kept_with_its_kind_and_a_pause(desk: Desk, error: ModelError) -> None:
    outcome = desk.think(FakeModel(error))

    assert (outcome.state, outcome.error, outcome.stop) == (ThoughtState.FAILED, error, True)
    assert states(desk.db) == [("failed", "failed")]
    stopped = pause.waiting(desk.db, desk.now)
    assert stopped is not None
    assert stopped.kind == error.kind
    assert ledger.spent(desk.db, desk.now).day.calls == int(error.sent)
    assert desk.waiting() == ["shop/cart.py"]


@pytest.mark.parametrize("error", [ModelTooLongError("8k"), ModelRefusedError("no")])
def test_what_the_content_itself_provokes_is_never_sent_again(
    desk: Desk, error: ModelError
) -> None:
    outcome = desk.think(FakeModel(error))

    assert (outcome.state, outcome.stop) == (ThoughtState.FAILED, False)
    assert desk.waiting() == []
    assert desk.think(FakeModel()).state is None


@pytest.mark.parametrize(
    "useless",
    ["Sorry, I cannot.", "", '{"notes": []', '{"notes": []}', Reply("{}", None, "m", "length")],
    ids=["prose", "empty", "cut JSON", "no end marker", "cut at the limit"],
)
def test_a_useless_answer_is_paid_for_and_asked_for_at_most_three_times(
    desk: Desk, useless: str | Reply
) -> None:
    model = FakeModel(useless, useless, useless)

    outcomes = [desk.think(model) for _ in range(4)]

    assert [o.state for o in outcomes] == [ThoughtState.FAILED] * 3 + [None]
    assert [o.stop for o in outcomes[:3]] == [False, False, True]
    assert len(model.prompts) == 3
    assert desk.waiting() == []
    assert ledger.spent(desk.db, desk.now).day.calls == 3
    error = ledger.last_error(desk.db)
    assert error is not None
    assert error.kind == "reply"


def test_being_told_to_wait_is_not_held_against_the_subject(desk: Desk) -> None:
    for _ in range(5):
        desk.think(FakeModel(ModelRateError("429")))

    assert desk.waiting() == ["shop/cart.py"]
    assert desk.think(FakeModel()).state is ThoughtState.APPLIED
    assert pause.waiting(desk.db, desk.now) is None


def test_past_the_budget_nothing_is_sent_and_nothing_is_written(desk: Desk) -> None:
    desk.refusal = "enough for today"
    model = FakeModel()

    with pytest.raises(BudgetError, match="enough for today"):
        desk.think(model)

    assert model.prompts == []
    assert states(desk.db) == []


def test_a_model_that_cannot_be_set_up_stops_the_thinking(desk: Desk) -> None:
    outcome = desk.think(UnpricedModel())

    assert (outcome.state, outcome.stop) == (None, True)
    assert states(desk.db) == []
    stopped = ledger.paused(desk.db)
    assert stopped is not None
    assert stopped.message == "no such model"


def test_a_file_that_changed_in_the_meantime_is_left_for_later(desk: Desk) -> None:
    (desk.tree.root / "shop/cart.py").write_text("changed = True\n")

    outcome = desk.think(FakeModel())

    assert outcome.state is None
    assert "has changed since it was indexed" in str(outcome.error)
    assert desk.waiting() == ["shop/cart.py"]


def test_a_file_full_of_secrets_is_set_aside_for_good(desk: Desk) -> None:
    tokens = "".join(f'T{n} = "ghp_{"a1B2" * 8}{n:04}"\n' for n in range(11))
    desk.hash = desk.tree.write("shop/cart.py", tokens)
    model = FakeModel()

    outcome = desk.think(model)

    assert outcome.state is ThoughtState.FAILED
    assert "11 secrets" in str(outcome.error)
    assert model.prompts == []
    assert desk.waiting() == []
    assert ledger.spent(desk.db, desk.now) == Spent()


def test_an_edit_during_the_call_leaves_a_note_on_what_was_shown(desk: Desk) -> None:
    def answer(prompt: Prompt) -> Reply:
        desk.tree.write("shop/cart.py", CART.replace("item.price", "item.cost"))
        return Reply(grounded(prompt), None, "m")

    outcome = desk.think(FakeModel(answer))

    assert len(outcome.notes) == 1
    assert [note.fresh for note in notes.list_notes(desk.db, desk.tree.tree)] == [False]
    desk.tree.write("shop/cart.py", CART)
    assert [note.fresh for note in notes.list_notes(desk.db, desk.tree.tree)] == [True]


def test_secrets_in_a_reply_are_not_stored(desk: Desk) -> None:
    token = "ghp_" + "a1B2" * 9

    desk.think(FakeModel(lambda p: Reply(grounded(p, body=f"It is {token}."), None, "m\ud800")))

    assert token not in "".join(str(tuple(row)) for row in desk.db.rows("select * from thoughts"))
    assert token not in notes.list_notes(desk.db, desk.tree.tree)[0].body


class Killed(BaseException):
    """The process is gone; nothing after this point runs."""


def reopened(tmp_path: Path) -> Database:
    return open_database(tmp_path / "sleeper.db")


def test_a_reply_that_had_arrived_before_a_crash_is_read_without_a_new_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = reopened(tmp_path)
    desk = Desk(db, tmp_path / "work")
    with monkeypatch.context() as patch:
        patch.setattr(thinker, "_applied", _killed)
        with pytest.raises(Killed):
            desk.think(FakeModel())
    db.close()

    db = reopened(tmp_path)
    (outcome,) = thinker.recover(db, clock=desk.clock)

    assert outcome.state is ThoughtState.APPLIED
    assert len(notes.list_notes(db, desk.tree.tree)) == 1
    assert states(db) == [("applied", "settled")]
    assert ledger.spent(db, desk.now).day.tokens == 350
    assert thinker.recover(db, clock=desk.clock) == []
    db.close()


def test_the_price_of_a_reply_outlives_a_crash_with_what_longer_prompts_cost() -> None:
    price = Price(1.0, 10.0, longer=((100, Price(2.0, 20.0)),))
    receipt = kept.receipt(Reply("", None, "m"), price, seconds=1.0)
    thought = Mock(receipt=receipt, reply="")

    assert kept.paid(thought)[1] == price


def test_a_useless_reply_found_after_a_crash_is_settled_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = reopened(tmp_path)
    desk = Desk(db, tmp_path / "work")
    with monkeypatch.context() as patch:
        patch.setattr(thinker, "_applied", _killed)
        with pytest.raises(Killed):
            desk.think(FakeModel("prose"))

    (outcome,) = thinker.recover(db, clock=desk.clock)

    assert outcome.state is ThoughtState.FAILED
    assert states(db) == [("failed", "settled")]
    db.close()


def _killed(*_: object, now: float) -> Outcome:
    raise Killed(now)


def test_a_crash_during_the_call_counts_in_full_and_allows_a_few_more(tmp_path: Path) -> None:
    db = reopened(tmp_path)
    desk = Desk(db, tmp_path / "work")
    for crashes in range(1, 4):
        with pytest.raises(Killed):
            desk.think(FakeModel(lambda _: _killed_reply()))
        assert thinker.recover(db, clock=desk.clock) == []
        assert states(db) == [("unknown", "unknown")] * crashes
        assert ledger.spent(db, desk.now).day.calls == crashes

    outcome = desk.think(FakeModel())

    assert "failed 3 times" in str(outcome.error)
    db.close()


def _killed_reply() -> Reply:
    raise Killed


def test_two_that_race_within_one_moment_pay_once(desk: Desk) -> None:
    class SlowToPrice(FakeModel):
        def price(self) -> Price:
            desk.think(FakeModel())
            return PRICE

    outcome = desk.think(SlowToPrice())

    assert outcome.state is None
    assert states(desk.db) == [("applied", "settled")]


def test_two_that_race_for_one_subject_pay_once(desk: Desk) -> None:
    second: list[Outcome] = []

    def answer(prompt: Prompt) -> Reply:
        second.append(desk.think(FakeModel()))
        return Reply(grounded(prompt), None, "m")

    first = desk.think(FakeModel(answer))

    assert first.state is ThoughtState.APPLIED
    assert second[0].state is None
    assert states(desk.db) == [("applied", "settled")]


def test_an_optimization_names_the_command_that_measures_it(desk: Desk) -> None:
    desk.tree.write("Makefile", "bench: all\n\tpython bench.py\n")

    def reply(prompt: Prompt) -> Reply:
        body = "`total` sums for each call. Time `make bench` before and after, not `make race`."
        known = body.partition(", not")[0] + "."
        said = {"kind": "optimization", "title": "Totals are summed at each call"}
        first = json.loads(grounded(prompt, **said, body=known))["notes"]
        second = json.loads(grounded(prompt, **said | {"title": "Race it"}, body=body))["notes"]
        return Reply(json.dumps({"notes": first + second, "end": "OK"}), Usage(300, 50), "fake-1")

    outcome = desk.think(FakeModel(reply), kind=NoteKind.OPTIMIZATION)

    told = {note.title: note.hypothesis for note in outcome.notes}
    assert told["Totals are summed at each call"] is False
    assert told.get("Race it", True) is True
    found = notes.list_notes(desk.db, desk.tree.tree, kinds=[NoteKind.OPTIMIZATION])
    assert [note.fresh for note in found] == [True] * len(found)
