from __future__ import annotations

import os
from pathlib import Path

import pytest

from repo_sleeper.daemon import machine


def _supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file).write_text(f"{text}\n")


def test_a_machine_without_supplies_says_nothing_about_its_battery(tmp_path: Path) -> None:
    assert machine.on_battery(tmp_path / "absent") is None
    _supply(tmp_path, "AC", type="Mains", online="1")
    assert machine.on_battery(tmp_path) is None


@pytest.mark.parametrize(
    ("status", "expected"), [("Discharging", True), ("Charging", False), ("Full", False)]
)
def test_a_battery_that_empties_is_in_use(tmp_path: Path, status: str, *, expected: bool) -> None:
    _supply(tmp_path, "BAT0", type="Battery", status=status)
    assert machine.on_battery(tmp_path) is expected


def test_the_battery_of_a_mouse_does_not_count(tmp_path: Path) -> None:
    _supply(tmp_path, "mouse", type="Battery", status="Discharging", scope="Device")
    assert machine.on_battery(tmp_path) is None


def test_a_supply_that_cannot_be_read_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    assert machine.on_battery(tmp_path) is None


def test_load_is_per_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (3.0, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert machine.load_per_core() == 0.75


def test_a_load_that_cannot_be_told_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> tuple[float, float, float]:
        raise OSError

    monkeypatch.setattr(os, "getloadavg", fail)
    assert machine.load_per_core() == 0.0


def test_a_disk_that_cannot_be_asked_has_no_room(tmp_path: Path) -> None:
    assert machine.free_bytes(tmp_path) > 0
    assert machine.free_bytes(tmp_path / "absent") == 0


def test_a_process_has_some_memory() -> None:
    assert machine.memory_mb() > 1


def test_the_newest_input_of_the_person_s_own_terminals_counts(tmp_path: Path) -> None:
    assert machine.last_typed(tmp_path) is None
    (tmp_path / "pts").mkdir()
    for name, at in (("pts/0", 100.0), ("pts/1", 300.0), ("tty1", 200.0), ("pts/ptmx", 900.0)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (at, at))

    assert machine.last_typed(tmp_path) == 300.0
    assert machine.last_typed(tmp_path, user=os.getuid() + 1) is None
