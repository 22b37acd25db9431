"""A past commit in a folder of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.evaluate.snapshot import Moved, Snapshot, discard, is_safe
from repo_sleeper.git import discover
from tests.conftest import GitRepo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work" / "tree"


def on_disk(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_snapshot_holds_a_commit_and_the_repository_is_as_before(
    repo: GitRepo, folder: Path
) -> None:
    first = repo.commit("Add", a__x_py="1\n", b_py="2\n")
    repo.commit("Change", b_py="3\n")

    moved = Snapshot(discover(repo.root), folder).move_to(first)

    assert on_disk(folder) == {"a/x.py": "1\n", "b.py": "2\n"}
    assert moved == Moved(written=("a/x.py", "b.py"), removed=())
    assert repo.git("status", "--porcelain") == ""


def test_only_what_differs_is_written(repo: GitRepo, folder: Path) -> None:
    first = repo.commit("Add", a_py="1\n", b_py="2\n", c_py="4\n")
    (repo.root / "c.py").unlink()
    second = repo.commit("Change", b_py="3\n")
    snapshot = Snapshot(discover(repo.root), folder)
    snapshot.move_to(first)

    assert snapshot.move_to(second) == Moved(written=("b.py",), removed=("c.py",))
    assert on_disk(folder) == {"a.py": "1\n", "b.py": "3\n"}


def test_a_folder_that_becomes_a_file_and_back(repo: GitRepo, folder: Path) -> None:
    first = repo.commit("Add", a__x_py="1\n")
    repo.git("rm", "-rq", "a")
    repo.write("a", "now a file\n")
    second = repo.commit("Change")
    snapshot = Snapshot(discover(repo.root), folder)

    snapshot.move_to(first)
    snapshot.move_to(second)
    assert on_disk(folder) == {"a": "now a file\n"}
    snapshot.move_to(first)
    assert on_disk(folder) == {"a/x.py": "1\n"}


def test_links_are_left_out(repo: GitRepo, folder: Path) -> None:
    (repo.root / "link.py").symlink_to("/etc/passwd")
    commit = repo.commit("Add", a_py="1\n")

    snapshot = Snapshot(discover(repo.root), folder)
    snapshot.move_to(commit)

    assert list(snapshot.files) == ["a.py"]


@pytest.mark.parametrize("path", ["../a", "a/../b", "/a", "a//b", "./a", ".git/config", "a/.GIT/x"])
def test_names_that_lead_elsewhere_are_not_safe(path: str) -> None:
    assert not is_safe(path)


def test_a_snapshot_is_taken_up_again(repo: GitRepo, folder: Path) -> None:
    first = repo.commit("Add", a_py="1\n", b_py="2\n")
    second = repo.commit("Change", b_py="3\n")
    Snapshot(discover(repo.root), folder).move_to(first)
    again = Snapshot(discover(repo.root), folder)

    again.resume(first)

    assert again.text("b.py") == "2\n"
    assert again.move_to(second).written == ("b.py",)


def test_a_scan_tells_what_one_of_a_work_tree_would(repo: GitRepo, folder: Path) -> None:
    commit = repo.commit("Add", a_py="1\n", big_py="x" * 100)
    snapshot = Snapshot(discover(repo.root), folder)
    snapshot.move_to(commit)

    scan = snapshot.scan(max_bytes=50)

    assert list(scan.files) == ["a.py"]
    assert scan.files["a.py"].size == 2
    assert scan.skipped["big.py"] is SkipReason.TOO_LARGE


def test_a_content_that_is_lacking_is_a_file_that_is_not_there(repo: GitRepo, folder: Path) -> None:
    commit = repo.commit("Add", a_py="1\n", b_py="2\n")
    oid = repo.git("rev-parse", "HEAD:b.py").strip()
    (repo.root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    snapshot = Snapshot(discover(repo.root), folder)

    snapshot.move_to(commit)

    assert snapshot.text("b.py") == ""
    assert list(snapshot.scan(max_bytes=50).files) == ["a.py"]


def test_a_discarded_snapshot_is_gone(repo: GitRepo, folder: Path) -> None:
    Snapshot(discover(repo.root), folder).move_to(repo.commit("Add", a_py="1\n"))

    discard(folder)

    assert not folder.exists()
