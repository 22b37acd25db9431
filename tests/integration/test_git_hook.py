"""The post-commit hook, run by real commits and taken out again to the byte."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.integrations import git_hook
from tests.conftest import GitRepo

OLD = (2, 39, 5)
NEW = (2, 54, 0)


def hook_of(repo: GitRepo) -> Path:
    return repo.root / ".git" / "hooks" / "post-commit"


def install(repo: GitRepo, *, version: tuple[int, int, int] = OLD) -> str:
    found = git.discover(repo.root)
    spool = found.state_dir / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    return git_hook.install(found, spool=spool, version=version)


def remove(repo: GitRepo) -> str:
    return git_hook.remove(git.discover(repo.root))


def state(repo: GitRepo) -> str:
    return git_hook.state(git.discover(repo.root))


def told(repo: GitRepo) -> list[str]:
    file = git.discover(repo.root).state_dir / "spool" / "commits"
    return os.fsdecode(file.read_bytes()).splitlines() if file.exists() else []


def commit(repo: GitRepo, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    """A commit as a graphical program makes one: hardly any PATH."""
    return subprocess.run(
        ["git", "commit", "--quiet", "--allow-empty", "--message", "x"],
        cwd=repo.root,
        env={"PATH": path, "HOME": os.environ["HOME"], **_git_environment()},
        check=True,
        capture_output=True,
        text=True,
    )


def _git_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("GIT_")}


def write_hook(repo: GitRepo, content: bytes, *, mode: int = 0o755) -> Path:
    file = hook_of(repo)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)
    return file


# --- a repository without a hook --------------------------------------------------------------


def test_a_commit_leaves_word_and_says_nothing(repo: GitRepo) -> None:
    assert state(repo) == "not installed"
    assert install(repo).startswith("installed ")
    assert state(repo).startswith("installed in ")

    done = commit(repo)

    assert told(repo) == [str(repo.root)]
    assert (done.stdout, done.stderr) == ("", "")


def test_installing_twice_changes_nothing(repo: GitRepo) -> None:
    install(repo)
    before = hook_of(repo).read_bytes()

    assert "already" in install(repo)
    assert hook_of(repo).read_bytes() == before


def test_removing_leaves_nothing(repo: GitRepo) -> None:
    install(repo)

    assert "removed" in remove(repo)
    assert not hook_of(repo).exists()
    assert "no hook of ours" in remove(repo)
    assert state(repo) == "not installed"


def test_a_missing_spool_is_no_error(repo: GitRepo) -> None:
    install(repo)
    (repo.root / ".git" / "sleeper" / "spool").rmdir()

    done = commit(repo)

    assert (done.stdout, done.stderr) == ("", "")


def test_no_program_is_looked_up(repo: GitRepo) -> None:
    install(repo)
    done = subprocess.run(
        ["/bin/sh", str(hook_of(repo))],
        cwd=repo.root,
        env={"PATH": ""},
        check=True,
        capture_output=True,
    )

    assert (done.stdout, done.stderr) == (b"", b"")
    assert told(repo) == [str(repo.root)]


@pytest.mark.parametrize("name", ["a b", "it's", 'say "hi"', "späße", "$(id)", "`x`", "new\nline"])
def test_any_folder_name_can_be_quoted(tmp_path: Path, name: str) -> None:
    repo = GitRepo(tmp_path / name)
    install(repo)

    commit(repo)

    assert "\n".join(told(repo)) == str(repo.root)


def test_every_work_tree_tells_its_own_name(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("one", a_py="1\n")
    install(repo)
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = GitRepo.__new__(GitRepo)
    linked.root = tmp_path / "linked"

    commit(linked)
    commit(repo)

    assert told(repo) == [str(linked.root), str(repo.root)]
    assert state(linked) == state(repo)


@pytest.mark.parametrize("version", [OLD, NEW])
def test_the_hook_of_a_repository_that_was_moved_is_seen_and_renewed(
    repo: GitRepo, version: tuple[int, int, int]
) -> None:
    install(repo, version=version)
    repo.root = repo.root.rename(repo.root.with_name("moved"))
    assert "another place; `sleeper init` renews it" in state(repo)

    install(repo, version=version)
    assert state(repo).startswith("installed in ")


def test_a_hook_made_unusable_is_seen_and_renewed(repo: GitRepo) -> None:
    install(repo)
    hook_of(repo).chmod(0o644)
    assert "not executable" in state(repo)

    assert "renewed" in install(repo)
    assert state(repo).startswith("installed in ")


def test_a_spool_that_moved_is_followed(repo: GitRepo, tmp_path: Path) -> None:
    install(repo)
    (tmp_path / "new").mkdir()

    said = git_hook.install(git.discover(repo.root), spool=tmp_path / "new", version=OLD)
    commit(repo)

    assert "renewed" in said
    assert (tmp_path / "new" / "commits").read_text() == f"{repo.root}\n"
    assert told(repo) == []


# --- a repository with a hook of its own ------------------------------------------------------

SHELLS = [
    pytest.param(b"#!/bin/sh\necho mine >ran\n", id="sh"),
    pytest.param(b"#!/bin/bash -e\necho mine >ran\nexit 0\n", id="one that ends in exit"),
    pytest.param(b"#!/usr/bin/env bash\nexec sh -c 'echo mine >ran'\n", id="one that ends in exec"),
    pytest.param(b"#!/bin/sh\necho mine >ran", id="no line break at the end"),
    pytest.param(b"#!/bin/sh\n# caf\xe9\necho mine >ran\n", id="not in UTF-8"),
]


@pytest.mark.parametrize("content", SHELLS)
def test_a_shell_hook_gets_our_lines_and_gives_them_back(repo: GitRepo, content: bytes) -> None:
    file = write_hook(repo, content)

    assert "added to your" in install(repo)
    commit(repo)
    assert told(repo) == [str(repo.root)]
    assert (repo.root / "ran").read_text() == "mine\n"

    assert "took our lines out" in remove(repo)
    assert file.read_bytes() == content
    assert file.stat().st_mode & 0o777 == 0o755


OTHERS = [
    pytest.param(b"#!/usr/bin/env python3\nopen('ran', 'w').write('mine\\n')\n", id="python"),
    pytest.param(b"echo mine >ran\n", id="no first line that says how to run it"),
    pytest.param(b"#!/bin/sh\n", id="a shell hook that does nothing"),
    pytest.param(b"\x7fELF\x00\x01 not really", id="a binary"),
    pytest.param(b"#!/bin/sh\r\necho mine\r\n", id="line endings of another system"),
    pytest.param(b"", id="an empty file"),
]


@pytest.mark.parametrize("content", OTHERS)
def test_any_other_hook_is_moved_aside_and_still_run(repo: GitRepo, content: bytes) -> None:
    file = write_hook(repo, content)

    assert "goes on to your own" in install(repo)
    commit(repo)
    assert told(repo) == [str(repo.root)]
    assert (repo.root / "ran").exists() == (b">ran" in content or b"open" in content)
    assert "already" in install(repo)

    assert "put yours back" in remove(repo)
    assert file.read_bytes() == content
    assert [one.name for one in file.parent.glob("post-commit*") if "sample" not in one.name] == [
        "post-commit"
    ]


def test_a_hook_switched_off_stays_off(repo: GitRepo) -> None:
    file = write_hook(repo, b"#!/bin/sh\necho mine >ran\n", mode=0o644)

    install(repo)
    commit(repo)
    assert told(repo) == [str(repo.root)]
    assert not (repo.root / "ran").exists()

    remove(repo)
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("target", ["../../own-hook", "nowhere"])
def test_a_hook_that_is_a_link_is_kept_as_a_link(repo: GitRepo, target: str) -> None:
    own = repo.write("own-hook", "#!/bin/sh\necho mine >ran\n")
    own.chmod(0o755)
    hook_of(repo).parent.mkdir(exist_ok=True)
    hook_of(repo).symlink_to(target)

    install(repo)
    commit(repo)
    assert told(repo) == [str(repo.root)]
    assert (repo.root / "ran").exists() == (target != "nowhere")
    assert own.read_text() == "#!/bin/sh\necho mine >ran\n"

    remove(repo)
    assert hook_of(repo).readlink() == Path(target)


def test_what_was_added_to_our_hook_stays(repo: GitRepo) -> None:
    install(repo)
    with hook_of(repo).open("ab") as file:
        file.write(b"echo theirs\n")

    assert "the rest of it is yours" in remove(repo)
    assert hook_of(repo).read_bytes() == b"#!/bin/sh\necho theirs\n"


def test_lines_of_ours_without_an_end_are_left_to_a_person(repo: GitRepo) -> None:
    file = write_hook(repo, b"#!/bin/sh\n# >>> sleeper >>>\necho theirs\n")

    assert "have lost their end" in install(repo)
    assert file.read_bytes() == b"#!/bin/sh\n# >>> sleeper >>>\necho theirs\n"


def test_a_name_already_taken_is_not_overwritten(repo: GitRepo) -> None:
    write_hook(repo, b"\x00")
    hook_of(repo).with_name("post-commit.sleeper-prev").write_bytes(b"precious")

    assert "in the way" in install(repo)
    assert hook_of(repo).with_name("post-commit.sleeper-prev").read_bytes() == b"precious"


def test_a_hook_that_cannot_be_written_is_no_error(repo: GitRepo) -> None:
    hooks = hook_of(repo).parent
    for file in hooks.glob("*"):
        file.unlink()
    hooks.rmdir()
    hooks.write_text("not a folder")

    assert "all the same" in install(repo)


# --- hooks that are kept elsewhere ------------------------------------------------------------


@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_hooks_of_a_tool_or_of_the_person_are_not_edited(
    repo: GitRepo, tmp_path: Path, scope: str
) -> None:
    elsewhere = tmp_path / "shared"
    elsewhere.mkdir()
    repo.git("config", scope, "core.hooksPath", str(elsewhere))

    said = install(repo)

    assert f"core.hooksPath is {elsewhere}" in said
    assert list(elsewhere.iterdir()) == []
    assert "not installed" in state(repo)
    assert "if you added our line" in remove(repo)


def test_the_line_to_add_by_hand_works(repo: GitRepo) -> None:
    repo.git("config", "core.hooksPath", ".husky")
    said = install(repo)

    hook = repo.write(".husky/post-commit", f"#!/bin/sh\n{said.partition('post-commit: ')[2]}\n")
    hook.chmod(0o755)
    commit(repo)

    assert told(repo) == [str(repo.root)]


def test_a_hooks_folder_within_git_s_own_is_fine(repo: GitRepo) -> None:
    repo.git("config", "core.hooksPath", ".git/mine")

    install(repo)
    commit(repo)

    assert told(repo) == [str(repo.root)]
    assert (repo.root / ".git" / "mine" / "post-commit").exists()


# --- hooks in the configuration ---------------------------------------------------------------


def test_a_newer_git_is_told_in_its_configuration(repo: GitRepo) -> None:
    before = (repo.root / ".git" / "config").read_bytes()
    repo.git("config", "--global", "core.hooksPath", "/elsewhere")

    assert "configuration" in install(repo, version=NEW)
    assert "already" in install(repo, version=NEW)
    assert repo.git("config", "--get-all", "hook.sleeper.event") == "post-commit\n"
    assert "configuration" in state(repo)
    assert not hook_of(repo).exists()

    command = repo.git("config", "hook.sleeper.command").rstrip("\n")
    subprocess.run(["/bin/sh", "-c", command], cwd=repo.root, check=True)
    assert told(repo) == [str(repo.root)]

    assert "took the post-commit hook out" in remove(repo)
    assert (repo.root / ".git" / "config").read_bytes() == before


def test_a_hook_from_before_git_was_upgraded_is_kept(repo: GitRepo) -> None:
    install(repo)

    assert "already" in install(repo, version=NEW)
    assert state(repo).startswith("installed in ")


def test_a_configuration_that_cannot_be_written_is_no_error(repo: GitRepo) -> None:
    (repo.root / ".git" / "config.lock").write_text("")

    assert "all the same" in install(repo, version=NEW)


def test_the_version_is_asked_for_when_nobody_says(repo: GitRepo) -> None:
    found = git.discover(repo.root)

    assert "post-commit" in git_hook.install(found, spool=found.state_dir / "spool")
