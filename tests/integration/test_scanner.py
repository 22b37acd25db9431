"""The work tree as it is on disk, whatever git and people do to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.domain.paths import path_from_bytes
from repo_sleeper.domain.tree import Scan, SkipReason
from repo_sleeper.errors import GitError, NotFoundError
from repo_sleeper.git import Repository
from repo_sleeper.watch import scanner
from tests.conftest import GitRepo


def scan(repo: GitRepo) -> Scan:
    return scanner.scan(git.discover(repo.root), max_bytes=1_000_000)


def test_tracked_and_new_files_are_listed_and_ignored_ones_are_not(repo: GitRepo) -> None:
    repo.commit("start", a_py="x = 1\n")
    repo.write(".gitignore", "*.log\n")
    repo.write("new.py", "")
    repo.write("run.log", "")

    found = scan(repo)

    assert sorted(found.files) == [".gitignore", "a.py", "new.py"]
    assert found.complete
    assert found.files["a.py"].size == 6


def test_a_deleted_file_is_not_there_even_while_git_tracks_it(repo: GitRepo) -> None:
    repo.commit("start", a_py="", b__c_py="")
    (repo.root / "a.py").unlink()
    (repo.root / "b/c.py").unlink()
    (repo.root / "b").rmdir()
    repo.write("b", "now a file")

    found = scan(repo)

    assert (sorted(found.files), found.skipped) == (["b"], {})


def test_links_are_never_followed(repo: GitRepo, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.py").write_text("x")
    repo.write("real/a.py", "")
    (repo.root / "link.py").symlink_to("real/a.py")
    (repo.root / "loop").symlink_to(".")
    (repo.root / "away").symlink_to(tmp_path / "outside")

    found = scan(repo)

    assert sorted(found.files) == ["real/a.py"]
    assert found.skipped == dict.fromkeys(("away", "link.py", "loop"), SkipReason.SYMLINK)


def test_a_folder_that_became_a_link_hides_what_git_lists_in_it(
    repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("start", lib__a_py="")
    (repo.root / "lib").rename(tmp_path / "lib")
    (repo.root / "lib").symlink_to(tmp_path / "lib")

    assert "lib/a.py" not in scan(repo).files


def test_what_is_no_regular_file_is_skipped(repo: GitRepo) -> None:
    repo.commit("start", trap_py="")
    (repo.root / "trap.py").unlink()
    os.mkfifo(repo.root / "trap.py")

    assert scan(repo).skipped == {"trap.py": SkipReason.NOT_REGULAR}


def test_other_repositories_inside_are_not_entered(repo: GitRepo, tmp_path: Path) -> None:
    other = GitRepo(tmp_path / "other")
    other.commit("start", b_py="")
    repo.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "sub"
    )
    GitRepo(repo.root / "nested").write("c.py", "")

    found = scan(repo)

    assert sorted(found.files) == [".gitmodules"]
    assert found.skipped == {"sub": SkipReason.SUBMODULE}


def test_what_a_sparse_checkout_leaves_out_is_absent_not_deleted(repo: GitRepo) -> None:
    repo.commit("start", a__x_py="", b__y_py="")
    repo.git("sparse-checkout", "set", "a")

    found = scan(repo)

    assert sorted(found.files) == ["a/x.py"]
    assert found.absent == {"b/y.py"}


def test_names_that_are_not_text_are_files_like_others(repo: GitRepo) -> None:
    name = b"bad\xff.py"
    (Path(os.fsdecode(os.fsencode(repo.root) + b"/" + name))).write_text("x = 1\n")
    repo.write("näme 'x'\n.py", "")

    assert sorted(scan(repo).files) == sorted([path_from_bytes(name), "näme 'x'\n.py"])


def test_a_folder_that_may_not_be_read_is_told(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("start", a_py="")
    real = os.lstat

    def refuse(path: str | bytes) -> os.stat_result:
        if os.fsencode(path).endswith(b"a.py"):
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr(os, "lstat", refuse)  # root may read anything: no real refusal
    assert scan(repo).skipped == {"a.py": SkipReason.UNREADABLE}


def test_what_lies_deeper_in_a_folder_that_may_not_be_entered_is_told_too(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("start", closed__deep__deeper__a_py="", b_py="")
    real = os.lstat

    def refuse(path: str | bytes) -> os.stat_result:
        if b"/closed/" in os.fsencode(path):
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr(os, "lstat", refuse)  # root may enter anything: no real refusal
    found = scan(repo)
    assert list(found.files) == ["b.py"]
    assert found.skipped == {"closed/deep/deeper/a.py": SkipReason.UNREADABLE}


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Repository) -> git.Listing:
        raise GitError("git ls-files failed")

    monkeypatch.setattr(git, "begun_listing", fail)


@pytest.mark.usefixtures("mute")
def test_without_git_the_folders_are_walked_and_the_scan_is_incomplete(
    repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("start", a_py="", lib__b_py="")
    repo.write("node_modules/x/index.js", "")
    GitRepo(repo.root / "nested").write("c.py", "")
    (repo.root / "away").symlink_to(tmp_path)

    found = scan(repo)

    assert sorted(found.files) == ["a.py", "lib/b.py"]
    assert found.skipped == {"away": SkipReason.SYMLINK}, "nothing else was entered"
    assert not found.complete


@pytest.mark.usefixtures("mute")
def test_a_folder_that_vanishes_during_the_walk_is_passed_over(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("start", a_py="", lib__b_py="")
    real = os.scandir

    def gone(path: bytes) -> object:
        if path.endswith(b"lib/"):
            raise FileNotFoundError(2, "gone")
        return real(path)

    monkeypatch.setattr(os, "scandir", gone)
    assert sorted(scan(repo).files) == ["a.py"]


def test_what_is_expected_is_looked_at_early_and_listed_only_if_git_lists_it(
    repo: GitRepo,
) -> None:
    repo.commit("start", a_py="", lib__b_py="", _gitignore="out/\n")
    repo.write("out/c.py", "")
    expected = ["a.py", "out/c.py", "gone.py", "lib/b.py", "uv.lock"]

    found = scanner.scan(git.discover(repo.root), max_bytes=1_000_000, expected=expected)

    assert found == scan(repo)
    assert sorted(found.files) == [".gitignore", "a.py", "lib/b.py"]


def test_a_root_that_is_gone_is_an_error_and_not_an_empty_tree(repo: GitRepo) -> None:
    found = git.discover(repo.root)
    repo.root.rename(repo.root.with_name("moved"))

    with pytest.raises(NotFoundError, match="not there any more"):
        scanner.scan(found, max_bytes=1)


def test_a_folder_that_cannot_be_looked_at_hides_what_is_in_it(repo: GitRepo) -> None:
    repo.commit("start", lib__a_py="")
    (repo.root / "lib/a.py").unlink()
    (repo.root / "lib").rmdir()

    assert scan(repo).files == {}


# --- what the repository says of its files ------------------------------------------------------


def test_what_is_marked_as_generated_or_vendored_is_left_out_with_that_reason(
    repo: GitRepo,
) -> None:
    for path in ("api/client.py", "deps/a.py", "deps/ours/b.py", "caf\u00e9.py", "kept.py"):
        repo.write(path, "x = 1\n")
    repo.write(".gitattributes", "api/* linguist-generated\ncaf*.py linguist-generated=true\n")
    repo.write("deps/.gitattributes", "* linguist-vendored\nours/* -linguist-vendored\n")

    found = scan(repo)

    assert found.skipped == {
        "api/client.py": SkipReason.GENERATED,
        "caf\u00e9.py": SkipReason.GENERATED,
        "deps/.gitattributes": SkipReason.VENDORED,
        "deps/a.py": SkipReason.VENDORED,
    }
    assert sorted(found.files) == [".gitattributes", "deps/ours/b.py", "kept.py"]

    repo.write(".gitattributes", "api/* linguist-generated=false\n")
    assert scan(repo).files.keys() >= {"api/client.py", "caf\u00e9.py"}


def test_the_marks_of_one_person_count_and_links_do_not(repo: GitRepo, tmp_path: Path) -> None:
    repo.write("a.py", "")
    (tmp_path / "elsewhere").write_text("* linguist-generated\n")
    (repo.root / ".gitattributes").symlink_to(tmp_path / "elsewhere")
    assert sorted(scan(repo).files) == ["a.py"]

    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/attributes").write_text("a.py linguist-vendored\n")
    assert scan(repo).skipped["a.py"] is SkipReason.VENDORED


def test_git_is_asked_about_marks_only_where_there_are_some(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("a.py", "")
    repo.write(".gitattributes", "*.py text\n")
    monkeypatch.setattr(git, "attributed", lambda *_: pytest.fail("git was asked"))

    assert sorted(scan(repo).files) == [".gitattributes", "a.py"]


def test_a_change_of_any_known_file_is_seen_without_a_scan(repo: GitRepo) -> None:
    repo.commit("start", a_py="x = 1\n", b_py="y = 1\n")
    known = scan(repo).files
    just_now = {path: seen._replace(mtime_ns=-1) for path, seen in known.items()}

    assert not scanner.has_changed(repo.root, known)
    assert not scanner.has_changed(repo.root, just_now)

    repo.write("b.py", "y = 2\n")

    assert scanner.has_changed(repo.root, known)
    (repo.root / "b.py").unlink()
    assert scanner.has_changed(repo.root, known)
