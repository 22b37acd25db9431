from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper import git, trust
from repo_sleeper.cli import daemon_view
from repo_sleeper.daemon import locks, rounds
from repo_sleeper.daemon import service as service_module
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.idleness import Idleness
from repo_sleeper.daemon.mind import Mind
from repo_sleeper.daemon.process import DaemonState
from repo_sleeper.daemon.service import Service
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.model import Price, Prompt
from repo_sleeper.domain.notes import Origin
from repo_sleeper.errors import (
    DaemonError,
    ModelAuthError,
    ModelRateError,
    ModelReplyError,
    StoreError,
)
from repo_sleeper.git import Repository
from repo_sleeper.integrations import git_hook
from repo_sleeper.store import code, history, ledger, notes
from repo_sleeper.store.database import Database
from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeModel

SHOP = """\
\"\"\"Adds up what is in a basket.\"\"\"

TAX = 0.2


def total(prices):
    net = sum(prices)
    return net + tax(net)


def tax(net):
    return net * TAX


def is_empty(prices):
    return not prices
"""
THINKING = {
    "SLEEPER_MODEL_NAME": "fake/model",
    "SLEEPER_IDLE_QUIET_S": "0.1",
    "SLEEPER_IDLE_MAX_LOAD": "1000",
    "SLEEPER_IDLE_ON_BATTERY": "true",
    "SLEEPER_THINK_CHECK_BUGS": "false",
}


class Running:
    """A service in a thread of the test, with a second connection to see what it stored."""

    def __init__(self, workspace: Workspace, model: FakeModel) -> None:
        self.workspace = workspace
        self.model = model
        self.writer = workspaces.write_store(workspace)
        self.db = workspaces.read_store(workspace)
        self.service = Service(workspace, self.writer, make_model=lambda _: model)
        self.thread = threading.Thread(target=self.service.run)
        self.thread.start()

    def until(self, wanted: Callable[[], object], *, seconds: float = 20.0) -> None:
        """Wait for something to be so."""
        deadline = time.monotonic() + seconds
        while not wanted():
            assert self.thread.is_alive() or self.service.ended, "the loop has died"
            assert time.monotonic() < deadline, self.status()
            time.sleep(0.02)

    def status(self) -> dict[str, object]:
        """What the daemon says of itself."""
        return self.service.answer({"verb": "status"})

    def tree(self) -> dict[str, object]:
        """What it says of the first work tree."""
        trees = self.status()["trees"]
        assert isinstance(trees, list)
        return dict(trees[0]) if trees else {}

    def looked(self) -> bool:
        """Whether the first round is over."""
        return self.tree().get("looked_s_ago") is not None

    def knows(self, name: str) -> bool:
        """Whether a definition of this name is in the store."""
        return any(code.definitions(self.db, tree.id, name) for tree in code.trees(self.db))

    def model_notes(self) -> int:
        """How many notes a model has made."""
        return len(notes.list_notes(self.db, 1, origin=Origin.MODEL))

    def stop(self) -> None:
        """End it as a signal would."""
        self.service.end("the test is over")
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.db.close()
        self.writer.close()


Start = Callable[..., Running]


@pytest.fixture
def start(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    # The instructions name other kinds as plain words; the task names the one that is asked for.
    monkeypatch.setattr(
        fakes, "_kind", lambda _, user: re.findall(r'has the kind "([a-z-]+)"', user)[-1]
    )
    repo.commit("first", shop_py=SHOP)
    running: list[Running] = []

    def start(*replies: str | Exception, **env: str) -> Running:
        found = git.discover(repo.root)
        trust.grant(found)
        workspace = workspaces.open_workspace(repo.root, {**os.environ, **env})
        workspaces.create_store(workspace)
        with closing(workspaces.write_store(workspace)):
            pass
        running.append(Running(workspace, FakeModel(*replies)))
        return running[-1]

    yield start
    for one in running:
        one.stop()


# --- watching ---------------------------------------------------------------------------------


def test_what_is_there_is_indexed_at_the_start(start: Start) -> None:
    daemon = start()

    daemon.until(lambda: daemon.knows("total"))


def test_a_save_is_in_the_index_without_being_asked_for(start: Start, repo: GitRepo) -> None:
    daemon = start()
    daemon.until(daemon.looked)

    repo.write("basket.py", "def weigh(): ...\n")

    daemon.until(lambda: daemon.knows("weigh"))


def test_a_question_has_the_tree_looked_at_now(start: Start, repo: GitRepo) -> None:
    daemon = start()
    daemon.until(daemon.looked)
    repo.write("basket.py", "def weigh(): ...\n")

    answer = daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})

    assert answer["changed"] == 1
    assert daemon.knows("weigh")


