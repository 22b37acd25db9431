"""What git and its users do to a repository, case by case, as the index sees it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.config import load
from repo_sleeper.errors import GitError, NotARepositoryError, SleeperError
from repo_sleeper.store import code, extent, history
from repo_sleeper.store.database import Database
from tests.conftest import GitRepo
from tests.equivalence import look, symbols

ONE = "def one():\n    pass\n"
TWO = "def two():\n    pass\n"


# --- where the head is ------------------------------------------------------------------------


def test_before_the_first_commit_the_work_tree_is_indexed(db: Database, repo: GitRepo) -> None:
    repo.write("a.py", ONE)

    found = look(db, repo.root)

    assert symbols(db, found) == {"a.py": ["one"]}
    assert (found.head, found.commits) == ("", 0)


def test_without_a_branch_everything_is_as_with_one(db: Database, repo: GitRepo) -> None:
    first = repo.commit("one", a_py=ONE)
    repo.commit("two", a_py=TWO)
    look(db, repo.root)

    repo.git("checkout", "--quiet", "--detach", "HEAD~1")
    found = look(db, repo.root)

    assert found.head == first
    assert symbols(db, found) == {"a.py": ["one"]}


def test_going_back_and_forth_between_branches_parses_nothing_twice(
    db: Database, repo: GitRepo
) -> None:
    repo.commit("one", **{f"a{number}_py": f"{ONE}x = {number}\n" for number in range(20)})
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("two", **{f"a{number}_py": f"{TWO}x = {number}\n" for number in range(20)})
    look(db, repo.root)
    parsed = []

    for branch in ("main", "other") * 5:
        repo.git("checkout", "--quiet", branch)
        found = look(db, repo.root)
        assert len(found.changes.changed) == 20
        parsed.append(found.changes.parsed)

    assert parsed == [20] + [0] * 9


def test_amending_a_commit_changes_the_history_and_no_content(db: Database, repo: GitRepo) -> None:
    repo.commit("on", a_py=ONE)
    look(db, repo.root)

    repo.git("commit", "--quiet", "--amend", "--message", "one")
    found = look(db, repo.root)

    assert found.changes.paths == ()
    assert [commit.subject for commit in history.recent_commits(db, 9)] == ["one"]


@pytest.mark.parametrize("how", ["merge", "rebase", "cherry-pick", "revert"])
def test_in_the_middle_of_a_conflict_the_files_are_indexed_as_they_are(
    db: Database, repo: GitRepo, how: str
) -> None:
    repo.commit("start", a_py=ONE)
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("theirs", a_py=f"# theirs\n{ONE}")
    repo.git("checkout", "--quiet", "main")
    repo.commit("ours", a_py=f"# ours\n{TWO}")
    repo.commit("more", a_py=f"# ours again\n{TWO}")
    which = {"revert": "HEAD~1"}.get(how, "other")
    subprocess.run(["git", how, which], cwd=repo.root, capture_output=True, check=False)
    assert "<<<<<<<" in (repo.root / "a.py").read_text()

    found = look(db, repo.root)

    assert git.operation_in_progress(git.discover(repo.root)) == how
    assert list(symbols(db, found)) == ["a.py"]
    blob = code.blob_of(db, found.tree_id, "a.py")
    assert blob is not None
    assert blob.has_error


# --- several trees and repositories -----------------------------------------------------------


def test_a_content_of_three_work_trees_is_parsed_once(
    db: Database, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", a_py=ONE, b_py=TWO)
    for name in ("second", "third"):
        repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / name))

    parsed = [
        look(db, root).changes.parsed
        for root in (repo.root, tmp_path / "second", tmp_path / "third")
    ]

    assert parsed == [2, 0, 0]


def test_a_repository_within_has_no_say_in_the_settings(
    db: Database, repo: GitRepo, private_home: Path
) -> None:
    repo.commit("one", a_py=ONE)
    inner = GitRepo(repo.root / "inner")
    inner.commit("theirs", b_py=TWO)
    inner.write(".sleeper.toml", '[index]\nignore = ["a.py"]\n')
    repo.git("-c", "advice.addEmbeddedRepo=false", "add", "inner")
    assert private_home.is_dir()

    settings = load(git.discover(repo.root), env=dict(os.environ))
    found = look(db, repo.root, settings=settings)

    assert symbols(db, found) == {"a.py": ["one"]}
    assert extent.skipped(db, found.tree_id) == {"inner": "submodule"}


def test_a_repository_that_appears_within_takes_its_files_along(
    db: Database, repo: GitRepo
) -> None:
    repo.write("lib/a.py", ONE)
    repo.write("b.py", TWO)
    look(db, repo.root)

    GitRepo(repo.root / "lib").commit("its own")
    found = look(db, repo.root)

    assert found.changes.removed == ("lib/a.py",)


# --- names and contents -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        b"new\nline.py",
        b"-rf.py",
        b":(glob)*.py",
        b"bad\xff\xfe.py",
        b" .py",
        b"a\tb.py",
        b"n" * 252 + b".py",
        b"\x1b[31m.py",
        b'"quoted".py',
        b"back\\slash.py",
        b"$(id).py",
    ],
)
@pytest.mark.parametrize("tracked", [False, True])
def test_any_name_is_a_name(db: Database, repo: GitRepo, name: bytes, *, tracked: bool) -> None:
    (repo.root / os.fsdecode(name)).write_text(ONE)
    repo.write("other.py", TWO)
    if tracked:
        repo.commit("one")

    found = look(db, repo.root)

    assert sorted(symbols(db, found).values()) == [["one"], ["two"]]
    assert len(code.definitions(db, found.tree_id, "one")) == 1


def test_an_author_in_no_encoding_at_all_is_no_error(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py=ONE)
    tree = repo.git("write-tree").strip()
    who = b"J\xe9r\xf4me <j@example.org> 1 +0000"
    raw = b"tree %s\nauthor %s\ncommitter %s\n\nsubject\n" % (tree.encode(), who, who)
    repo.write("../raw", raw)
    oid = repo.git("hash-object", "-t", "commit", "-w", "../raw").strip()
    repo.git("update-ref", "HEAD", oid)

    assert look(db, repo.root).commits == 1


def test_line_endings_of_the_work_tree_are_what_is_hashed(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py=ONE)
    unix = look(db, repo.root)
    before = code.stored_files(db, unix.tree_id)["a.py"].hash
    repo.git("config", "core.autocrlf", "true")
    (repo.root / "a.py").unlink()

    repo.git("checkout", "--quiet", "a.py")
    found = look(db, repo.root)

    assert b"\r\n" in (repo.root / "a.py").read_bytes()
    assert code.stored_files(db, found.tree_id)["a.py"].hash != before
    assert symbols(db, found) == {"a.py": ["one"]}


def test_a_checkout_without_contents_leaves_the_pointers_unread(
    db: Database, repo: GitRepo
) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    repo.commit("one", model_py=pointer, a_py=ONE)

    found = look(db, repo.root)

    assert extent.skipped(db, found.tree_id) == {"model.py": "lfs-pointer"}


def test_what_a_sparse_checkout_takes_away_is_neither_searched_nor_called_removed(
    db: Database, repo: GitRepo
) -> None:
    repo.commit("one", a__one_py=ONE, b__two_py=TWO)
    look(db, repo.root)

    repo.git("sparse-checkout", "set", "a")
    found = look(db, repo.root)

    assert symbols(db, found) == {"a/one.py": ["one"]}
    assert found.changes.removed == ()


# --- git that does not work -------------------------------------------------------------------


def test_a_damaged_list_of_files_leaves_the_walk_and_sends_nothing(
    db: Database, repo: GitRepo
) -> None:
    repo.commit("one", a_py=ONE, b_py=TWO)
    look(db, repo.root)
    list_of_files = repo.root / ".git/index"
    whole = list_of_files.read_bytes()

    list_of_files.write_bytes(whole[:20])
    found = look(db, repo.root)
    assert symbols(db, found) == {"a.py": ["one"], "b.py": ["two"]}
    assert not found.complete

    list_of_files.write_bytes(whole)
    assert look(db, repo.root).complete


def test_a_damaged_head_is_one_clear_line_and_the_index_stays(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py=ONE)
    before = look(db, repo.root)

    (repo.root / ".git/HEAD").write_bytes(b"")
    with pytest.raises((GitError, NotARepositoryError)) as caught:
        look(db, repo.root)

    assert "\n" not in str(caught.value)
    assert symbols(db, before) == {"a.py": ["one"]}


def test_while_objects_are_packed_everything_goes_on(db: Database, repo: GitRepo) -> None:
    for number in range(5):
        repo.commit(str(number), a_py=f"{ONE}x = {number}\n")
        repo.git("gc", "--quiet", "--prune=now")
        (repo.root / ".git/gc.pid").write_text("1 elsewhere")
        assert look(db, repo.root).commits == 1
        (repo.root / ".git/gc.pid").unlink()


def made_tree(repo: GitRepo, entry: str) -> str:
    done = subprocess.run(
        ["git", "mktree"], cwd=repo.root, input=entry, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_history_with_a_very_deep_tree_does_not_end_us(db: Database, repo: GitRepo) -> None:
    repo.commit("one", a_py=ONE)
    blob = repo.git("hash-object", "-w", "a.py").strip()
    tree = made_tree(repo, f"100644 blob {blob}\tx.py")
    for _ in range(600):
        tree = made_tree(repo, f"040000 tree {tree}\td")
    oid = repo.git("commit-tree", "-p", "HEAD", "-m", "deep", tree).strip()
    repo.git("update-ref", "HEAD", oid)

    try:
        found = look(db, repo.root)
    except SleeperError:
        return  # git itself gave up, and we said so
    assert symbols(db, found) == {"a.py": ["one"]}


def test_a_repository_with_longer_ids_is_read_like_others(db: Database, tmp_path: Path) -> None:
    root = tmp_path / "long"
    subprocess.run(["git", "init", "--quiet", "--object-format=sha256", root], check=True)
    (root / "a.py").write_text(ONE)
    for command in (["add", "."], ["commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *command], cwd=root, check=True)

    found = look(db, root)

    assert len(found.head) == 64
    assert (symbols(db, found), found.commits) == ({"a.py": ["one"]}, 1)


def test_a_clone_without_contents_is_indexed_without_fetching(
    db: Database, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", a_py=ONE)
    repo.commit("two", a_py=TWO)
    repo.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{repo.root}"
    repo.git("clone", "--quiet", "--depth=1", "--filter=blob:none", url, str(tmp_path / "clone"))
    (repo.root / ".git").rename(tmp_path / "unreachable")

    found = look(db, tmp_path / "clone")

    assert symbols(db, found) == {"a.py": ["two"]}
    assert found.commits == 1


# --- size -------------------------------------------------------------------------------------


def test_four_thousand_files_are_one_round_and_the_next_writes_nothing(
    db: Database, repo: GitRepo
) -> None:
    for number in range(4_000):
        repo.write(f"d{number % 200}/f{number}.py", ONE if number % 2 else TWO)
    assert len(look(db, repo.root).changes.added) == 4_000
    before = db.connection.total_changes

    found = look(db, repo.root)

    assert found.changes.paths == ()
    assert db.connection.total_changes == before
