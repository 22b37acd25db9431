from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.daemon.tree import WatchedTree
from tests.conftest import GitRepo


@pytest.fixture
def tree(repo: GitRepo) -> WatchedTree:
    """A tree that was looked at a moment ago and has been quiet since."""
    tree = WatchedTree(git.discover(repo.root), now=100.0)
    tree.looked(started=100.0, now=100.0, fruitful=True)
    return tree


def test_a_new_tree_is_due_at_once(repo: GitRepo) -> None:
    assert WatchedTree(git.discover(repo.root), now=5.0).is_due(5.0)


def test_without_a_hint_nothing_is_due(tree: WatchedTree) -> None:
    assert tree.due_at() is None
    assert not tree.is_due(10_000.0)


def test_a_burst_is_waited_out(tree: WatchedTree) -> None:
    tree.hint(101.0)
    assert not tree.is_due(101.2)
    tree.hint(101.2)
    assert not tree.is_due(101.4)
    assert tree.is_due(101.5)


def test_a_burst_without_end_is_looked_into_after_a_minute(tree: WatchedTree) -> None:
    for tenth in range(600):
        tree.hint(101.0 + tenth / 10)
    assert tree.is_due(161.0)


def test_who_waits_is_not_kept_waiting(tree: WatchedTree) -> None:
    tree.looked(started=101.0, now=103.0, fruitful=True)
    tree.urge(103.0)
    assert tree.is_due(103.0)


def test_a_hint_during_a_round_is_for_the_next(tree: WatchedTree) -> None:
    tree.hint(101.0)
    tree.hint(101.6)
    tree.looked(started=101.5, now=101.7, fruitful=True)
    assert tree.first_hint == 101.6


def test_a_look_after_lost_events_is_counted_once(tree: WatchedTree) -> None:
    tree.hint(101.0, lost=True)
    tree.hint(101.1, lost=True)
    assert tree.resyncs == 0
    tree.looked(started=102.0, now=103.0, fruitful=True)
    tree.looked(started=104.0, now=105.0, fruitful=True)
    assert tree.resyncs == 1


def test_events_lost_during_a_round_are_made_up_for_in_the_next(tree: WatchedTree) -> None:
    tree.hint(101.6, lost=True)
    tree.looked(started=101.5, now=101.7, fruitful=True)
    assert tree.resyncs == 0
    tree.failed(now=102.0, why="no space")
    assert tree.resyncs == 0
    tree.looked(started=103.0, now=103.1, fruitful=False)
    assert tree.resyncs == 1


def test_hints_that_bring_nothing_are_followed_ever_less_often(tree: WatchedTree) -> None:
    waits = []
    for round_ in range(6):
        now = 200.0 + 100 * round_
        tree.looked(started=now, now=now, fruitful=False)
        tree.hint(now)
        due = tree.due_at()
        assert due is not None
        waits.append(due - now)
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(0.3)
    assert waits[-1] == 10.0


def test_a_real_change_ends_the_hesitation(tree: WatchedTree) -> None:
    for _ in range(6):
        tree.looked(started=200.0, now=200.0, fruitful=False)
    tree.looked(started=300.0, now=300.0, fruitful=True)
    tree.hint(300.0)
    assert tree.is_due(300.3)


def test_a_slow_tree_is_not_looked_at_all_the_time(tree: WatchedTree) -> None:
    tree.looked(started=200.0, now=201.0, fruitful=True)
    tree.hint(201.5)
    assert not tree.is_due(205.9)
    assert tree.is_due(206.1)


def test_a_tree_nobody_hints_at_is_looked_at_now_and_then(tree: WatchedTree) -> None:
    assert not tree.is_overdue(159.0, every=60.0)
    assert tree.is_overdue(160.0, every=60.0)

    tree.hint(160.0)
    assert not tree.is_overdue(160.1, every=60.0), "it is due already; do not put it off"


