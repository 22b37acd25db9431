from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from repo_sleeper.sleep.foresight import HORIZON, forecast

ELSEWHERE = [("unrelated.txt",)] * 120


def likeliest(found: Mapping[str, float]) -> list[str]:
    return sorted(found, key=lambda path: (-found[path], path))


def first(commits: Sequence[Sequence[str]], *paths: str) -> str:
    """Where most is expected among files of the same size."""
    return likeliest(forecast(commits, dict.fromkeys(paths, 100)))[0]


def test_files_edited_often_and_lately_are_expected_to_be_edited_again() -> None:
    commits = [("a.py",), ("a.py", "b.py"), ("c.py",), ("a.py",)]

    found = forecast(commits, dict.fromkeys(["a.py", "b.py", "c.py", "d.py"], 100))

    assert likeliest(found)[:2] == ["a.py", "b.py"]
    assert found["d.py"] == min(found.values())


def test_what_is_expected_adds_up_to_what_commits_usually_change() -> None:
    commits = [("a.py", "b.py")] * 30

    found = forecast(commits, {"a.py": 1, "b.py": 1, "c.py": 1})

    assert sum(found.values()) == pytest.approx(2 * HORIZON)


@pytest.mark.parametrize(
    ("commits", "wanted", "other"),
    [
        pytest.param([("x/old.py",)], "x/new.py", "y/new.py", id="in a folder at work"),
        pytest.param([("x/old.py",)], "y/new.py", "y/new.md", id="of a kind that changes"),
        pytest.param(
            [("w.py",), *ELSEWHERE, ("o.py",)], "w.py", "o.py", id="changed lately, not long ago"
        ),
        pytest.param(
            [("w.py", "o.py"), *ELSEWHERE, ("o.py",)], "w.py", "o.py", id="new in the repository"
        ),
        pytest.param([("z.md",)], "new.py", "deep/in/new.py", id="near the root"),
    ],
)
def test_more_is_expected_of_a_file(
    commits: Sequence[Sequence[str]], wanted: str, other: str
) -> None:
    assert first(commits, wanted, other) == wanted
    assert first(commits, other, wanted) == wanted


def test_more_is_expected_of_a_larger_file() -> None:
    found = forecast([("b.py",)], {"large.py": 9_000, "small.py": 90})

    assert found["large.py"] > found["small.py"]


def test_a_sweep_over_everything_says_nothing_about_any_file() -> None:
    sweep = tuple(f"f{number}.py" for number in range(60))

    assert first([sweep, ("f1.py",)], *sweep) == "f1.py"


def test_without_history_nothing_is_expected() -> None:
    found = forecast([], {"b": 1, "a": 1})

    assert found == {"a": 0.0, "b": 0.0}
    assert forecast([("a",)], {}) == {}
