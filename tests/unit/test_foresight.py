from __future__ import annotations

import pytest

from repo_sleeper.sleep.foresight import HORIZON, forecast, likeliest


def test_files_edited_often_and_lately_are_expected_to_be_edited_again() -> None:
    commits = [("a.py",), ("a.py", "b.py"), ("c.py",), ("a.py",)]

    found = forecast(commits, ["a.py", "b.py", "c.py", "d.py"])

    assert likeliest(found, count=2) == ["a.py", "b.py"]
    assert found["d.py"].expected == min(one.expected for one in found.values())


def test_what_is_expected_adds_up_to_what_commits_usually_change() -> None:
    commits = [("a.py", "b.py")] * 30

    found = forecast(commits, ["a.py", "b.py", "c.py"])

    assert sum(one.expected for one in found.values()) == pytest.approx(2 * HORIZON)


def test_every_forecast_is_the_product_of_its_factors_but_for_scale() -> None:
    found = forecast([("x/a.py",), ("y/b.py",)], ["x/a.py", "x/new.py", "y/b.py"])

    assert set(found["x/a.py"].factors) == {
        "edits10",
        "edits100",
        "edits400",
        "recent",
        "folder",
        "suffix",
        "young",
    }
    assert found["x/new.py"].factors["edits10"] == 1.0
    assert found["x/new.py"].factors["folder"] > 1.0


def test_a_sweep_over_everything_says_nothing_about_any_file() -> None:
    sweep = tuple(f"f{number}.py" for number in range(60))

    found = forecast([sweep, ("f1.py",)], sweep)

    assert likeliest(found, count=1) == ["f1.py"]


def test_without_history_all_files_are_alike() -> None:
    found = forecast([], ["b", "a"])

    assert [one.expected for one in found.values()] == [0.0, 0.0]
    assert likeliest(found, count=1) == ["a"]
    assert forecast([("a",)], []) == {}