@pytest.mark.parametrize(("took", "due"), [(0.05, 60.0), (0.1, 100.0), (9.0, 300.0)])
def test_a_look_nobody_asked_for_takes_a_thousandth_of_the_time(
    tree: WatchedTree, took: float, due: float
) -> None:
    tree.looked(started=200.0 - took, now=200.0, fruitful=False)

    assert not tree.is_overdue(199.0 + due, every=60.0)
    assert tree.is_overdue(200.0 + due, every=60.0)


def test_a_failure_is_tried_again_later_each_time(tree: WatchedTree) -> None:
    waits = []
    for _ in range(8):
        tree.failed(now=100.0, why="git is broken")
        waits.append((tree.due_at() or 0.0) - 100.0)
    assert tree.failure == "git is broken"
    assert waits[:3] == [2.0, 4.0, 8.0]
    assert waits[-1] == 60.0

    tree.looked(started=200.0, now=200.0, fruitful=True)
    assert not tree.failure


def test_a_commit_moves_the_refs_once(repo: GitRepo) -> None:
    tree = WatchedTree(git.discover(repo.root), now=0.0)
    assert not tree.refs_moved()
    repo.commit("first", a_py="x = 1\n")
    assert tree.refs_moved()
    assert not tree.refs_moved()


@pytest.mark.parametrize("command", [("rm", "-q", "--cached", "a.py"), ("add", "b.py")])
def test_what_git_lists_differently_is_noticed(repo: GitRepo, command: tuple[str, ...]) -> None:
    repo.commit("one", a_py="1\n")
    repo.write("b.py", "2\n")
    tree = WatchedTree(git.discover(repo.root), now=0.0)

    repo.git(*command)

    assert tree.refs_moved()
    assert not tree.refs_moved()


def test_what_one_person_excludes_is_noticed_in_every_work_tree(
    repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", a_py="1\n")
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    tree = WatchedTree(git.discover(tmp_path / "linked"), now=0.0)

    repo.write(".git/info/exclude", "private.py\n")

    assert tree.refs_moved()


def test_a_removed_root_is_gone(repo: GitRepo, tree: WatchedTree) -> None:
    assert not tree.is_gone()
    shutil.rmtree(repo.root)
    assert tree.is_gone()


def test_another_repository_at_the_same_place_is_not_ours(repo: GitRepo, tree: WatchedTree) -> None:
    repo.root.rename(repo.root.with_name("moved"))
    GitRepo(repo.root)
    assert tree.is_gone()


def test_a_disk_that_fails_is_not_gone(tree: WatchedTree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("repo_sleeper.daemon.tree._identity", fail)
    assert not tree.is_gone()


def test_where_nothing_is_announced_we_look_more_often(tree: WatchedTree) -> None:
    tree.looked(started=100.0, now=100.01, fruitful=True)

    assert not tree.is_overdue(104.0, every=60.0, blind=True)
    assert not tree.is_overdue(106.0, every=60.0)
    assert tree.is_overdue(106.0, every=60.0, blind=True)

    tree.looked(started=100.0, now=101.0, fruitful=True)  # a look of a second
    assert not tree.is_overdue(200.0, every=60.0, blind=True)
    assert tree.is_overdue(202.0, every=60.0, blind=True)


def test_the_survey_waits_for_a_calm_moment_but_not_for_ever(tree: WatchedTree) -> None:
    tree.looked(started=100.0, now=100.1, fruitful=True)
    assert not tree.is_calm(200.0)
    tree.behind_since = 100.1

    assert not tree.is_calm(101.0)
    assert tree.is_calm(103.0)
    tree.hint(104.0)
    assert not tree.is_calm(104.0)
    assert tree.is_calm(161.0)


def test_a_survey_that_took_long_is_not_taken_again_at_once(tree: WatchedTree) -> None:
    tree.looked(started=100.0, now=100.1, fruitful=True)
    tree.surveyed(started=102.0, now=106.0)
    tree.looked(started=107.0, now=107.1, fruitful=True)
    tree.behind_since = 107.1

    assert not tree.is_calm(125.0)
    assert tree.is_calm(126.0)

    tree.surveyed(started=126.0, now=166.0)
    tree.behind_since = 166.5

    assert tree.is_calm(226.5)
