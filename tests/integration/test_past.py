"""Reading commits that are not checked out."""

from __future__ import annotations

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.errors import GitError
from repo_sleeper.git import discover
from repo_sleeper.git.past import ancestors, contents, edits, files_at, hunks
from tests.conftest import GitRepo


def test_edits_are_told_newest_first_with_the_status_of_each_path(repo: GitRepo) -> None:
    repo.commit("Add two", a_py="1\n", b_py="2\n")
    (repo.root / "b.py").unlink()
    second = repo.commit("Change one, remove one", a_py="3\n")

    told = list(edits(discover(repo.root), second))

    assert [one.subject for one in told] == ["Change one, remove one", "Add two"]
    assert told[0].statuses == (("M", "a.py"), ("D", "b.py"))
    assert told[0].parents == (told[1].oid,)
    assert told[0].author == "Ada"


def test_merges_and_empty_commits_tell_nothing_of_others(repo: GitRepo) -> None:
    first = repo.commit("Add one", a_py="1\n")
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("Add on the side", b_py="1\n")
    repo.git("checkout", "-q", "main")
    repo.commit("Nothing at all")
    repo.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")

    told = {one.subject: one.statuses for one in edits(discover(repo.root), ids(repo)[0])}

    assert told == {
        "Add one": (("A", "a.py"),),
        "Add on the side": (("A", "b.py"),),
        "Nothing at all": (),
    }
    assert ancestors(discover(repo.root), first) == [first]


def ids(repo: GitRepo) -> list[str]:
    return repo.git("rev-list", "HEAD").split()


def test_odd_names_and_messages_survive(repo: GitRepo) -> None:
    name = "a b\n\u00e9\"'.py"
    repo.write(name, "1\n")
    repo.git("add", "--all")
    repo.git("commit", "-q", "-m", "\x01Odd \u00e9 subject")

    told = list(edits(discover(repo.root), ids(repo)[0]))

    assert told[0].statuses == (("A", name),)
    assert told[0].subject.endswith("Odd \u00e9 subject")


def test_a_commit_lists_its_files_or_those_asked_for(repo: GitRepo) -> None:
    first = repo.commit("Add", a__x_py="1\n", b_py="2\n")
    repo.commit("Change", b_py="3\n")
    here = discover(repo.root)

    assert [one.path for one in files_at(here, first)] == ["a/x.py", "b.py"]
    assert [one.path for one in files_at(here, first, ["b.py", "gone.py"])] == ["b.py"]


def test_contents_are_read_whole_and_missing_ones_are_left_out(repo: GitRepo) -> None:
    first = repo.commit("Add", a_py="one\n\ntwo", b_py="")
    here = discover(repo.root)
    oids = [one.oid for one in files_at(here, first)]

    assert [data for _, data in contents(here, [*oids, "0" * 40])] == [b"one\n\ntwo", b""]
    assert list(contents(here, [])) == []


def test_hunks_are_lines_of_the_parent(repo: GitRepo) -> None:
    lines = [f"{number}\n" for number in range(10)]
    old = repo.commit("Add", a_py="".join(lines), z_py="1\n")
    changed = [*lines[:2], "new\n", *lines[2:5], "five\n", *lines[6:9]]
    new = repo.commit("Change", a_py="".join(changed), z_py="diff --git a b\n")

    found = hunks(discover(repo.root), old, new, ["z.py", "a.py"])

    assert found == {
        "a.py": [Range(2, 2), Range(5, 6), Range(9, 10)],
        "z.py": [Range(0, 1)],
    }


def test_files_are_told_apart_in_the_order_of_their_bytes(repo: GitRepo) -> None:
    names = ["a.py", "a/b.py", "a0.py", "\u00e9.py", "B.py"]
    for name in names:
        repo.write(name, "1\n")
    old = repo.commit("Add")
    for number, name in enumerate(names):
        repo.write(name, "1\n" * (number + 2))
    new = repo.commit("Change")

    assert set(hunks(discover(repo.root), old, new, names)) == set(names)


def test_a_binary_file_has_no_hunks(repo: GitRepo) -> None:
    repo.write("a.bin", b"\0\1")
    old = repo.commit("Add")
    repo.write("a.bin", b"\0\2")
    new = repo.commit("Change")

    assert hunks(discover(repo.root), old, new, ["a.bin"]) == {"a.bin": []}


def test_what_is_no_commit_id_is_refused(repo: GitRepo) -> None:
    with pytest.raises(GitError, match="not a commit id"):
        files_at(discover(repo.root), "--output=x")