def test_a_question_does_not_wait_for_the_survey_which_follows(start: Start, repo: GitRepo) -> None:
    daemon = start()
    daemon.until(lambda: daemon.looked() and daemon.db.meta("survey-due:1") is None)
    repo.write("basket.py", "def weigh():\n    pass  # TODO weigh with the bag\n")

    look = {"verb": "reconcile", "root": str(repo.root), "derive": False}
    answer = daemon.service.answer(look)

    assert (answer["changed"], answer["complete"]) == (1, True)
    assert daemon.knows("weigh")
    daemon.until(lambda: notes.list_notes(daemon.db, 1, path="basket.py"))


def test_whoever_asks_is_told_that_git_cannot_say_what_is_ignored(
    start: Start, repo: GitRepo
) -> None:
    daemon = start()
    daemon.until(daemon.looked)
    (repo.root / ".git" / "index").write_bytes(b"no index")

    answer = daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})

    assert answer["complete"] is False


def test_a_question_from_elsewhere_is_refused(start: Start, tmp_path: Path) -> None:
    daemon = start()
    GitRepo(tmp_path / "other")

    for place in (tmp_path / "other", tmp_path, Path("/absent")):
        with pytest.raises(DaemonError, match="could not reconcile"):
            daemon.service.answer({"verb": "reconcile", "root": str(place)})


def test_a_commit_is_learnt_of_from_the_hook(start: Start, repo: GitRepo) -> None:
    daemon = start()
    git_hook.install(git.discover(repo.root), spool=daemon.workspace.spool)
    daemon.until(daemon.looked)

    repo.commit("Weigh baskets", basket_py="def weigh(): ...\n")

    daemon.until(lambda: "Weigh baskets" in _subjects(daemon.db))
    assert not (daemon.workspace.spool / "commits").exists()


def _subjects(db: Database) -> list[str]:
    return [row["subject"] for row in db.rows("select subject from commits")]


def test_a_commit_without_a_hook_is_seen_in_the_refs(start: Start, repo: GitRepo) -> None:
    daemon = start()
    daemon.until(daemon.looked)

    repo.commit("Nothing but words")

    daemon.until(lambda: "Nothing but words" in _subjects(daemon.db))


def test_a_shallow_clone_that_is_given_its_past_is_noticed(
    start: Start, repo: GitRepo, tmp_path: Path
) -> None:
    for number in range(3):
        repo.commit(f"step {number}", shop_py=SHOP)
    whole = tmp_path / "whole"
    repo.git("clone", "-q", "--bare", ".", str(whole))
    repo.git("remote", "add", "origin", whole.as_uri())
    repo.git("fetch", "-q", "--depth", "1", "--update-shallow", "origin", "main")
    (repo.root / ".git/shallow").write_text(repo.git("rev-parse", "HEAD"))
    daemon = start()
    daemon.until(lambda: daemon.looked() and history.commit_count(daemon.db) == 1)

    repo.git("fetch", "-q", "--unshallow", "origin")

    daemon.until(lambda: history.commit_count(daemon.db) > 1)


def test_a_full_rescan_after_lost_events_is_counted(start: Start) -> None:
    daemon = start(SLEEPER_IDLE_RECONCILE_S="86400")
    daemon.until(daemon.looked)
    assert daemon.tree()["resyncs"] == 0
    assert "lost events" not in told_of(daemon)

    daemon.service._forest.all()[0].watcher._lost_events()  # as when the queue overflows

    daemon.until(lambda: daemon.tree()["resyncs"] == 1)
    assert told_of(daemon).endswith(" · 1 full rescan after lost events")


def told_of(daemon: Running) -> str:
    """The line of `status` about it."""
    return daemon_view.sentence(DaemonState(running=True, details=daemon.status(), pid=1))


