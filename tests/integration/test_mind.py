"""What happens to a thought that is being prepared when somebody comes back."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from repo_sleeper import git
from repo_sleeper.daemon import rounds
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.mind import (
    At,
    Mind,
    Thought,
    one_thought,
)
from repo_sleeper.daemon.models import Models, configured_model, models
from repo_sleeper.daemon.plan import Plan
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.model import Prompt, Reply
from repo_sleeper.domain.spending import Amount
from repo_sleeper.errors import ConfigError, TooDearError
from repo_sleeper.llm.child import Child
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store import bugs, ledger
from repo_sleeper.store.bugs import BugState
from repo_sleeper.think import prompts, thinker
from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeModel, FakeProvider

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


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


def asking(workspace: Workspace, provider: FakeProvider) -> Workspace:
    """The workspace with a model that is really asked, over HTTP."""
    model = workspace.settings.model._replace(name="openai/fake", api_base=provider.url)
    return workspace._replace(settings=workspace.settings._replace(model=model))


def ended_when(happened: Callable[[], bool], workspace: Workspace) -> tuple[Thought, float]:
    """How a thought ends that is cut off at some moment, and how long the end took."""
    done: SimpleQueue[Thought] = SimpleQueue()
    mind = Mind(done=done.put, make=configured_model)
    mind.begin(workspace, git.discover(Path(workspace.repo.root)), 1, commit="")
    limit = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.01)
    began = time.monotonic()
    mind.end(limit=10)
    return done.get(timeout=1), time.monotonic() - began


def test_a_thought_cut_off_before_it_was_sent_costs_nothing(
    workspace: Workspace, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserved = threading.Event()
    complete = WorkerModel.complete

    def held(model: WorkerModel, prompt: Prompt) -> Reply:
        assert model.pid is not None
        os.kill(model.pid, signal.SIGSTOP)
        reserved.set()
        return complete(model, prompt)

    monkeypatch.setattr(WorkerModel, "complete", held)

    thought, seconds = ended_when(reserved.is_set, asking(workspace, provider))

    assert "before it was sent" in thought.error
    assert seconds < 2
    assert provider.requests == []
    with closing(workspaces.write_store(workspace)) as db:
        assert ledger.spent(db, time.time()).day == Amount()
        assert ledger.waiting(db, time.time()) is None, "it was nobody's fault"
        assert thinker.recover(db, clock=time.time) == []
        assert ledger.spent(db, time.time()).day == Amount()


def test_a_thought_cut_off_after_it_was_sent_costs_what_it_can_have_cost(
    workspace: Workspace, provider: FakeProvider
) -> None:
    provider.script("hang")

    thought, seconds = ended_when(lambda: bool(provider.requests), asking(workspace, provider))

    assert "before its answer came" in thought.error
    assert seconds < 2
    with closing(workspaces.read_store(workspace)) as db:
        assert ledger.spent(db, time.time()).day.calls == len(provider.requests) == 1


def test_a_mind_that_ends_while_its_model_starts_does_not_wait_for_it(
    workspace: Workspace, provider: FakeProvider
) -> None:
    thought, seconds = ended_when(lambda: True, asking(workspace, provider))

    assert thought.woken
    assert seconds < 2
    assert provider.requests == []


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


@pytest.mark.parametrize("trouble", [TooDearError("too dear"), ConfigError("no room for code")])
def test_a_subject_that_cannot_be_sent_alone_does_not_keep_the_others_waiting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    refused: list[str] = []
    allowed = rounds.think_round

    def think_round(*args: object, **named: object) -> object:
        if not refused:
            refused.append("once")
            raise trouble
        return allowed(*args, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(rounds, "think_round", think_round)

    assert thought_of(workspace, FakeModel()).error == ""


def test_what_prompts_share_is_told_only_where_others_follow(workspace: Workspace) -> None:
    several, one = FakeModel(), FakeModel()
    think = workspace.settings.think._replace(kinds=("architecture",))
    alone = workspace._replace(settings=workspace.settings._replace(think=think))

    thought_of(workspace, several)
    thought_of(alone, one)

    prompt = several.prompts[0]
    assert prompt.user[: prompt.shared].endswith("</history>")
    assert one.prompts[0].shared == 0


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


def strong(workspace: Workspace, **think: int) -> Workspace:
    """The workspace with another model for second looks."""
    settings = workspace.settings
    model = settings.model._replace(rethink_name="openai/strong")
    think_ = settings.think._replace(**think)  # type: ignore[arg-type]  # numbers all of them
    return workspace._replace(settings=settings._replace(model=model, think=think_))


def test_second_looks_may_have_a_model_of_their_own(workspace: Workspace) -> None:
    model = FakeModel(name="fake/m")
    assert models(workspace, model).again() is model
    assert not model.closed

    assert models(strong(workspace), model).again().name == "openai/strong"
    assert model.closed, "one worker at a time"


def test_passes_of_the_agenda_have_the_model_of_second_looks(workspace: Workspace) -> None:
    workspace = strong(workspace, passes=2)
    asked = models(workspace, FakeModel(name="fake/m"))
    with closing(workspaces.read_store(workspace)) as db:
        first = rounds.agenda(db, workspace.settings, 1)[0]
    again = replace(first, step=prompts.steps(samples=1, passes=2)[1])

    assert asked.of(first).name == "fake/m"
    assert asked.of(again).name == "openai/strong"


def test_looks_that_follow_each_other_share_one_process(
    workspace: Workspace, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fakes, "_kind", lambda *_: "likely-bug")
    found = asking(strong(workspace, samples=1), provider)
    found = found._replace(
        settings=found.settings._replace(think=found.settings.think._replace(kinds=("likely-bug",)))
    )
    started: list[int] = []
    make = Child.__init__

    def counted(child: Child, *args: Any, **named: Any) -> None:
        make(child, *args, **named)
        started.append(child.pid)

    monkeypatch.setattr(Child, "__init__", counted)
    with closing(models(found, configured_model(found))) as asked:
        at = At(found, found.repo, 1, "", asked, threading.Event())
        ended = [one_thought(at, Plan()) for _ in range(3)]

    assert [one.error for one in ended] == ["", "", ""]
    assert [one.subject.startswith("likely bug") for one in ended] == [False, True, True]
    assert [one.body["model"] for one in provider.requests] == ["fake", "strong", "strong"]
    assert len(started) == 2
    assert not any(_lives(pid) for pid in started)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


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
    model = FakeModel()
    at = At(workspace, workspace.repo, 1, "", Models(model, model), threading.Event())

    done = [one_thought(at, plan).subject for _ in range(4)]
    assert all(done)
    assert len(drawn) == 1, "one plan for all of them"

    (workspace.repo.root / "more.py").write_text(SHOP.replace("total", "more"))
    with closing(workspaces.write_store(workspace)) as db:
        rounds.reconcile_round(db, workspace.repo, workspace.settings, now=time.time() + 1)
    assert one_thought(at, plan).subject == "more.py", "what has just changed comes first"
    assert len(drawn) == 2


def test_a_folder_whose_parts_were_thought_about_meanwhile_is_thought_about_at_once(
    workspace: Workspace, repo: GitRepo
) -> None:
    repo.commit("more", **{f"part_{n}_py": SHOP.replace("total", f"count_{n}") for n in range(6)})
    with closing(workspaces.write_store(workspace)) as db:
        rounds.reconcile_round(db, workspace.repo, workspace.settings, now=time.time() + 1)
    model, plan = FakeModel(), Plan()
    at = At(workspace, workspace.repo, 1, "", Models(model, model), threading.Event())
    while "./" not in [item.subject.path for item in _plan_of(at, plan)]:
        plan.forget()
        one_thought(at, plan)

    ended: list[Thought] = []
    while not ended or not ended[-1].exhausted:
        ended.append(one_thought(at, plan))

    assert [one.error for one in ended if one.behind] == []
    assert "./" in [one.subject for one in ended]


def _plan_of(at: At, plan: Plan) -> list[AgendaItem]:
    with closing(workspaces.read_store(at.workspace)) as db:
        return list(plan.items(db, at.workspace.settings, at.tree_id))
