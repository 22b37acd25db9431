from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.errors import ModelOfflineError, NotFoundError, StoreError
from repo_sleeper.store import bugs, ledger, questions, spending, thoughts
from repo_sleeper.store.bugs import Step
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.spending import Sum
from repo_sleeper.store.thoughts import Job

PRICE = Price(1.0, 10.0, 0.1)


def call(db: Database, purpose: str) -> int:
    return ledger.reserve(
        db,
        Prompt("the system", "what was asked", 100),
        ledger.Terms(purpose, "m", "h", PRICE, lambda *_: ""),
        now=1_000.0,
    )


def thought(db: Database, *notes: str) -> int:
    number = call(db, "think")
    job = Job(subject=Subject("a.py", "1"), kind=NoteKind.ARCHITECTURE, version="1")
    made = thoughts.start(
        db, job, call_id=number, tree_id=1, content_hash="", commit="", request="{}", now=1.0
    )
    ledger.settle(db, number, Reply("", Usage(200, 80, 100), "m"), PRICE, 1.0)
    thoughts.apply(db, made, drafts=len(notes), grounded=len(notes))
    for note in notes:
        db.execute(
            "insert into notes (id, version, kind, title, body, confidence, origin, subject_path,"
            ' subject_symbol, "commit", created_at, thought_id)'
            " values (?, 1, 'architecture', 'title', 'body', 0.8, 'model', 'a.py', '', '', 0, ?)",
            (note, made),
        )
    return number


def test_a_note_costs_its_share_of_the_thought_and_is_worth_what_it_was_used(db: Database) -> None:
    thought(db, "aaaa", "bbbb")
    for _ in range(3):
        questions.remember(db, "why?", now=1.0, paths=["a.py"], notes=["bbbb", "survey"])

    first, second = spending.note_costs(db, limit=9)

    assert (first.id, first.used, second.id, second.used) == ("bbbb", 3, "aaaa", 0)
    assert first.usd == pytest.approx((100 * 1.0 + 100 * 0.1 + 80 * 10.0) / 1e6 / 2)
    assert first.tokens == 140


def test_a_second_look_is_part_of_what_its_note_cost(db: Database) -> None:
    thought(db, "aaaa", "bbbb")
    number = call(db, "check")
    ledger.settle(db, number, Reply("", Usage(50, 10), "m"), PRICE, 1.0)
    looked_at = ["aaaa", "of another thought"]
    bugs.begin(
        db, looked_at, step=Step.AGAIN, version="1", call_id=number, path="", symbol="", now=1.0
    )

    costs = {one.id: one for one in spending.note_costs(db, limit=9)}

    assert costs["aaaa"].tokens == costs["bbbb"].tokens + 30
    assert costs["aaaa"].usd == pytest.approx((costs["bbbb"].usd or 0) + 150 / 1e6 / 2)


def test_notes_are_told_by_use_then_by_cost(db: Database) -> None:
    thought(db, "aaaa", "bbbb")
    thought(db, "cccc")
    thought(db, "dddd", "eeee")
    questions.remember(db, "why?", now=1.0, paths=["a.py"], notes=["eeee"])

    order = [one.id for one in spending.note_costs(db, limit=4)]

    assert order == ["eeee", "cccc", "aaaa", "bbbb"]


@pytest.mark.parametrize(("state", "origin"), [("dismissed", "model"), ("active", "survey")])
def test_only_what_a_model_made_and_is_in_use_has_a_cost(
    db: Database, state: str, origin: str
) -> None:
    thought(db, "aaaa", "bbbb")
    db.execute("update notes set state = ?, origin = ? where id = 'aaaa'", (state, origin))

    assert [one.id for one in spending.note_costs(db, limit=9)] == ["bbbb"]


def look(db: Database, *notes: str) -> int:
    number = call(db, "check")
    ledger.settle(db, number, Reply("", Usage(50, 10), "m"), PRICE, 1.0)
    bugs.begin(
        db, notes, step=Step.AGAIN, version="", call_id=number, path="b.py", symbol="", now=1.0
    )
    return number


@pytest.mark.parametrize("purpose", ["think", "check"])
def test_what_a_note_cost_is_unknown_where_one_call_had_no_price(
    db: Database, purpose: str
) -> None:
    thought(db, "aaaa")
    look(db, "aaaa")
    look(db, "aaaa")
    db.execute(
        "update calls set priced = 0 where id = (select min(id) from calls where purpose = ?)",
        (purpose,),
    )

    (note,) = spending.note_costs(db, limit=9)

    assert (note.usd, note.tokens) == (None, 280 + 60 + 60)


# --- sums --------------------------------------------------------------------------------------


def test_a_sum_tells_everything_that_its_calls_took_and_brought(db: Database) -> None:
    thought(db, "aaaa", "bbbb")
    thought(db, "cccc")

    (found,) = spending.sums(db, "model", limit=9)

    usd = 2 * (100 * 1.0 + 100 * 0.1 + 80 * 10.0) / 1e6
    assert found.usd == pytest.approx(usd)
    assert found == Sum("m", 2, 400, 200, 160, 560, found.usd, unpriced=0, notes=3)


