"""A disk of three megabytes, filled to the brim: one line says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.terminal import SLEEPER, someone

SMALL_DISK = """
set -e
mount -t tmpfs -o size=3m none "$1"
cp -r "$2" "$1/repo"
cd "$1/repo"
fill() { dd if=/dev/zero of="$1/fill" bs=1k 2>"$1/dd" || true; }
"""
AFTER_AN_EDIT = """
"$3" init --yes --no-daemon 2>"$1/told"
echo 'def weigh(): ...' >basket.py
fill "$1"
exec "$3" {words}
"""
FULL = "error: the disk is full, so nothing more can be written\nhint:  free some space"


def _has_small_disks() -> bool:
    unshare = shutil.which("unshare")
    command = [str(unshare), "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return unshare is not None and not subprocess.run(command, check=False).returncode


def _on_small_disk(repo: GitRepo, place: Path, script: str) -> subprocess.CompletedProcess[str]:
    place.mkdir()
    repo.commit("first", shop_py="def total(): ...\n")
    return subprocess.run(
        ["unshare", "-Urm", "sh", "-c", SMALL_DISK + script, "sh", place, repo.root, SLEEPER],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.skipif(not _has_small_disks(), reason="no small disk can be mounted here")
@pytest.mark.parametrize("words", ["daemon start", "think --plan"])
def test_what_needs_space_says_that_there_is_none(
    repo: GitRepo, tmp_path: Path, words: str
) -> None:
    done = _on_small_disk(repo, tmp_path / "small", AFTER_AN_EDIT.format(words=words))

    assert done.returncode == 1
    assert FULL in done.stderr


@pytest.mark.skipif(not _has_small_disks(), reason="no small disk can be mounted here")
@pytest.mark.parametrize("words", ["ask --context total", "notes list --all", "map", "bugs"])
def test_what_is_known_can_be_read_without_space(repo: GitRepo, tmp_path: Path, words: str) -> None:
    done = _on_small_disk(repo, tmp_path / "small", AFTER_AN_EDIT.format(words=words))

    assert "the index could not be brought up to date (the disk is full, so" in done.stderr
    assert "may lag since" in done.stderr or "there are no notes yet" in done.stderr
    assert "error: the disk" not in done.stderr
    assert done.returncode in {0, 3}


@pytest.mark.skipif(not _has_small_disks(), reason="no small disk can be mounted here")
@pytest.mark.parametrize(
    ("words", "code"), [("ask --context total", 0), ("map", 0), ("think --plan", 1)]
)
def test_a_daemon_without_space_is_not_called_busy(
    repo: GitRepo, tmp_path: Path, words: str, code: int
) -> None:
    script = f"""
    "$3" init --yes 2>"$1/told"
    fill "$1"
    mv shop.py basket.py
    code=0
    "$3" {words} || code=$?
    rm "$1/fill"
    "$3" daemon stop
    exit $code
    """

    done = _on_small_disk(repo, tmp_path / "small", script)

    assert "the daemon could not reconcile: the disk is full" in done.stderr
    assert "busy" not in done.stderr
    assert done.returncode == code


@pytest.mark.skipif(not _has_small_disks(), reason="no small disk can be mounted here")
def test_a_set_up_without_space_says_so(repo: GitRepo, tmp_path: Path) -> None:
    done = _on_small_disk(repo, tmp_path / "small", 'fill "$1"; exec "$3" init --yes')

    assert done.returncode == 1
    assert FULL in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no /dev/full")
@pytest.mark.parametrize("words", ["--version", "status", "map", "ask --context total"])
def test_output_that_cannot_be_written_is_no_mistake_of_ours(
    repo: GitRepo, private_home: Path, words: str
) -> None:
    with someone(repo, private_home) as person, Path("/dev/full").open("w") as full:
        assert person.types("init", "--yes", "--no-daemon").code == 0
        done = subprocess.run(
            [SLEEPER, *words.split()],
            cwd=repo.root,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert FULL in done.stderr
    assert done.returncode == 1
    assert "Exception" not in done.stderr
