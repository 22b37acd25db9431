"""Likely bugs from the first claim to the last look."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper.cli import bugs_view
from repo_sleeper.domain.history import Commit
from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.errors import (
    BudgetError,
    ModelOfflineError,
    ModelReplyError,
    ModelSetupError,
    NotFoundError,
    TooDearError,
    UsageError,
)
from repo_sleeper.sleep import budget
from repo_sleeper.store import bug_fates, bugs, counting, history, ledger, notes, pause, versions
from repo_sleeper.store.bug_fates import Past
from repo_sleeper.store.bugs import Bug, BugState, Step, Verdict
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import checks, prompts, thinker
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
TEST_CART = """\
from cart import Cart


def test_clear_empties_the_cart():
    cart = Cart()
    cart.clear()
    assert cart.items == []
"""
LINE = "return sum(item.price for item in self.items)"
OTHER = "self.items = []"
PLACES = ((LINE, 3), ("def total(self):", 2))
LIMITS = Limits(6_000, 500)


def asking(model: Model, refusal: ledger.Refusal = lambda *_: "") -> Asking:
    return Asking(model, refusal, clock=lambda: 1_000.0)


def finding(quote: str = LINE, line: int = 3, **more: Any) -> str:
    note = {
        "kind": "likely-bug",
        "title": f"An empty cart breaks line {line}",
        "body": "With no items the sum is wrong.",
        "confidence": 0.8,
        "evidence": [{"path": "cart.py", "line": line, "quote": quote}],
        **more,
    }
    return json.dumps({"notes": [note], "end": "OK"})


def judged(verdict: str, quote: str = LINE, line: int = 3) -> str:
    evidence = [{"path": "cart.py", "line": line, "quote": quote}]
    said = {"verdict": verdict, "reason": "Because of this line.", "evidence": evidence}
    return json.dumps({**said, "end": "OK"})


NOTHING = json.dumps({"notes": [], "end": "OK"})


class Model:
    """Says what it was told to say, in order."""

    name = "fake/model"

    def __init__(self, *answers: str | BaseException) -> None:
        self.answers = list(answers)
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return Reply(answer, Usage(100, 20), "fake-1")

    def price(self) -> Price:
        return Price(1.0, 1.0)

    def close(self) -> None:
        """Nothing is held."""


class Desk:
    """A store with one file and one thought about it."""

    def __init__(self, db: Database, root: Path) -> None:
        self.db = db
        self.tree = Indexed(db, root)
        self.hash = self.tree.write("cart.py", CART)
        self.tree.write("test_cart.py", TEST_CART)

    def claims(self, reply: str, *, commit: str = "") -> Bug:
        self.thinks(reply, commit=commit)
        return self.bug()

    def thinks(self, reply: str, *, commit: str = "", step: str = "") -> Outcome:
        job = thinker.job(Subject("cart.py", self.hash), NoteKind.LIKELY_BUG, step)
        tree = self.at._replace(commit=commit)
        return thinker.think_about(tree, job, asking(Model(reply)), LIMITS)

    def claims_in(self, symbol: str, reply: str) -> None:
        """The same of a definition in a file that is too long to be shown."""
        hash_ = self.db.value("select node_hash from symbols where qualified = ?", (symbol,))
        job = thinker.job(Subject("cart.py", str(hash_), symbol), NoteKind.LIKELY_BUG)
        thinker.think_about(self.at, job, asking(Model(reply)), LIMITS)

    def rethinks(self, *operations: dict[str, Any], step: int = 1) -> Outcome:
        """A pass over the findings so far."""
        reply = json.dumps({"operations": operations, "end": "OK"})
        return self.thinks(reply, step=prompts.steps(samples=1, passes=4)[step])

    @property
    def at(self) -> Tree:
        return Tree(self.db, 1, self.tree.root)

    def bug(self, past: Past | None = None) -> Bug:
        (found,) = bugs.bugs(self.db, 1, states=tuple(BugState), past=past)
        return found

    def looks(
        self, *answers: str | BaseException, refusal: ledger.Refusal = lambda *_: ""
    ) -> Model:
        """As many looks as there are answers, or as are due."""
        self.outcomes: list[Outcome] = []
        model = Model(*answers)
        while model.answers and (due := bugs.due(self.db, 1)):
            self.outcomes.append(self._checked(due[0], model, refusal))
        return model

    def look(self, due: bugs.Due, answer: str | BaseException) -> Outcome:
        """This look and no other."""
        return self._checked(due, Model(answer), lambda *_: "")

    def _checked(self, due: bugs.Due, model: Model, refusal: ledger.Refusal) -> Outcome:
        return checks.check(self.at, due, asking(model, refusal), LIMITS)


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path / "tree")


# --- the looks --------------------------------------------------------------------------------


def test_a_claim_is_new_and_no_fact_until_two_more_looks_bear_it_out(desk: Desk) -> None:
    bug = desk.claims(finding())
    assert bug.state is BugState.NEW
    assert bug.note.hypothesis

    model = desk.looks(finding(), judged("stands"))

    assert desk.bug().state is BugState.CONFIRMED
    assert not desk.bug().note.hypothesis
    assert [(c.step, c.verdict) for c in desk.bug().checks] == [
        (Step.AGAIN, Verdict.AGREES),
        (Step.REFUTE, Verdict.STANDS),
    ]
    assert len(model.prompts) == 2
    assert bugs.due(desk.db, 1) == []


def test_the_second_look_is_told_nothing_of_the_first_and_the_last_everything(desk: Desk) -> None:
    bug = desk.claims(finding())

    again, refute = desk.looks(finding(), judged("stands")).prompts

    assert bug.note.title not in again.user
    assert again.user.endswith(prompts.again_task().text)
    assert again.system == prompts.system().text, "so that providers find it in their cache"
    assert bug.note.title in refute.user
    assert '<file path="test_cart.py"' in refute.user
    assert "likely-bug" not in refute.user.split("<finding>")[0]


def test_a_second_look_that_sees_nothing_ends_it_and_it_stays_unconfirmed(desk: Desk) -> None:
    desk.claims(finding())

    model = desk.looks(NOTHING, judged("stands"))

    assert len(model.prompts) == 1
    assert desk.bug().state is BugState.NEW
    assert desk.bug().checks[0].verdict == Verdict.DIFFERS


def test_a_look_decides_nothing_about_a_finding_whose_code_it_was_not_shown(desk: Desk) -> None:
    steps = "".join(f"\n\ndef step_{n}(first):\n    return first / {n}\n" for n in range(900))
    lines = (CART + steps).split("\n")
    desk.hash = desk.tree.write("cart.py", "\n".join(lines))
    for number in (300, 600):
        at = lines.index(f"    return first / {number}") + 1
        desk.claims_in(f"step_{number}", finding(lines[at - 1], at, title=f"Step {number} fails"))

    desk.looks(NOTHING)

    looked, other = bugs.bugs(desk.db, 1, states=[BugState.NEW])[::-1]
    assert [one.verdict for one in looked.checks] == ["differs"]
    assert other.checks == ()


def looks_at(desk: Desk) -> dict[str, list[str]]:
    """By the line of each finding, which looks were taken at it."""
    found = bugs.bugs(desk.db, 1, states=tuple(BugState))
    return {one.note.evidence[0].quote: [look.step for look in one.checks] for one in found}


def test_one_look_serves_every_finding_in_the_file_that_waits_for_it(desk: Desk) -> None:
    both = [json.loads(finding(*place))["notes"][0] for place in ((LINE, 3), (OTHER, 6))]
    desk.thinks(json.dumps({"notes": both, "end": "OK"}))

    desk.look(bugs.due(desk.db, 1)[0], NOTHING)

    assert looks_at(desk) == {LINE: ["again"], OTHER: ["again"]}


def test_a_look_serves_no_finding_that_waits_for_another(desk: Desk) -> None:
    desk.claims(finding())
    desk.look(bugs.due(desk.db, 1)[0], finding())
    desk.claims_in("Cart.clear", finding(OTHER, 6))

    (new,) = (due for due in bugs.due(desk.db, 1) if due.step is Step.AGAIN)
    desk.look(new, NOTHING)

    assert looks_at(desk) == {LINE: ["again"], OTHER: ["again"]}


def test_agreement_is_about_the_cited_definition_not_about_the_file(desk: Desk) -> None:
    desk.claims(finding())

    desk.looks(finding(OTHER, 6))

    assert desk.bug().checks[0].verdict == Verdict.DIFFERS


def test_what_is_refuted_with_a_quote_is_dismissed_with_the_reason_and_does_not_come_back(
    desk: Desk,
) -> None:
    bug = desk.claims(finding())

    desk.looks(finding(), judged("refuted", OTHER, 6))

    assert desk.bug().state is BugState.DISMISSED
    assert desk.bug().why == "refuted: Because of this line."
    assert notes.note(desk.db, 1, bug.note.id) is None


class Interrupted(Model):
    """Somebody does something while it is asked."""

    def __init__(self, answer: str, happens: Callable[[], None]) -> None:
        super().__init__(answer)
        self.happens = happens

    def complete(self, prompt: Prompt) -> Reply:
        self.happens()
        return super().complete(prompt)


@pytest.mark.parametrize("verdict", ["refuted", "stands"])
@pytest.mark.parametrize("state", [BugState.DISMISSED, BugState.CONFIRMED])
def test_what_a_person_says_while_a_look_is_under_way_holds(
    desk: Desk, verdict: str, state: BugState
) -> None:
    id_ = desk.claims(finding()).note.id
    desk.looks(finding())
    (due,) = bugs.due(desk.db, 1)

    def decide() -> None:
        if state is BugState.DISMISSED:
            versions.dismiss(desk.db, id_, "my word")
        else:
            bugs.confirm(desk.db, id_, by="person", why="my word", now=1.0)

    outcome = checks.check(desk.at, due, asking(Interrupted(judged(verdict), decide)), LIMITS)

    assert (desk.bug().state, desk.bug().why) == (state, "my word")
    assert desk.bug().checks[-1].verdict == verdict
    assert outcome.usd > 0, "it is paid for, once, as what it took"
    assert not desk.db.rows("select 1 from calls where state != 'settled'")


@pytest.mark.parametrize("verdict", ["refuted", "stands"])
@pytest.mark.parametrize("quote", ["no such line anywhere", "n", "sum("])
def test_a_verdict_without_a_line_that_was_shown_is_only_an_opinion(
    desk: Desk, verdict: str, quote: str
) -> None:
    desk.claims(finding())

    desk.looks(finding(), judged(verdict, quote, 3))

    assert desk.bug().state is BugState.NEW
    assert desk.bug().checks[1].verdict == Verdict.UNCLEAR


@pytest.mark.parametrize("tokens", [2_000, 2_500, 6_000])
def test_where_a_thought_has_room_a_look_that_refutes_has_it_too(desk: Desk, tokens: int) -> None:
    note = desk.claims(finding()).note

    prompt, _ = checks.prepare(desk.at, bugs.Due(note, Step.REFUTE), Limits(tokens, 500))

    assert f"3|         {LINE}" in prompt.user
    assert ("test_clear_empties_the_cart" in prompt.user) is (tokens > 2_000)


def test_what_stands_is_the_finding_and_nothing_else_that_was_shown(desk: Desk) -> None:
    desk.claims(finding())

    desk.looks(finding(), judged("stands", OTHER, 6))

    assert desk.bug().state is BugState.NEW
    assert desk.bug().outcome is Verdict.UNCLEAR
    assert "the code of the finding was not quoted" in desk.bug().checks[1].reason


def test_what_no_look_bore_out_is_shown_as_that_and_comes_last(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    doubtful, untouched = json.loads(finding()), json.loads(finding(OTHER, 6, severity="low"))
    doubtful["notes"][0] |= {"severity": "high", "confidence": 0.9}
    doubtful["notes"] += untouched["notes"]
    desk.thinks(json.dumps(doubtful))
    first, second = bugs.bugs(desk.db, 1, states=[BugState.NEW])
    assert (first.severity, first.outcome, second.severity) == ("high", None, "low")

    desk.look(bugs.Due(first.note, Step.AGAIN), finding(OTHER, 6))

    listed = bugs.bugs(desk.db, 1, states=[BugState.NEW])
    assert [bug.note.id for bug in listed] == [second.note.id, first.note.id]
    assert [bug.outcome for bug in listed] == [None, Verdict.DIFFERS]
    bugs_view.show_list(listed, json=False, limit=9, hidden=0)
    told = capsys.readouterr().out.splitlines()
    assert "\tnew\t" in told[-2]
    assert "not seen again" in told[-1]
    bugs_view.show_list(listed, json=True, limit=9, hidden=0)
    assert [one["outcome"] for one in json.loads(capsys.readouterr().out)["bugs"]] == [
        None,
        "differs",
    ]


# --- what may go wrong ------------------------------------------------------------------------


def of_subject(desk: Desk, label: str) -> int:
    path, _, symbol = label.partition("::")
    return ledger.spent(desk.db, 1_000.0, subject=Subject(path, "", symbol)).subject.calls


def test_each_look_is_paid_for_within_the_budget_of_its_finding(desk: Desk) -> None:
    desk.claims(finding())

    desk.looks(finding())

    assert of_subject(desk, "cart.py::Cart.total") == 1
    assert of_subject(desk, "cart.py") == 1, "the thought alone"
    with pytest.raises(BudgetError):
        desk.looks(finding(), refusal=lambda *_: "no")
    assert len(desk.bug().checks) == 1


def test_a_finding_whose_cap_is_reached_leaves_the_others_in_its_file_theirs(desk: Desk) -> None:
    both = json.loads(finding())
    both["notes"] += json.loads(finding(OTHER, 6))["notes"]
    desk.thinks(json.dumps(both))
    caps = budget.Caps(
        usd_per_day=10,
        usd_per_month=10,
        tokens_per_day=10**9,
        tokens_per_month=10**9,
        calls_per_day=99,
        calls_per_month=99,
        calls_per_subject=2,
    )
    refusal = partial(budget.refusal, caps)
    by_symbol = {one.note.evidence[0].symbol: one for one in bugs.due(desk.db, 1)}

    for _ in range(2):
        desk._checked(by_symbol["Cart.total"], Model(NOTHING), refusal)
    with pytest.raises(TooDearError):
        desk._checked(by_symbol["Cart.total"], Model(NOTHING), refusal)

    assert of_subject(desk, "cart.py::Cart.clear") == 0
    assert desk._checked(by_symbol["Cart.clear"], Model(NOTHING), refusal).error is None


def test_an_answer_of_no_use_is_paid_for_and_tried_three_times_at_most(desk: Desk) -> None:
    desk.claims(finding())

    model = desk.looks("prose", "more prose", "and more", "and more of it")

    assert len(model.prompts) == 3
    assert {check.state for check in desk.bug().checks} == {"failed"}
    assert ledger.spent(desk.db, 1_000.0).day.tokens == 4 * 120
    first, _, third = desk.outcomes
    assert isinstance(first.error, ModelReplyError)
    assert (first.usd > 0, first.stop, third.stop) == (True, True, True)


def test_a_call_that_fails_says_why_and_stops_what_must_stop(desk: Desk) -> None:
    desk.claims(finding())

    desk.looks(ModelOfflineError("no route", sent=False))

    assert desk.outcomes[0].error is not None
    assert desk.outcomes[0].stop
    assert [look.state for look in desk.bug().checks] == ["failed"]
    assert ledger.spent(desk.db, 1_000.0).day.calls == 1, "nothing was sent"


def test_a_look_that_came_to_something_ends_the_time_to_wait(desk: Desk) -> None:
    desk.claims(finding())

    desk.looks(ModelOfflineError("no route", sent=False), finding())

    assert pause.waiting(desk.db, 1_000.0) is None


def test_a_model_that_cannot_be_set_up_stops_the_looks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def price(_: Model) -> Price:
        raise ModelSetupError("no such model", sent=False)

    desk.claims(finding())
    monkeypatch.setattr(Model, "price", price)
    due = bugs.due(desk.db, 1)[0]

    outcome = checks.check(desk.at, due, asking(Model()), LIMITS)

    assert (outcome.state, outcome.stop) == (None, True)
    assert isinstance(outcome.error, ModelSetupError)


def test_a_file_that_is_not_as_it_was_indexed_is_looked_at_later(desk: Desk) -> None:
    desk.claims(finding())
    (desk.tree.root / "cart.py").write_text("changed = True\n")
    due = bugs.due(desk.db, 1)[0]

    outcome = checks.check(desk.at, due, asking(Model()), LIMITS)

    assert (outcome.state, outcome.stop) == (None, False)
    assert "changed" in str(outcome.error)
    assert desk.bug().checks == ()


def test_a_look_cut_off_by_a_crash_counts_in_full_and_is_unknown(desk: Desk) -> None:
    desk.claims(finding())

    with pytest.raises(KeyboardInterrupt):
        desk.looks(KeyboardInterrupt())
    thinker.recover(desk.db, clock=lambda: 1_000.0)

    assert desk.bug().checks[0].state == "unknown"
    assert ledger.spent(desk.db, 1_000.0).day.tokens > 1_000


def test_being_offline_is_not_the_finding_s_fault(desk: Desk) -> None:
    desk.claims(finding())

    desk.looks(*[ModelOfflineError("no network")] * 4)

    assert [one.step for one in bugs.due(desk.db, 1)] == [bugs.Step.AGAIN]


def test_what_was_decided_holds_until_a_new_look_has_come_to_something(desk: Desk) -> None:
    bug = desk.claims(finding())
    bugs.confirm(desk.db, bug.note.id, by="person", why="seen it", now=1.0)
    afresh = bugs.Due(bug.note, bugs.Step.AGAIN, afresh=True)

    desk.look(afresh, ModelOfflineError("no network"))
    assert (desk.bug().state, desk.bug().why) == (BugState.CONFIRMED, "seen it")

    desk.look(afresh, NOTHING)
    assert desk.bug().state is BugState.NEW
    assert [one.verdict for one in desk.bug().checks] == ["differs"]


def test_looks_outnumber_thoughts_by_a_few_at_most(desk: Desk) -> None:
    assert bugs.may_check(desk.db, now=1_000.0)
    desk.claims(finding())
    desk.looks(finding(), judged("unclear"))
    assert bugs.may_check(desk.db, now=1_000.0)

    for purpose in ("check", "check"):
        desk.db.execute(
            "insert into calls (at, day, purpose, model, state, reserved_usd, reserved_tokens,"
            " max_tokens, prompt_hash, bytes, ranges, redactions)"
            " values (1000, ?, ?, 'm', 'settled', 0, 1, 1, '', 1, '[]', 0)",
            (counting.day_of(1_000.0), purpose),
        )

    assert not bugs.may_check(desk.db, now=1_000.0)
    assert bugs.may_check(desk.db, now=1_000.0 + 86_400.0)


# --- the life of a bug ------------------------------------------------------------------------


def test_a_person_s_word_confirms_and_can_be_taken_back(desk: Desk) -> None:
    bug = desk.claims(finding())

    bugs.confirm(desk.db, bug.note.id, by="person", why="seen it", now=1.0)
    assert (desk.bug().state, desk.bug().why) == (BugState.CONFIRMED, "seen it")

    desk.looks(NOTHING)
    bugs.forget(desk.db, bug.note.id)
    assert desk.bug().state is BugState.NEW
    assert desk.bug().checks == ()


@pytest.mark.parametrize(
    ("later", "commit", "why"),
    [
        pytest.param((), "c" * 40, "Sum an empty cart", id="the only one since"),
        pytest.param(
            (("d" * 40, 400, "later", "cart.py"),),
            "",
            "the code has changed in one of 2 commits, cccccccccc to dddddddddd",
            id="several, and which is not known",
        ),
    ],
)
def test_a_bug_whose_code_changed_is_resolved_by_the_commit_that_touched_it(
    desk: Desk, later: tuple[tuple[str, int, str, str], ...], commit: str, why: str
) -> None:
    oids = commit_history(desk, later)
    desk.claims(finding(), commit="a" * 40)

    desk.tree.write("cart.py", CHANGED)

    bug = desk.bug(Checkout(oids[1:]))
    assert (bug.state, bug.commit, bug.why) == (BugState.RESOLVED, commit, why)
    assert bugs.due(desk.db, 1) == []


CHANGED = CART.replace("sum(", "0 + sum(")


class Checkout:
    """The history of a checkout: the commits since the bug was found, and the edits."""

    def __init__(self, since: Collection[str] | None, **committed: str) -> None:
        self._since = since
        self._committed = committed

    def since(self, _: str) -> Collection[str] | None:
        return self._since

    def committed(self, path: str) -> str | None:
        return self._committed.get(path.replace(".", "_"))


def commit_history(desk: Desk, later: tuple[tuple[str, int, str, str], ...] = ()) -> list[str]:
    commits = [
        Commit(oid, time, "ada", subject, paths=(path,))
        for oid, time, subject, path in (
            ("a" * 40, 100, "first", "cart.py"),
            ("b" * 40, 200, "elsewhere", "other.py"),
            ("c" * 40, 300, "Sum an empty cart", "cart.py"),
            *later,
        )
    ]
    history.add_commits(desk.db, [(commit, False) for commit in commits])
    return [commit.oid for commit in commits]


@pytest.mark.parametrize(
    ("past", "why"),
    [
        pytest.param(None, bug_fates.NOT_ASKED, id="nobody looked"),
        pytest.param(
            Checkout(None), "found at aaaaaaaaaa, not in this checkout", id="an older commit"
        ),
        pytest.param(Checkout(["b" * 40]), bug_fates.NOT_ASKED, id="no commit touched it"),
        pytest.param(
            Checkout(["b" * 40], cart_py="else\n"),
            bug_fates.EDITED,
            id="edited, never committed",
        ),
        pytest.param(
            Checkout(["c" * 40], cart_py=CART), bug_fates.EDITED, id="committed code still has it"
        ),
    ],
)
def test_a_bug_that_no_commit_is_known_to_have_mended_is_stale(
    desk: Desk, past: Past | None, why: str
) -> None:
    commit_history(desk)
    desk.claims(finding(), commit="a" * 40)

    desk.tree.write("cart.py", CHANGED)

    bug = desk.bug(past)
    assert (bug.state, bug.commit, bug.why) == (BugState.STALE, "", why)
    assert bugs.due(desk.db, 1) == []


@pytest.mark.parametrize(
    ("quote", "line"),
    [(LINE, 3), (f"def total(self):\n        {LINE}", 2)],
    ids=["all of it mended", "one of its lines mended"],
)
def test_an_edit_after_the_commit_that_mended_it_takes_nothing_back(
    desk: Desk, quote: str, line: int
) -> None:
    oids = commit_history(desk)
    desk.claims(finding(quote, line), commit="a" * 40)

    desk.tree.write("cart.py", CHANGED + "EDITED = 1\n")

    assert desk.bug(Checkout(oids[1:], cart_py=CHANGED)).state is BugState.RESOLVED


def edited(desk: Desk, text: str) -> Checkout:
    """The cart reads like this now, by a commit since the bug was found."""
    desk.hash = desk.tree.write("cart.py", text)
    return Checkout(["c" * 40])


def test_a_mended_bug_stays_resolved_once_its_code_is_thought_about_again(desk: Desk) -> None:
    commit_history(desk)
    mended = desk.claims(finding(), commit="a" * 40).note.id
    bugs.confirm(desk.db, mended, by="person", why="seen it", now=1.0)
    past = edited(desk, CHANGED)

    desk.thinks(finding("self.items = []", 6, title="Clearing keeps the lock"), commit="c" * 40)

    new, old = bugs.bugs(desk.db, 1, states=tuple(BugState), past=past)
    assert (old.note.id, old.state, old.commit) == (mended, BugState.RESOLVED, "c" * 40)
    assert (new.state, new.before) == (BugState.NEW, ())
    assert bugs.bug(desk.db, 1, mended, past=past) == old
    shown = notes.note(desk.db, 1, mended)
    assert shown is not None, "what a list names can be shown"
    assert not shown.fresh


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(finding("return 0 + sum(item.price for item in self.items)"), id="words"),
        pytest.param(finding("def total(self):", 2, title="Sums nothing"), id="line"),
    ],
)
def test_a_bug_found_again_in_changed_code_is_the_new_one_with_its_history(
    desk: Desk, again: str
) -> None:
    commit_history(desk)
    both = [{"path": "cart.py", "line": 2, "quote": "def total(self):"}]
    old = desk.claims(finding(evidence=both), commit="a" * 40).note.id
    past = edited(desk, CHANGED)

    desk.thinks(again, commit="c" * 40)

    new = desk.bug(past)
    assert (new.state, new.before) == (BugState.NEW, (old,))
    told = bugs.bug(desk.db, 1, old, past=past)
    assert (told.state, told.again) == (BugState.STALE, new.note.id)
    versions.dismiss(desk.db, new.note.id, "by design")
    assert desk.bug(past).state is BugState.DISMISSED, "nothing has mended it"
    edited(desk, CART)
    versions.restore(desk.db, new.note.id)
    assert (desk.bug(past).note.id, desk.bug(past).before) == (old, (new.note.id,))


def test_a_bug_of_which_half_the_code_changed_can_be_found_again(desk: Desk) -> None:
    both = [{"path": "cart.py", "line": n, "quote": q} for q, n in ((OTHER, 6), (LINE, 3))]
    desk.claims(finding(evidence=both))
    edited(desk, CHANGED)
    both[1]["quote"] = f"return 0 + {LINE.removeprefix('return ')}"

    desk.thinks(finding(evidence=both))

    assert (desk.bug().state, desk.bug().note.version) == (BugState.NEW, 2)


def test_severity_check_and_test_are_told_when_the_reply_has_them(desk: Desk) -> None:
    bug = desk.claims(finding(severity="High", check="Call it.", test="Assert 0."))

    assert (bug.severity, bug.check, bug.test) == ("high", "Call it.", "Assert 0.")


def test_what_was_said_of_a_bug_is_kept_when_it_is_dismissed(desk: Desk) -> None:
    claimed = desk.claims(finding(severity="High", check="Call it.", test="Assert 0."))
    versions.dismiss(desk.db, claimed.note.id, "by design")

    kept = bugs.bug(desk.db, desk.tree.tree, claimed.note.id)

    assert (kept.state, kept.why) == (bugs.BugState.DISMISSED, "by design")
    assert (kept.severity, kept.check, kept.test) == ("high", "Call it.", "Assert 0.")


def test_a_revision_that_says_no_severity_keeps_the_one_that_was_said(desk: Desk) -> None:
    note = desk.claims(finding(severity="High", check="Call it.")).note
    revised = note._replace(title="An empty cart has no total at all")
    said = {"op": "revise", "id": note.id, "title": revised.title, "test": "Assert 0."}
    desk.db.execute("create temp table again as select * from thoughts")
    desk.db.execute(
        "update again set id = id + 1, prompt_version = '2', reply = ?",
        (json.dumps({"operations": [said], "end": "OK"}),),
    )
    thought = desk.db.execute("insert into thoughts select * from again").lastrowid
    versions.save_thought_notes(desk.db, thought or 0, [revised._replace(thought=thought)])

    bug = desk.bug()

    assert (bug.note.title, bug.note.version) == (revised.title, 2)
    assert (bug.severity, bug.check, bug.test) == ("high", "Call it.", "Assert 0.")


@pytest.mark.parametrize("more", [{}, {"severity": "apocalyptic"}, {"severity": 3}])
def test_replies_without_them_stay_valid(desk: Desk, more: dict[str, Any]) -> None:
    assert desk.claims(finding(**more)).severity == ""


def test_a_bug_is_found_by_the_start_of_its_id(desk: Desk) -> None:
    bug = desk.claims(finding())

    assert bugs.bug(desk.db, 1, bug.note.id[:6]) == bug
    assert bugs.bug(desk.db, 1, bug.note.id[:6].upper()) == bug
    with pytest.raises(NotFoundError, match="no likely bug"):
        bugs.bug(desk.db, 1, "zzzz")
    with pytest.raises(UsageError, match="too short"):
        bugs.bug(desk.db, 1, bug.note.id[:3])


def test_a_beginning_that_several_ids_have_names_them(desk: Desk) -> None:
    both = [json.loads(finding(*place))["notes"][0] for place in ((LINE, 3), (OTHER, 6))]
    desk.thinks(json.dumps({"notes": both, "end": "OK"}))
    desk.db.execute("update notes set id = 'abcd' || row")

    with pytest.raises(NotFoundError, match="several bugs begin with abcd: abcd1, abcd2"):
        bugs.bug(desk.db, 1, "abcd")


def test_a_note_of_another_kind_is_no_bug(desk: Desk) -> None:
    claim = json.loads(finding())["notes"][0] | {"kind": "architecture"}
    job = thinker.job(Subject("cart.py", desk.hash), NoteKind.ARCHITECTURE)
    reply = json.dumps({"notes": [claim], "end": "OK"})

    assert thinker.think_about(desk.at, job, asking(Model(reply)), LIMITS).notes

    assert bugs.bugs(desk.db, 1, states=tuple(BugState)) == []


def test_a_look_that_is_too_dear_alone_is_told_apart(desk: Desk) -> None:
    from repo_sleeper.domain.spending import TooDear

    desk.claims(finding())

    with pytest.raises(TooDearError):
        desk.looks(finding(), refusal=lambda *_: TooDear("too dear"))


def test_what_was_put_aside_does_not_come_back_when_its_code_changes(desk: Desk) -> None:
    bug = desk.claims(finding())
    versions.dismiss(desk.db, bug.note.id, "by design")

    desk.hash = desk.tree.write("cart.py", CART.replace("sum(", "0 + sum("))
    quote = LINE.replace("sum(", "0 + sum(")

    assert desk.claims(finding(quote)).why == "by design"


def test_what_was_put_aside_does_not_come_back_in_other_words(desk: Desk) -> None:
    bug = desk.claims(finding())
    versions.dismiss(desk.db, bug.note.id, "by design")

    text = CART.replace("self.items = []", "self.items.clear()")
    desk.hash = desk.tree.write("cart.py", text)

    again = finding(title="Nothing guards against absent prices", body="Prices may be missing.")
    assert desk.claims(again).why == "by design"


def test_what_was_put_aside_does_not_come_back_with_its_lines_in_another_order(desk: Desk) -> None:
    lines = [{"path": "cart.py", "line": line, "quote": quote} for quote, line in PLACES]
    bug = desk.claims(finding(evidence=lines))
    versions.dismiss(desk.db, bug.note.id, "by design")
    text = CART.replace("self.items = []", "self.items.clear()")
    desk.hash = desk.tree.write("cart.py", text)

    again = finding(title="Absent prices are added", body="Unguarded.", evidence=lines[::-1])

    assert desk.claims(again).why == "by design"


def test_another_finding_on_one_of_its_lines_is_told(desk: Desk) -> None:
    lines = [{"path": "cart.py", "line": line, "quote": quote} for quote, line in PLACES]
    bug = desk.claims(finding(evidence=lines))
    versions.dismiss(desk.db, bug.note.id, "by design")

    text = CART.replace("self.items = []", "self.items.clear()")
    desk.hash = desk.tree.write("cart.py", text)

    desk.thinks(finding(title="Absent prices are added", body="Unguarded.", evidence=lines[1:]))

    assert [one.note.title for one in bugs.bugs(desk.db, 1, states=[BugState.NEW])]


def test_what_was_put_aside_does_not_come_back_as_a_revision_of_another(desk: Desk) -> None:
    both = [json.loads(finding(*place))["notes"][0] for place in ((LINE, 3), (OTHER, 6))]
    desk.thinks(json.dumps({"notes": both, "end": "OK"}))
    found = {b.note.title: b.note for b in bugs.bugs(desk.db, 1, states=[BugState.NEW])}
    kept, gone = (found[one["title"]] for one in both)
    versions.dismiss(desk.db, gone.id, "by design")

    evidence = both[1]["evidence"] + both[0]["evidence"]
    outcome = desk.rethinks({"op": "revise", "id": kept.id, **both[1], "evidence": evidence})

    assert outcome.dropped == (f"revise {kept.id}: it was put aside before",)
    assert notes.note(desk.db, 1, kept.id) == kept


def test_a_confirmed_bug_keeps_the_words_that_were_confirmed(desk: Desk) -> None:
    note = desk.claims(finding()).note
    desk.looks(finding(), judged("stands"))
    confirmed = desk.bug()
    claim = json.loads(finding())["notes"][0]
    cites = [{"path": "cart.py", "line": 6, "quote": OTHER}, *claim["evidence"]]
    other = {**claim, "title": "Clearing leaks every item", "evidence": cites}
    retire = {"op": "retire", "id": note.id, "why": "no", "evidence": claim["evidence"]}

    reworded = desk.rethinks({"op": "revise", "id": note.id, **other})
    desk.rethinks(retire, step=2)
    desk.rethinks(retire, step=3)

    assert reworded.dropped == (f"revise {note.id}: it is confirmed as it is worded",)
    assert desk.bug() == confirmed
    assert confirmed.state is BugState.CONFIRMED
