"""What happens to a thought that is being prepared when somebody comes back."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from repo_sleeper import git
from repo_sleeper.daemon import rounds
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.mind import At, Mind, Thought, model_for, one_thought, second_model
from repo_sleeper.daemon.plan import Plan
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.store import bugs, ledger
from repo_sleeper.store.bugs import BugState
from repo_sleeper.think import prompts
from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeModel

SHOP = "def total(prices):\n    net = sum(prices)\n    net += 1\n    net += 2\n    return net\n"


class SlowModel(FakeModel):
    """Somebody comes back while it is made ready."""

    def __init__(self) -> None:
        super().__init__()
        self.mind: Mind | None = None

    def start(self) -> None:
        if self.mind is not None:
            self.mind.wake()


@pytest.fixture
def workspace(repo: GitRepo) -> Workspace:
    repo.commit("first", shop_py=SHOP, till_py=SHOP.replace("total", "ring_up") + "\n\nTAX = 3\n")
    found = workspaces.open_workspace(repo.root, {**os.environ, "SLEEPER_MODEL_NAME": "fake/m"})
    workspaces.create_store(found)
    with closing(workspaces.write_store(found)) as db:
        rounds.reconcile_round(db, found.repo, found.settings, now=time.time())
    return found


def thought_of(workspace: Workspace, model: FakeModel) -> Thought:
    done: SimpleQueue[Thought] = SimpleQueue()
    mind = Mind(done=done.put, make=lambda _: model)
    if isinstance(model, SlowModel):
        model.mind = mind
    mind.begin(workspace, git.discover(Path(workspace.repo.root)), 1, commit="")
    found = done.get(timeout=20)
    mind.end(limit=5)
    return found


def test_what_is_being_prepared_when_somebody_comes_back_is_never_sent(
    workspace: Workspace,
) -> None:
    model = SlowModel()

    thought = thought_of(workspace, model)

    assert thought == Thought(woken=True)
    assert not model.prompts
    with closing(workspaces.read_store(workspace)) as db:
        assert ledger.spent(db, time.time()).day.calls == 0


def test_other_settings_are_never_thought_under_with_the_old_model(workspace: Workspace) -> None:
    done: SimpleQueue[Thought] = SimpleQueue()
    models: list[FakeModel] = []

    def make(_: Workspace) -> FakeModel:
        models.append(FakeModel())
        return models[-1]

    mind = Mind(done=done.put, make=make)
    elsewhere = workspace.settings.model._replace(api_base="http://127.0.0.1:9/v1")
    moved = workspace._replace(settings=workspace.settings._replace(model=elsewhere))
    for one in (workspace, workspace, moved):
        mind.begin(one, git.discover(workspace.repo.root), 1, commit="")
        done.get(timeout=20)
        mind._thread.join(5)  # type: ignore[union-attr]  # it has begun
    mind.end(limit=5)

    assert [len(model.prompts) for model in models] == [2, 1]


def test_a_subject_that_costs_too_much_alone_does_not_keep_the_others_waiting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    allowed = rounds.think_round

    def think_round(*args: object, **named: object) -> object:
        from repo_sleeper.errors import TooDearError

        if not refused:
            refused.append("once")
            raise TooDearError("too dear")
        return allowed(*args, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(rounds, "think_round", think_round)

    assert thought_of(workspace, FakeModel()).error == ""


def test_a_likely_bug_gets_its_two_looks_between_thoughts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fakes, "_kind", lambda *_: "likely-bug")
    only = workspace.settings.think._replace(kinds=("likely-bug",))
    settings = workspace.settings._replace(think=only)
    workspace = workspace._replace(settings=settings)
    model = FakeModel()

    ended = [thought_of(workspace, model) for _ in range(6)]

    assert [thought.error for thought in ended] == [""] * 6
    looks = [thought for thought in ended if thought.subject.startswith("likely bug")]
    assert 2 <= len(looks) <= 4, "no more than thoughts, but for a few"
    with closing(workspaces.read_store(workspace)) as db:
        found = bugs.bugs(db, 1, states=tuple(BugState))
        assert sum(len(one.checks) for one in found) == len(looks)


def test_second_looks_may_have_a_model_of_their_own(workspace: Workspace) -> None:
    model = FakeModel(name="fake/m")
    with second_model(workspace, model) as same:
        assert same is model

    strong = workspace.settings.model._replace(rethink_name="fake/strong")
    settings = workspace.settings._replace(model=strong)
    with second_model(workspace._replace(settings=settings), model) as other:
        assert other.name == "fake/strong"
    assert model.closed, "one worker at a time"


def test_passes_of_the_agenda_have_the_model_of_second_looks(workspace: Workspace) -> None:
    strong = workspace.settings.model._replace(rethink_name="fake/strong")
    think = workspace.settings.think._replace(passes=2)
    workspace = workspace._replace(settings=workspace.settings._replace(model=strong, think=think))
    model = FakeModel(name="fake/m")
    with closing(workspaces.read_store(workspace)) as db:
        first = rounds.agenda(db, workspace.settings, 1)[0]
    again = replace(first, step=prompts.steps(samples=1, passes=2)[1])

    with model_for(workspace, model, first) as asked_first:
        assert asked_first.name == "fake/m"
    with model_for(workspace, model, again) as asked_again:
        assert asked_again.name == "fake/strong"


def test_the_agenda_is_drawn_up_again_only_when_what_it_rests_on_is_different(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    agenda = rounds.agenda

    def counted(*args: object, **named: object) -> object:
        drawn.append(1)
        return agenda(*args, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(rounds, "agenda", counted)
    plan = Plan()
    at = At(workspace, workspace.repo, 1, "", FakeModel(), threading.Event())

    done = [one_thought(at, plan).subject for _ in range(4)]
    assert all(done)
    assert len(drawn) == 1, "one plan for all of them"

    (workspace.repo.root / "more.py").write_text(SHOP.replace("total", "more"))
    with closing(workspaces.write_store(workspace)) as db:
        rounds.reconcile_round(db, workspace.repo, workspace.settings, now=time.time() + 1)
    assert one_thought(at, plan).subject == "more.py", "what has just changed comes first"
    assert len(drawn) == 2
