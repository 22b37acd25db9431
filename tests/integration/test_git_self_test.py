"""The hardening is tried on the git that is installed, and on gits that do not honour it."""

from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper import git


def fake_git(folder: Path, script: str) -> None:
    folder.mkdir()
    file = folder / "git"
    file.write_text(f'#!/bin/sh\ncd "$2" && shift 2\n{script}\n')  # as `git -C FOLDER` does
    file.chmod(0o755)


def test_the_installed_git_honours_the_hardening() -> None:
    assert git.self_test() == ""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo git version 2.20.1", "git 2.20.1 is too old: 2.32.0 is needed"),
        (
            'case "$*" in version) echo git version 2.45.0 ;; *sleeper.seen) echo true ;; esac',
            "git does not honour GIT_CONFIG_GLOBAL",
        ),
        (
            'case "$*" in version) echo git version 2.45.0 ;; *cat-file*) ./program ;; esac',
            "git started a program that a repository named",
        ),
        ("exit 3", "git version failed"),
    ],
)
def test_a_git_that_does_not_honour_it_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    fake_git(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    assert git.self_test().startswith(said)


def test_without_git_the_test_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert git.self_test() == "git was not found on the PATH"


def test_without_a_temporary_folder_the_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent/folder")

    assert git.self_test() == "the test needs a temporary folder: No such file or directory"
