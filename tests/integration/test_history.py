"""The history in the store: only what is new is read, and a rewrite leaves nothing behind."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.history.ahead import Ahead
from repo_sleeper.history.commits import import_history
from repo_sleeper.store import history, path_records
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.topics import Precedent, commits_about
from repo_sleeper.words import parts
from tests.conftest import GitRepo


def imported(db: Database, repo: GitRepo, *, limit: int = 100) -> int:
    return import_history(db, git.discover(repo.root), limit=limit)


def about(db: Database, text: str) -> list[Precedent]:
    return commits_about(db, parts(text), limit=9, widest=30)


def subjects(db: Database) -> list[str]:
    return [commit.subject for commit in history.recent_commits(db, 100)]


def test_only_new_commits_are_stored(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    assert imported(db, repo) == 1
    assert imported(db, repo) == 0

    repo.commit("two", a_py="2\n")
    repo.commit("three", a_py="3\n")

    assert imported(db, repo) == 2
    assert subjects(db) == ["three", "two", "one"]
    assert history.commit_count(db) == 3


def test_what_was_read_ahead_is_what_would_have_been_read(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    repo.commit("two\n\nbecause", a_py="2\n", b_py="1\n")
    place = git.discover(repo.root)

    assert import_history(db, place, limit=9, ahead=Ahead(place, limit=9)) == 2
    with closing(open_database()) as other:
        import_history(other, place, limit=9)
        assert history.recent_commits(db, 9) == history.recent_commits(other, 9)
        assert history.state(db) == history.state(other)


def test_what_was_read_ahead_is_of_no_use_once_head_has_moved(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    place = git.discover(repo.root)
    ahead = Ahead(place, limit=9)
    assert ahead.told(repo.git("rev-parse", "HEAD").strip()) is not None
    repo.commit("two", a_py="2\n")

    assert import_history(db, place, limit=9, ahead=ahead) == 2
    assert subjects(db) == ["two", "one"]


def test_more_than_can_be_held_is_not_read_ahead(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    place = git.discover(repo.root)
    ahead = Ahead(place, limit=60_000)

    assert ahead.told(repo.git("rev-parse", "HEAD").strip()) is None
    assert import_history(db, place, limit=60_000, ahead=ahead) == 1


def test_nothing_happens_without_commits(db: Database, repo: GitRepo) -> None:
    assert imported(db, repo) == 0
    assert imported(db, repo) == 0


def test_the_newest_commits_up_to_the_limit(db: Database, repo: GitRepo) -> None:
    for number in range(5):
        repo.commit(str(number), a_py=f"{number}\n")

    assert imported(db, repo, limit=3) == 3
    assert subjects(db) == ["4", "3", "2"]

    assert imported(db, repo, limit=4) == 4
    assert subjects(db) == ["4", "3", "2", "1"]


def test_the_oldest_make_room_for_new_ones(db: Database, repo: GitRepo) -> None:
    for number in range(3):
        repo.commit(str(number), a_py=f"{number}\n")
    imported(db, repo, limit=3)
    repo.commit("3", a_py="3\n")
    repo.commit("4", a_py="4\n")

    assert imported(db, repo, limit=3) == 2
    assert subjects(db) == ["4", "3", "2"]
    assert about(db, "1") == []


def test_each_work_tree_keeps_its_newest_commits(
    db: Database, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("0", a_py="0\n")
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = GitRepo(tmp_path / "side")
    for number in (1, 2):
        repo.commit(f"main {number}", a_py=f"{number}\n")
        side.commit(f"side {number}", b_py=f"{number}\n")
        imported(db, repo, limit=2)
        imported(db, side, limit=2)

    assert sorted(subjects(db)) == ["main 1", "main 2", "side 1", "side 2"]


def test_commits_of_a_removed_work_tree_go(db: Database, repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("0", a_py="0\n")
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = GitRepo(tmp_path / "side")
    side.commit("side 1", b_py="1\n")
    imported(db, repo)
    imported(db, side)
    assert sorted(subjects(db)) == ["0", "side 1"]

    repo.git("worktree", "remove", "--force", str(tmp_path / "side"))
    assert imported(db, repo) == 0

    assert subjects(db) == ["0"]
    assert about(db, "side") == []


def test_an_amended_commit_leaves_no_trace(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    repo.commit("wrong words", a_py="2\n")
    imported(db, repo)
    repo.git("commit", "--quiet", "--amend", "--message", "right words")

    assert imported(db, repo) == 1
    assert subjects(db) == ["right words", "one"]
    assert [hit.subject for hit in about(db, "words")] == ["right words"]
    assert about(db, "wrong") == []


def test_a_history_that_was_thrown_away_is_forgotten(db: Database, repo: GitRepo) -> None:
    repo.commit("old", a_py="1\n")
    imported(db, repo)
    shutil.rmtree(repo.root / ".git")
    repo.git("init", "--quiet")
    repo.commit("new", b_py="1\n")

    assert imported(db, repo) == 1
    assert subjects(db) == ["new"]


def test_a_branch_without_commits_has_no_history(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    imported(db, repo)
    repo.git("checkout", "--quiet", "--orphan", "empty")

    assert imported(db, repo) == 0
    assert subjects(db) == []


def test_work_trees_add_to_one_history(db: Database, repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("base", a_py="1\n")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = GitRepo.__new__(GitRepo)
    linked.root = tmp_path / "linked"
    repo.commit("here", b_py="1\n")
    linked.commit("there", c_py="1\n")

    assert imported(db, repo) == 2
    assert imported(db, linked) == 1
    assert imported(db, repo) == 0
    repo.git("commit", "--quiet", "--amend", "--message", "here again")
    assert imported(db, repo) == 1
    assert set(subjects(db)) == {"base", "there", "here again"}

    repo.git("worktree", "remove", str(linked.root))
    repo.git("commit", "--quiet", "--amend", "--message", "alone")
    assert imported(db, repo) == 1
    assert set(subjects(db)) == {"base", "alone"}


def test_the_head_of_another_work_tree_may_be_gone(
    db: Database, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", a_py="1\n")
    imported(db, repo)
    db.set_meta("history_heads", f'{{"{repo.root}/.git": "", "{tmp_path}": "{"1" * 40}"}}')

    assert imported(db, repo) == 0
    assert subjects(db) == ["one"]


def test_clocks_that_go_backwards_store_nothing_twice(
    db: Database, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{1_700_000_000 - number * 90_000} +0000")
        repo.commit(str(number), a_py=f"{number}\n")
        imported(db, repo)

    assert history.commit_count(db) == 6


def test_names_and_control_characters_do_not_reach_the_store(db: Database, repo: GitRepo) -> None:
    repo.commit("Say \x1b[31mred\n\nWhy.\n\nSigned-off-by: Ada <ada@example.org>\n", a_py="1\n")
    imported(db, repo)

    (commit,) = history.recent_commits(db, 1)

    assert "\x1b" not in commit.subject
    assert commit.body == "Why."
    assert "Ada" not in repr(commit)


def test_churn_follows_a_file_to_its_new_name(db: Database, repo: GitRepo) -> None:
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one", old_py=body)
    repo.commit("two", old_py=f"{body}2\n")
    repo.git("mv", "old.py", "new.py")
    repo.commit("three", new_py=f"{body}3\n", other_py="1\n")
    imported(db, repo)

    churn = history.churn(db)

    assert list(churn) == ["new.py", "other.py"]
    assert churn["new.py"] > 2.9
    assert history.recent_commits(db, 9)[-1].paths == ("new.py",)


def test_a_branch_that_has_not_heard_of_a_move_undoes_nothing(db: Database, repo: GitRepo) -> None:
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one", a_py=body)
    repo.git("branch", "maintained")
    repo.git("mv", "a.py", "b.py")
    repo.commit("two")
    repo.git("checkout", "-q", "maintained")
    repo.commit("three", a_py=f"{body}mended\n")
    repo.git("checkout", "-q", "-")
    repo.git("merge", "-q", "maintained")
    imported(db, repo)

    assert [one.paths for one in history.recent_commits(db, 4)[1:]] == [("b.py",)] * 3
    assert list(history.churn(db)) == ["b.py"]


def test_what_another_history_moved_before_it_was_merged_keeps_its_name_here(
    db: Database, repo: GitRepo
) -> None:
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one", readme_md=body)
    repo.git("branch", "-M", "ours")
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("begin", readme_md=f"other\n{body}")
    (repo.root / "part").mkdir()
    repo.git("mv", "readme.md", "part/readme.md")
    repo.commit("move")
    repo.git("merge", "-q", "--allow-unrelated-histories", "ours")
    repo.commit("two", readme_md=f"{body}more\n")
    imported(db, repo)

    assert history.recent_commits(db, 1)[0].paths == ("readme.md",)
    assert sorted(history.churn(db)) == ["part/readme.md", "readme.md"]


def test_a_name_stands_where_the_head_has_it_and_only_there(db: Database, repo: GitRepo) -> None:
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one", a_py=body)
    repo.git("branch", "maintained")
    repo.git("mv", "a.py", "b.py")
    repo.commit("two")
    names = []
    for branch in ("maintained", "-", "maintained", "-"):
        imported(db, repo)
        names.append(list(history.churn(db)))
        repo.git("checkout", "-q", branch)
    imported(db, repo)

    assert names == [["b.py"], ["a.py"], ["b.py"], ["a.py"]]
    assert list(history.churn(db)) == ["b.py"]


def test_a_name_used_again_is_its_own_file(db: Database, repo: GitRepo) -> None:
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one", a_py=body)
    repo.git("mv", "a.py", "b.py")
    repo.commit("two")
    repo.commit("three", a_py="quite another\n")
    imported(db, repo)

    assert sorted(history.churn(db)) == ["a.py", "b.py"]


def test_two_files_that_swap_names_end_the_search(db: Database, repo: GitRepo) -> None:
    bodies = ["".join(f"{word} {number}\n" for number in range(30)) for word in ("red", "blue")]
    repo.commit("one", a_py=bodies[0], b_py=bodies[1])
    for old, new in (("a.py", "c.py"), ("b.py", "a.py"), ("c.py", "b.py")):
        repo.git("mv", old, new)
        repo.commit(f"{old} to {new}")
    imported(db, repo)

    assert sorted(history.churn(db)) == ["a.py", "b.py"]


def test_a_ring_of_renames_is_left_alone(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n", b_py="2\n")
    imported(db, repo)
    db.execute("update history_paths set successor = 'b.py' where path = 'a.py'")
    db.execute("update history_paths set successor = 'a.py' where path = 'b.py'")

    assert history.recent_commits(db, 1)[0].paths == ("b.py", "a.py")


def test_files_that_change_together_are_known(db: Database, repo: GitRepo) -> None:
    for number in range(3):
        repo.commit(str(number), a_py=f"{number}\n", b_py=f"{number}\n")
    repo.commit("alone", b_py="alone\n")
    imported(db, repo)

    assert history.co_changed(db, "a.py") == [("b.py", 1.0)]
    assert history.co_changed(db, "b.py") == [("a.py", 0.75)]
    assert [(pair.path, pair.other) for pair in history.co_changes(db)] == [
        ("a.py", "b.py"),
        ("b.py", "a.py"),
    ]


def test_fixes_are_counted_for_each_path(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    repo.commit("Fix the crash", a_py="2\n", b_py="2\n")
    imported(db, repo)

    assert path_records.path_records(db) == [
        path_records.PathRecord("a.py", touches=2, fixes=1),
        path_records.PathRecord("b.py", touches=1, fixes=1),
    ]


def test_changes_are_told_by_quarter_back_to_where_it_is_asked(
    db: Database, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(day: str, message: str, path: str) -> int:
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00Z")
        repo.write(path, f"{day} {message}\n1\n2\n3\n")
        repo.commit(message)
        return int(repo.git("log", "-1", "--format=%ct"))

    commit("2017-01-01", "Fix the first crash", "old.py")
    begun = commit("2023-01-03", "Begin", "old.py")
    mended = commit("2023-01-05", "Fix the crash", "old.py")
    repo.git("mv", "old.py", "new.py")
    moved = commit("2024-01-01", "Move", "other.py")
    imported(db, repo)

    quarters = path_records.path_quarters(db, most=8)

    assert quarters == {
        "new.py": [(0, 1, 0, moved, moved), (3, 2, 1, begun, mended)],
        "other.py": [(0, 1, 0, moved, moved)],
    }


def test_a_search_takes_identifiers_apart_and_ranks_subjects_first(
    db: Database, repo: GitRepo
) -> None:
    repo.commit("Rename things\n\nparseHTTPUrl was confusing.\n", a_py="1\n")
    repo.commit("Teach parseHttpUrl about ports", b_py="1\n")
    repo.commit("Unrelated", c_py="1\n")
    imported(db, repo)

    best, other = about(db, "http_url")

    assert (best.subject, best.paths) == ("Teach parseHttpUrl about ports", ("b.py",))
    assert other.subject == "Rename things"
    assert best.score > other.score > 0


@pytest.mark.parametrize("term", ['"', "AND", "a*", "NEAR(", "subject:", "-x", "''; drop", "…"])
def test_any_text_can_be_searched_for(db: Database, repo: GitRepo, term: str) -> None:
    repo.commit("one", a_py="1\n")
    imported(db, repo)

    assert about(db, term) == []


def test_the_state_tells_other_commits_from_the_same(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py="1\n")
    imported(db, repo)
    before = history.state(db)
    imported(db, repo)
    assert history.state(db) == before

    repo.commit("two", a_py="2\n")
    imported(db, repo)
    assert history.state(db) != before


def test_an_import_that_fails_changes_nothing(
    db: Database, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("one", a_py="1\n")
    imported(db, repo)
    repo.commit("two", a_py="2\n")

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(history, "save_churn", broken)
    with pytest.raises(OSError, match="disk full"):
        imported(db, repo)
    monkeypatch.undo()

    assert subjects(db) == ["one"]
    assert imported(db, repo) == 1


def test_the_age_of_a_file_is_counted_from_its_first_name(db: Database, repo: GitRepo) -> None:
    repo.commit("one", old_py="1\n2\n3\n", other_py="x\n")
    repo.git("mv", "old.py", "new.py")
    repo.commit("two")
    repo.commit("three", new_py="1\n2\n4\n")
    imported(db, repo)

    times = [commit.time for commit in history.recent_commits(db, 3)]
    assert path_records.path_ages(db) == {
        "new.py": (times[2], times[0]),
        "other.py": (times[2], times[2]),
    }


def test_a_shallow_clone_that_is_given_its_past_is_read_again(
    repo: GitRepo, db: Database, tmp_path: Path
):
    for number in range(4):
        repo.commit(f"step {number}", a_py=f"A = {number}\n")
    repo.git("clone", "-q", "--depth", "2", repo.root.as_uri(), str(tmp_path / "shallow"))
    shallow = GitRepo(tmp_path / "shallow")
    here = git.discover(shallow.root)
    assert import_history(db, here, limit=100) == 2
    assert import_history(db, here, limit=100) == 0

    shallow.git("fetch", "-q", "--unshallow")

    assert import_history(db, here, limit=100) == 4
    assert history.commit_count(db) == 4