def test_a_second_work_tree_joins_in(start: Start, repo: GitRepo, tmp_path: Path) -> None:
    daemon = start()
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "aside.py").write_text("def aside(): ...\n")

    answer = daemon.service.answer({"verb": "reconcile", "root": str(tmp_path / "side")})

    assert answer["head"] == repo.git("rev-parse", "HEAD").strip()
    trees = daemon.status()["trees"]
    assert isinstance(trees, list)
    assert len(trees) == 2


def test_a_machine_that_slept_has_everything_looked_at(start: Start) -> None:
    daemon = start(SLEEPER_IDLE_RECONCILE_S="86400")
    daemon.until(daemon.looked)
    before = daemon.service._forest.all()[0].tree.looked_at

    daemon.service._clock_gap -= 3600

    daemon.until(lambda: daemon.service._forest.all()[0].tree.looked_at > before)


def test_an_unchanged_tree_costs_no_writes(start: Start) -> None:
    daemon = start()
    daemon.until(lambda: daemon.looked() and daemon.db.meta("survey-due:1") is None)
    before = daemon.db.value("pragma data_version")

    for _ in range(3):
        daemon.service.answer({"verb": "reconcile", "root": str(daemon.workspace.repo.root)})

    assert daemon.db.value("pragma data_version") == before


# --- trouble ----------------------------------------------------------------------------------


def test_a_round_that_fails_is_told_and_tried_again(
    start: Start, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = start()
    daemon.until(daemon.looked)

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    with monkeypatch.context() as patch:
        patch.setattr("repo_sleeper.daemon.rounds.reconcile_round", fail)
        with pytest.raises(DaemonError):
            daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})
        assert daemon.tree()["failure"] == "ZeroDivisionError: of all things"

    daemon.until(lambda: not daemon.tree()["failure"])


def test_an_error_of_ours_is_told_in_its_own_words(
    start: Start, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = start()

    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("repo_sleeper.daemon.rounds.reconcile_round", fail)
        with pytest.raises(DaemonError):
            daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})
        assert daemon.tree()["failure"] == "the disk is full"


