"""Results that outlive an interruption."""

from __future__ import annotations

import stat
from pathlib import Path

from repo_sleeper.evaluate.saved import Shelf, code_version, fingerprint


def test_what_was_put_is_there_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "new" / "scores.jsonl"
    Shelf(file).put("a", {"x": 1})
    Shelf(file).put("b", {"y": [2]})

    shelf = Shelf(file)

    assert "a" in shelf
    assert shelf["b"] == {"y": [2]}
    assert "c" not in shelf


def test_only_the_owner_can_read_results(tmp_path: Path) -> None:
    Shelf(tmp_path / "scores.jsonl").put("a", {})

    assert stat.S_IMODE((tmp_path / "scores.jsonl").stat().st_mode) == 0o600


def test_a_line_cut_short_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "scores.jsonl"
    Shelf(file).put("a", {"x": 1})
    file.write_text(file.read_text() + '\n["b", {"y"')

    shelf = Shelf(file)
    shelf.put("c", {"z": 3})

    again = Shelf(file)
    assert ("a" in again, "b" in again, "c" in again) == (True, False, True)


def test_lines_of_another_shape_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "scores.jsonl"
    file.write_text('1\n["only"]\n{"a": 1}\n[["no"], {}]\n["a", {"x": 1}]\n')

    assert Shelf(file)["a"] == {"x": 1}


def test_a_fingerprint_tells_values_apart() -> None:
    assert fingerprint("a", 1) == fingerprint("a", 1)
    assert fingerprint("a", 1) != fingerprint("a", 2)


def test_the_version_of_code_is_that_of_the_named_parts() -> None:
    assert code_version("words", "evaluate") == code_version("evaluate", "words")
    assert code_version("words") != code_version("evaluate")