def test_a_look_at_several_findings_is_one_call_about_their_place(db: Database) -> None:
    look(db, "aaaa", "bbbb", "cccc")

    (found,) = spending.sums(db, "subject", limit=9)

    assert (found.key, found.calls, found.tokens, found.notes) == ("b.py", 1, 60, 0)


@pytest.mark.parametrize(
    ("by", "keys"),
    [("kind", ["architecture", "check"]), ("subject", ["a.py", "b.py"]), ("day", ["2", "1"])],
)
def test_the_dearest_sums_come_first_and_the_newest_days(
    db: Database, by: str, keys: list[str]
) -> None:
    look(db, "aaaa")
    older = thought(db)
    db.execute("update calls set day = case id when ? then '1' else '2' end", (older,))

    assert [one.key for one in spending.sums(db, by, limit=9)] == keys
    assert [one.key for one in spending.sums(db, by, limit=1)] == keys[:1]


def test_a_call_that_sent_nothing_is_no_part_of_a_sum(db: Database) -> None:
    ledger.fail(db, call(db, "ask"), ModelOfflineError("no route"), charge=False)

    (found,) = spending.sums(db, "kind", limit=9)

    assert (found.calls, found.tokens, found.usd, found.unpriced) == (0, 0, 0.0, 0)


# --- one call ----------------------------------------------------------------------------------


def test_a_call_that_nobody_made_is_not_found(db: Database) -> None:
    with pytest.raises(NotFoundError, match="no call 7"):
        spending.call(db, 7)


@pytest.mark.parametrize("priced", [True, False])
def test_a_call_without_a_price_says_no_sum(db: Database, *, priced: bool) -> None:
    number = look(db, "aaaa")
    db.execute("update calls set priced = ?", (priced,))

    found = spending.call(db, number)
    assert (found["usd"] is not None, found["reserved_usd"] is not None) == (priced, priced)


def test_the_last_calls_come_first(db: Database) -> None:
    numbers = [call(db, "ask") for _ in range(3)]

    assert [one.id for one in spending.calls(db, limit=2)] == numbers[:0:-1]


def test_a_question_s_call_is_shown_with_every_word_that_was_said(db: Database) -> None:
    number = call(db, "ask")
    ledger.settle(db, number, Reply("forty-two", Usage(9, 9), "m"), PRICE, 1.0)

    found = spending.call(db, number)

    assert json.loads(found["request"]) == {"system": "the system", "user": "what was asked"}
    assert found["reply"] == "forty-two"


def test_the_words_of_a_thought_are_kept_once_with_the_thought(db: Database) -> None:
    number = thought(db)

    assert spending.call(db, number)["request"] == "{}"
    assert db.value("select request || reply from calls") == ""


def test_the_cached_share_is_of_all_calls_not_of_those_shown(db: Database) -> None:
    assert spending.cached_share(db) == 0.0
    thought(db)
    ledger.settle(db, call(db, "ask"), Reply("", Usage(300, 9), "m"), PRICE, 1.0)

    assert spending.cached_share(db) == 100 / 500
    assert len(spending.sums(db, "kind", limit=1)) == 1


def test_a_call_says_what_it_is_about_a_second_look_the_place_of_its_finding(db: Database) -> None:
    thought(db)
    for number, symbol in ((call(db, "check"), "Cart.total"), (call(db, "check"), "")):
        bugs.begin(
            db,
            ["aaaa", "bbbb"],
            step=Step.AGAIN,
            version="1",
            call_id=number,
            path="cart.py",
            symbol=symbol,
            now=1.0,
        )
    call(db, "ask")

    found = spending.calls(db, limit=9)

    assert [one.subject for one in found] == ["", "cart.py", "cart.py::Cart.total", "a.py"]


def test_a_new_ledger_goes_on_from_an_old_one(db: Database, tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "old.db")) as old:
        assert spending.take_over(db, tmp_path / "old.db") == 0
        thought(old, "aaaa")
        call(old, "ask")
        old.execute("update calls set reserved_usd = 0 where purpose = 'ask'")
        for column in ("reply", "priced"):  # of an older version
            old.execute(f"alter table calls drop column {column}")
        old.execute("pragma user_version = 9")

    assert spending.take_over(db, tmp_path / "old.db") == 2

    day = ledger.spent(db, 1_000.0).day
    assert (day.calls, day.unpriced, day.usd > 0) == (2, 1, True)
    assert [one.usd is None for one in spending.calls(db, limit=9)] == [True, False]


def test_a_ledger_that_cannot_be_read_is_left_alone(db: Database, tmp_path: Path) -> None:
    for content in (b"", b"nonsense" * 1000):
        (tmp_path / "old.db").write_bytes(content)
        with pytest.raises(StoreError, match="cannot be"):
            spending.take_over(db, tmp_path / "old.db")

    assert spending.calls(db, limit=9) == []
