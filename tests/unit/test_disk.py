from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from repo_sleeper.daemon import disk
from repo_sleeper.errors import DiskFullError, SetupError
from repo_sleeper.store.database import Database


class OperationalError(Exception):
    """As SQLite raises it."""

    def __init__(self, code: int) -> None:
        super().__init__("disk I/O error")
        self.sqlite_errorcode = code


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_system_says_that_there_is_no_space(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(DiskFullError, match="the disk is full") as caught,
        disk.told_if_full(tmp_path),
    ):
        raise OSError(number, os.strerror(number))
    assert "free some space" in caught.value.hint


def test_a_full_database_is_a_full_disk(tmp_path: Path, db: Database) -> None:
    db.execute(f"pragma max_page_count = {db.value('pragma page_count')}")

    with pytest.raises(DiskFullError), disk.told_if_full(tmp_path):
        db.set_meta("much", "x" * 1_000_000)


def test_an_error_of_ours_that_hides_a_full_disk_is_seen_through(tmp_path: Path) -> None:
    ours = SetupError("it cannot be written")
    ours.__cause__ = OSError(errno.ENOSPC, "No space left on device")

    full = disk.full_disk(ours, tmp_path)

    assert full is not None
    assert disk.full_disk(full, tmp_path) is full


@pytest.mark.parametrize("code", [10, 14, 4874])
def test_a_vague_error_means_a_full_disk_only_where_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    error = OperationalError(code)
    assert disk.full_disk(error, tmp_path) is None
    assert disk.full_disk(error, tmp_path / "absent") is None

    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=3, f_frsize=4096))
    assert disk.full_disk(error, tmp_path) is not None


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk.told_if_full(tmp_path):
        raise PermissionError(errno.EACCES, "no")
    assert disk.full_disk(OperationalError(11), tmp_path) is None