def test_a_model_that_is_set_later_is_noticed_at_once(
    start: Start, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_CHORES_S", 3600.0)
    daemon = start(**{key: THINKING[key] for key in THINKING if key != "SLEEPER_MODEL_NAME"})
    daemon.until(lambda: daemon.status()["why"] == "no model is set")
    file = private_home / "config" / "sleeper" / "config.toml"
    file.parent.mkdir(parents=True)

    file.write_text("[model]\nname = 'fake/model'\n")

    daemon.until(lambda: daemon.model.prompts)


def test_settings_with_a_mistake_leave_the_old_ones(
    start: Start, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_CHORES_S", 3600.0)
    daemon = start()
    daemon.until(daemon.looked)
    file = private_home / "config" / "sleeper" / "config.toml"
    file.parent.mkdir(parents=True)

    file.write_text("[idle]\nquiet_s = 'soon'\n")
    daemon.until(lambda: "quiet_s" in str(daemon.status()["config_error"]))

    file.write_text("[idle]\nquiet_s = 7.0\n")
    daemon.until(lambda: daemon.service.workspace.settings.idle.quiet_s == 7.0)
    assert daemon.status()["config_error"] == ""


def test_contents_that_no_tree_has_any_more_go_in_time(
    start: Start, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repo_sleeper.daemon.service._SPARE_CONTENTS", 0)
    daemon = start()
    daemon.until(daemon.looked)
    repo.write("shop.py", SHOP.replace("def ", "async def "))
    daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})
    before = daemon.db.value("select count(*) from blobs")

    daemon.service._tidied_at = float("-inf")
    daemon.service._chores_at = 0.0

    daemon.until(lambda: daemon.db.value("select count(*) from blobs") == before - 1)


def test_a_call_of_a_command_that_was_killed_is_given_up_in_time(start: Start) -> None:
    daemon = start()
    daemon.until(daemon.looked)
    terms = ledger.Terms("think", "fake/model", "", Price(), lambda *_: "")
    with closing(workspaces.write_store(daemon.workspace)) as db:
        ledger.reserve(db, Prompt("s", "u", 10), terms, now=time.time())

    def tidied() -> str:
        daemon.service._tidied_at = float("-inf")
        daemon.service._chores_at = 0.0
        daemon.until(lambda: daemon.service._tidied_at > 0)
        return str(daemon.db.value("select state from calls"))

    with locks.shared(daemon.workspace.asking_lock):
        assert tidied() == "reserved", "it may be the call of whoever asks"
    daemon.until(lambda: tidied() == "unknown")


def test_a_store_that_cannot_be_tidied_is_left_for_another_time(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("repo_sleeper.store.upkeep.checkpoint", full)
    daemon = start()
    daemon.until(daemon.looked)

    daemon.service._tidied_at = float("-inf")
    daemon.service._chores_at = 0.0

    daemon.until(lambda: "could not tidy" in caplog.text)
    assert daemon.looked()


def test_a_work_tree_that_is_gone_is_forgotten_and_its_notes_are_not(
    start: Start, repo: GitRepo, tmp_path: Path
) -> None:
    daemon = start()
    daemon.until(daemon.looked)
    side = tmp_path / "side"
    repo.git("worktree", "add", "-q", "-b", "side", str(side))
    daemon.service.answer({"verb": "reconcile", "root": str(side)})

    shutil.rmtree(side)
    daemon.service._chores_at = 0.0

    daemon.until(lambda: len(daemon.service._forest.all()) == 1)
    assert {tree.root for tree in code.trees(daemon.db)} == {repo.root, side}


def test_a_work_tree_that_is_removed_is_no_trouble(
    start: Start, repo: GitRepo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = start()
    daemon.until(daemon.looked)
    side = tmp_path / "side"
    repo.git("worktree", "add", "-q", "-b", "side", str(side))
    daemon.service.answer({"verb": "reconcile", "root": str(side)})

    repo.git("worktree", "remove", str(side))

    daemon.until(lambda: len(daemon.service._forest.all()) == 1, seconds=10)
    assert "cannot reconcile" not in caplog.text


def test_without_a_repository_the_daemon_ends(start: Start, repo: GitRepo) -> None:
    daemon = start()
    daemon.until(daemon.looked)

    shutil.rmtree(repo.root)
    daemon.service._chores_at = 0.0

    daemon.until(lambda: daemon.service.ended)
    assert daemon.service.ended == "the store is gone"


def test_an_absent_root_is_waited_for_before_the_daemon_ends(
    start: Start, repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = tmp_path / "common"
    daemon = start()
    daemon.until(daemon.looked)
    monkeypatch.setattr(service_module, "_GONE_S", 0.1)

    repo.root.rename(common)
    repo.root.mkdir()
    (repo.root / ".git" / "sleeper").mkdir(parents=True)
    daemon.workspace.database_file.write_bytes(b"")
    daemon.service._chores_at = 0.0
    daemon.until(lambda: not daemon.service._forest)
    assert not daemon.service.ended
    daemon.service._chores_at = 0.0

    daemon.until(lambda: daemon.service.ended == "the repository is gone")


def test_a_socket_that_was_swept_away_ends_the_daemon(start: Start) -> None:
    daemon = start()
    daemon.service.is_reachable = lambda: False
    daemon.service._chores_at = 0.0

    daemon.until(lambda: daemon.service.ended == "the socket is gone")


def test_a_daemon_whose_files_are_anothers_ends_and_answers_for_nobody(
    start: Start, repo: GitRepo
) -> None:
    daemon = start()
    daemon.until(daemon.looked)
    daemon.service.is_in_place = lambda: False

    for message in ({"verb": "ping"}, {"verb": "reconcile", "root": str(repo.root)}):
        with pytest.raises(DaemonError, match="taken away or replaced"):
            daemon.service.answer(message)
    assert daemon.service.answer({"verb": "stop"}) == {}
    daemon.until(lambda: daemon.service.ended == "its files were taken away or replaced")


# --- thinking ---------------------------------------------------------------------------------


def test_when_nobody_works_it_thinks_until_nothing_is_left(start: Start) -> None:
    daemon = start(**THINKING)

    daemon.until(lambda: daemon.status()["why"] == "nothing is left to think about")

    assert len(daemon.model.prompts) == 3, "one subject, three kinds"
    assert daemon.model_notes() == 3
    assert daemon.model.closed


def another_tree(repo: GitRepo, root: Path) -> Path:
    """A linked work tree whose code is not that of the main one."""
    repo.git("worktree", "add", "-q", "-b", "side", str(root))
    (root / "shop.py").write_text(SHOP.replace("total", "sum_up"))
    return root


def test_when_nothing_is_left_in_one_work_tree_it_goes_on_with_the_others(
    start: Start, repo: GitRepo, tmp_path: Path
) -> None:
    side = another_tree(repo, tmp_path / "side")
    trust.grant(git.discover(side))
    daemon = start(**THINKING)
    daemon.service.answer({"verb": "reconcile", "root": str(side)})
    daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})

    daemon.until(lambda: daemon.status()["why"] == "nothing is left to think about")

    assert len(daemon.model.prompts) == 6, "one subject in each tree, three kinds"


def test_a_work_tree_whose_settings_are_not_trusted_is_not_sent(
    start: Start, repo: GitRepo, tmp_path: Path
) -> None:
    side = another_tree(repo, tmp_path / "side")
    (side / ".sleeper.toml").write_text('[index]\nignore = ["shop.py"]\n')
    daemon = start(**THINKING)
    daemon.service.answer({"verb": "reconcile", "root": str(side)})
    exhausted = "nothing is left to think about"

    daemon.until(lambda: daemon.status()["why"] == exhausted)
    assert [p for p in daemon.model.prompts if "sum_up" in p.user] == []
    assert len(daemon.model.prompts) == 3, "those about the other"

    trust.grant(git.discover(side))
    daemon.service.answer({"verb": "activity"})
    daemon.service.answer({"verb": "reconcile", "root": str(side)})
    daemon.until(lambda: not daemon.knows("sum_up"))


def test_what_new_settings_keep_back_is_not_thought_about_before_they_are_looked_with(
    start: Start, repo: GitRepo
) -> None:
    repo.commit("more", private_py=SHOP.replace("total", "sum_up"))
    daemon = start(**(THINKING | {"SLEEPER_IDLE_QUIET_S": "3600"}))
    daemon.until(lambda: daemon.knows("sum_up"))
    settings = daemon.service.workspace.settings
    narrowed = settings._replace(index=settings.index._replace(ignore=("private.py",)))

    daemon.service._current.workspace = daemon.workspace._replace(settings=narrowed)
    daemon.service._sleep._begin(daemon.service._forest.all()[0])

    assert not daemon.service._sleep._mind.busy
    daemon.until(lambda: not daemon.knows("sum_up"))


def test_a_work_tree_that_cannot_be_read_keeps_it_from_no_other(
    start: Start, repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = tmp_path / "side"
    repo.git("worktree", "add", "-q", "-b", "side", str(side))
    daemon = start(**(THINKING | {"SLEEPER_THINK_ENABLED": "false"}))
    daemon.service.answer({"verb": "reconcile", "root": str(side)})
    look = rounds.reconcile_round

    def fail(db: Database, at: Repository, *rest: Any, **named: Any) -> rounds.Round:
        if at.root == side:
            raise StoreError("out of order")
        return look(db, at, *rest, **named)

    monkeypatch.setattr(rounds, "reconcile_round", fail)
    (side / "new.py").write_text(SHOP)
    daemon.until(lambda: any(tree["failure"] for tree in trees_of(daemon)))

    best = daemon.service._sleep._turns.next()
    assert best is not None
    assert best.root == repo.root


def trees_of(daemon: Running) -> list[dict[str, object]]:
    """What the daemon says of each work tree."""
    trees = daemon.status()["trees"]
    assert isinstance(trees, list)
    return trees


def test_without_a_model_it_says_so_and_thinks_nothing(start: Start) -> None:
    daemon = start()

    daemon.until(lambda: daemon.status()["why"] == "no model is set")
    assert not daemon.model.prompts


def test_activity_keeps_it_awake(start: Start) -> None:
    daemon = start(**{**THINKING, "SLEEPER_IDLE_QUIET_S": "3600"})
    daemon.until(daemon.looked)

    daemon.service.answer({"verb": "activity"})

    daemon.until(lambda: "files changed" in str(daemon.status()["why"]))
    assert not daemon.status()["asleep"]
    assert not daemon.model.prompts


def test_a_question_keeps_it_awake(start: Start, repo: GitRepo) -> None:
    daemon = start(**{**THINKING, "SLEEPER_IDLE_QUIET_S": "3600"})
    daemon.until(daemon.looked)

    daemon.service.answer({"verb": "reconcile", "root": str(repo.root)})

    daemon.until(lambda: "asked" in str(daemon.status()["why"]))


Change = Callable[[], object]


def prepared_while(
    start: Start, monkeypatch: pytest.MonkeyPatch, *, changes: Change, until: Callable[..., bool]
) -> Running:
    """A daemon whose model takes its time to be ready, while something changes."""
    begun, noticed = threading.Event(), threading.Event()

    def be_ready(_: FakeModel) -> None:
        begun.set()
        noticed.wait(10)

    monkeypatch.setattr(FakeModel, "start", be_ready, raising=False)
    daemon = start(**{**THINKING, "SLEEPER_IDLE_TERMINALS": "true"})
    assert begun.wait(20)
    changes()
    daemon.until(lambda: until(daemon))
    noticed.set()
    daemon.until(lambda: not daemon.status()["thinking"])
    return daemon


@pytest.mark.parametrize("cap", ["0", "'few'"])
def test_settings_that_change_while_a_thought_is_prepared_hold_for_it(
    start: Start, private_home: Path, monkeypatch: pytest.MonkeyPatch, cap: str
) -> None:
    file = private_home / "config" / "sleeper" / "config.toml"
    file.parent.mkdir(parents=True)

    daemon = prepared_while(
        start,
        monkeypatch,
        changes=lambda: file.write_text(f"[budget]\ncalls_per_day = {cap}\n"),
        until=lambda daemon: (
            bool(daemon.status()["config_error"])
            or not daemon.service.workspace.settings.budget.calls_per_day
        ),
    )

    assert not daemon.model.prompts


def test_a_key_pressed_while_a_thought_is_prepared_ends_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[float] = []

    def typed() -> float:
        looked.append(time.time())
        return looked[-1]

    def type_on() -> None:
        looked.clear()
        monkeypatch.setattr("repo_sleeper.daemon.machine.last_typed", typed)

    daemon = prepared_while(start, monkeypatch, changes=type_on, until=lambda _: len(looked) > 2)

    assert not daemon.model.prompts


def test_a_changed_file_is_thought_about_again(start: Start, repo: GitRepo) -> None:
    daemon = start(**THINKING)
    daemon.until(lambda: daemon.status()["why"] == "nothing is left to think about")

    repo.write("shop.py", SHOP.replace("sum", "max"))

    daemon.until(lambda: len(daemon.model.prompts) == 6)


def test_a_changed_file_is_thought_about_at_once_though_the_last_thought_had_failed(
    start: Start, repo: GitRepo
) -> None:
    daemon = start(**THINKING)
    daemon.until(lambda: daemon.status()["why"] == "nothing is left to think about")
    idleness = daemon.service._sleep._idleness
    idleness.thought(now=time.monotonic() - 60.0, error="empty")  # whose rest is over by now
    daemon.until(lambda: idleness._rests_until > time.monotonic())

    repo.write("shop.py", SHOP.replace("sum", "max"))

    daemon.until(lambda: len(daemon.model.prompts) == 6)


def test_a_key_that_is_refused_stops_it_until_a_person_acts(start: Start) -> None:
    daemon = start(ModelAuthError("401: the key is wrong"), **THINKING)

    daemon.until(lambda: "401: the key is wrong" in str(daemon.status()["why"]))
    assert daemon.status()["last_thought_error"] == "401: the key is wrong"
    assert len(daemon.model.prompts) == 1


def test_a_provider_that_asks_for_time_gets_it(start: Start) -> None:
    daemon = start(ModelRateError("429: slow down", retry_after=3600), **THINKING)

    daemon.until(lambda: "429: slow down" in str(daemon.status()["why"]))
    assert len(daemon.model.prompts) == 1


def test_a_useless_reply_is_followed_by_a_rest_not_by_silence(start: Start) -> None:
    daemon = start(ModelReplyError("empty"), **THINKING)

    daemon.until(lambda: len(daemon.model.prompts) > 1)


def test_after_weeks_of_errors_it_still_rests_and_tries_again() -> None:
    idleness = Idleness(now=0.0)

    for attempt in range(2_000):
        idleness.thought(now=600.0 * attempt, error="nobody answers")


def test_a_cap_of_nothing_does_not_even_start_a_model(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(Mind, "begin", lambda *_, **__: begun.append(1))
    daemon = start(**THINKING, SLEEPER_BUDGET_CALLS_PER_DAY="0")

    daemon.until(lambda: "calls per day" in str(daemon.status()["why"]))
    assert not begun


def test_a_rebase_under_way_is_not_disturbed(start: Start, repo: GitRepo) -> None:
    (repo.root / ".git" / "rebase-merge").mkdir()

    daemon = start(**THINKING)

    daemon.until(lambda: "rebase" in str(daemon.status()["why"]))
    assert not daemon.model.prompts


def test_a_full_disk_stops_spending(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repo_sleeper.daemon.machine.free_bytes", lambda _: 0)

    daemon = start(**THINKING)

    daemon.until(lambda: daemon.status()["why"] == "the disk is nearly full")
    assert not daemon.model.prompts


def test_settings_that_changed_since_they_were_trusted_stop_sending(
    start: Start, repo: GitRepo
) -> None:
    daemon = start(**{**THINKING, "SLEEPER_IDLE_QUIET_S": "1"})
    daemon.until(daemon.looked)

    repo.write(".sleeper.toml", "[index]\nignore = ['secret/']\n")

    daemon.until(lambda: "sleeper trust" in str(daemon.status()["why"]))


def test_a_cap_that_was_lowered_a_moment_ago_holds(
    start: Start, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_CHORES_S", 3600.0)
    daemon = start(**{**THINKING, "SLEEPER_IDLE_QUIET_S": "3"})
    file = private_home / "config" / "sleeper" / "config.toml"
    file.parent.mkdir(parents=True)

    file.write_text("[budget]\ncalls_per_day = 0\n")

    daemon.until(lambda: "calls per day" in str(daemon.status()["why"]))
    file.write_text("[budget]\ncalls_per_day = 'many'\n")
    daemon.service.answer({"verb": "activity"})
    daemon.until(lambda: "calls_per_day" in str(daemon.status()["config_error"]))
    assert not daemon.model.prompts


def test_settings_that_cannot_be_read_spend_nothing(
    start: Start, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_CHORES_S", 3600.0)
    daemon = start(**{**THINKING, "SLEEPER_IDLE_QUIET_S": "2"})
    file = private_home / "config" / "sleeper" / "config.toml"
    file.parent.mkdir(parents=True)

    file.write_text("[budget]\ncalls_per_day = 'few'\n")

    daemon.until(lambda: "the settings cannot be read" in str(daemon.status()["why"]))
    assert not daemon.model.prompts
    file.unlink()
    daemon.until(lambda: daemon.model.prompts)


def test_what_git_cannot_tell_apart_is_not_sent(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repo_sleeper.watch.scanner._listed", _broken_git)

    daemon = start(**THINKING)

    daemon.until(lambda: "what is ignored" in str(daemon.status()["why"]))
    assert not daemon.model.prompts


def test_beside_a_git_that_shuts_nothing_out_nothing_is_sent(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "self_test", lambda: "git 2.20.1 is too old")

    daemon = start(**THINKING)

    daemon.until(lambda: "too old, so nothing is sent" in str(daemon.status()["why"]))
    assert not daemon.model.prompts


def _broken_git(*_: object) -> None:
    from repo_sleeper.errors import GitError

    raise GitError("git is broken")


def test_a_mistake_in_thinking_does_not_end_the_daemon(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("repo_sleeper.daemon.rounds.agenda", fail)

    daemon = start(**THINKING)

    daemon.until(lambda: "of all things" in str(daemon.status()["why"]))


def test_an_unknown_verb_is_refused(start: Start) -> None:
    daemon = start()

    with pytest.raises(DaemonError, match="'dance'"):
        daemon.service.answer({"verb": "dance"})
    assert daemon.service.answer({"verb": "ping"})["pid"] == os.getpid()
    assert daemon.service.answer({"verb": "stop"}) == {}
    daemon.until(lambda: daemon.service.ended == "asked to")
