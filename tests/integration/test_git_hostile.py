"""A repository made by an enemy: nothing it names is run, written or followed."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.errors import GitError
from tests.conftest import GitRepo

Trap = Callable[[GitRepo, Path], None]


def fsmonitor(repo: GitRepo, program: Path) -> None:
    repo.git("config", "core.fsmonitor", str(program))


def hooks(repo: GitRepo, program: Path) -> None:
    for name in ("post-index-change", "post-checkout", "reference-transaction", "pre-commit"):
        (repo.root / ".git" / "hooks" / name).write_bytes(program.read_bytes())
        (repo.root / ".git" / "hooks" / name).chmod(0o755)


def external_diff(repo: GitRepo, program: Path) -> None:
    repo.git("config", "diff.external", str(program))
    repo.git("config", "diff.evil.command", str(program))
    repo.git("config", "diff.evil.textconv", str(program))
    repo.write(".gitattributes", "* diff=evil\n")


def filters(repo: GitRepo, program: Path) -> None:
    for key in ("clean", "smudge", "process"):
        repo.git("config", f"filter.evil.{key}", str(program))
    repo.git("config", "filter.evil.required", "true")
    repo.write(".gitattributes", "* filter=evil\n")


def programs(repo: GitRepo, program: Path) -> None:
    for key in ("core.pager", "pager.log", "core.editor", "core.sshCommand", "core.askPass"):
        repo.git("config", key, str(program))
    repo.git("config", "gpg.program", str(program))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "alias.log", f"!{program}")
    repo.git("config", "credential.helper", f"!{program}")


@pytest.mark.parametrize("trap", [fsmonitor, hooks, external_diff, filters, programs])
def test_no_program_that_the_repository_names_is_run(
    repo: GitRepo, tmp_path: Path, trap: Trap
) -> None:
    marker = tmp_path / "marker"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\necho ran >>{marker}\n")
    program.chmod(0o755)
    first = repo.commit("one", a_py="x = 1\n")
    repo.commit("two", a_py="x = 2\n")
    trap(repo, program)
    repo.write("a.py", "x = 3\n")

    ask_everything(git.discover(repo.root), first)

    assert not marker.exists()


def ask_everything(found: git.Repository, first: str) -> None:
    newest = git.head(found)
    assert git.branch(found) == "main"
    assert git.tracked(found)
    git.listing(found)
    assert list(git.commits(found, limit=100))
    assert git.changed_paths(found, first, newest) in ([], ["a.py"])
    assert git.is_ancestor(found, first, newest)
    git.config_value(found, "core.hooksPath")
    git.operation_in_progress(found)


def test_a_work_tree_set_elsewhere_is_not_looked_at(repo: GitRepo, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "id_rsa").write_text("secret\n")
    repo.git("config", "core.worktree", str(secret))
    repo.write("mine.py", "x = 1\n")

    found = git.discover(repo.root)

    assert found.root == repo.root
    assert git.listing(found).untracked == ["mine.py"]


def test_a_ref_called_like_an_option_writes_no_file(repo: GitRepo) -> None:
    first = repo.commit("one", a_py="x = 1\n")
    (repo.root / ".git" / "refs" / "heads" / "--output=pwned").write_text(f"{first}\n")
    (repo.root / ".git" / "HEAD").write_text("ref: refs/heads/--output=pwned\n")
    found = git.discover(repo.root)

    assert git.head(found) == first
    assert git.branch(found) == "--output=pwned"
    assert len(list(git.commits(found, limit=9))) == 1
    assert not (repo.root / "pwned").exists()


def test_an_ignore_file_that_never_ends_is_an_error_within_the_limit(repo: GitRepo) -> None:
    repo.commit("one", a_py="x = 1\n")
    os.mkfifo(repo.root / ".gitignore")
    found = git.discover(repo.root)._replace(limit_s=0.3)

    with pytest.raises(GitError, match="did not answer"):
        git.listing(found)

    assert git.tracked(found)


def test_a_configuration_that_never_ends_is_an_error_within_the_limit(repo: GitRepo) -> None:
    repo.commit("one", a_py="x = 1\n")
    os.mkfifo(repo.root / "pipe")
    repo.git("config", "include.path", str(repo.root / "pipe"))
    found = git.discover(repo.root)._replace(limit_s=0.3)

    with pytest.raises(GitError, match="did not answer"):
        git.head(found)


def test_a_missing_content_is_not_fetched(repo: GitRepo, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    body = "".join(f"line {number}\n" for number in range(30))
    repo.commit("one", a_py=body)
    repo.git("mv", "a.py", "b.py")
    repo.commit("two", b_py=f"{body}more\n")
    gone = repo.git("rev-parse", "HEAD~1:a.py").strip()
    (repo.root / ".git" / "objects" / gone[:2] / gone[2:]).unlink()
    repo.git("config", "remote.origin.url", f"ext::sh -c 'echo ran >{marker}'")
    repo.git("config", "remote.origin.promisor", "true")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "protocol.ext.allow", "always")

    told = list(git.commits(git.discover(repo.root), limit=9))

    assert [commit.subject for commit in told] == ["two", "one"]
    assert not marker.exists()


def test_variables_of_a_hook_do_not_lead_to_another_repository(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GitRepo(tmp_path / "other")
    other.commit("other", z_py="z\n")
    first = repo.commit("one", a_py="x = 1\n")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))

    found = git.discover(repo.root)

    assert git.head(found) == first
    assert [file.path for file in git.tracked(found)] == ["a.py"]


def test_a_person_s_commits_never_fail_while_we_read(repo: GitRepo) -> None:
    first = repo.commit("first", a_py="0\n")
    found = git.discover(repo.root)
    stop = threading.Event()
    reader = threading.Thread(target=_read_on, args=(found, first, stop))
    reader.start()
    try:
        failures = sum(_commit(repo, number) for number in range(40))
    finally:
        stop.set()
        reader.join()

    assert failures == 0


def _read_on(found: git.Repository, first: str, stop: threading.Event) -> None:
    while not stop.is_set():
        ask_everything(found, first)


def _commit(repo: GitRepo, number: int) -> int:
    repo.write("a.py", f"{number + 1}\n")
    done = subprocess.run(
        ["git", "commit", "--quiet", "--all", "--message", str(number)],
        cwd=repo.root,
        check=False,
        capture_output=True,
    )
    return int(done.returncode != 0)
