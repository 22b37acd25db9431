"""Busy files that no test seems to reach, and those of which that cannot be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from repo_sleeper.domain.notes import Note
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.untested import untested as found_untested


def files(*paths: str, language: str = "python") -> list[SourceFile]:
    return [SourceFile(path, language, 100) for path in paths]


TESTS = files(*(f"tests/test_{number}.py" for number in range(3)))


def told(
    listing: Sequence[SourceFile],
    recent: Sequence[Sequence[str]],
    *edges: tuple[str, str],
    plain: Sequence[str] = (),
    named: Sequence[str] = (),
    users: Mapping[str, Sequence[str]] | None = None,
) -> list[Note]:
    return found_untested(
        listing,
        [Edge(path, 0, target) for path, target in edges],
        named=named,
        churn={},
        recent=recent,
        mentioning=lambda path: (users or {}).get(path, []),
        is_plain=lambda path: path in plain,
    )


def untested(
    *edges: tuple[str, str], plain: Sequence[str] = (), **mentioned: list[str]
) -> list[str]:
    users = {f"{name}.py": tests for name, tests in mentioned.items()}
    notes = told(
        [*files("bare.py", "quiet.py"), *TESTS],
        [("bare.py",)] * 4 + [("quiet.py",)],
        *edges,
        plain=plain,
        users=users,
    )
    return [note.title for note in notes]


def test_a_busy_file_without_a_test_is_told() -> None:
    assert untested() == ["bare.py has no test of its own: 4 of the last 5 commits changed it"]


def test_a_file_whose_names_a_test_uses_is_not_called_untested() -> None:
    assert untested(bare=["tests/test_1.py"]) == []
    assert len(untested(bare=[])) == 1


def test_a_file_named_by_one_that_tests_reach_is_not_called_untested() -> None:
    assert untested(("tests/test_1.py", "quiet.py"), bare=["quiet.py"]) == []
    assert len(untested(bare=["quiet.py"])) == 1


def test_a_list_of_names_needs_no_test() -> None:
    assert untested(plain=["bare.py"]) == []


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("shop/__init__.py", "python"),
        ("scripts/release.py", "python"),
        ("src/cart.rs", "rust"),
        ("install.sh", "bash"),
        ("src/Cart.cs", "csharp"),
    ],
    ids=["a start", "a tool", "tests may be inside", "imports unknown", "methods without a name"],
)
def test_no_test_is_expected_of_some_files(path: str, language: str) -> None:
    titles = [
        note.title
        for one in (SourceFile(path, language, 100), SourceFile("bare.py", "python", 100))
        for note in told([*TESTS, one], [(one.path,)] * 4)
    ]

    assert titles == ["bare.py has no test of its own: 4 of the last 4 commits changed it"]


def test_without_tests_at_all_no_file_is_singled_out() -> None:
    assert told(files("bare.py"), [("bare.py",)] * 4) == []


def test_where_tests_are_data_no_import_tells_what_they_reach() -> None:
    busy = [("bare.py",)] * 4
    data = [SourceFile(f"tests/{number}.test", "text", 9) for number in range(4)]

    assert len(told([*files("bare.py"), *TESTS, *data[:3]], busy)) == 1
    assert told([*files("bare.py"), *TESTS, *data], busy) == []


def test_tests_of_others_code_are_none_of_ours() -> None:
    theirs = files(*(f"deps/zip/test/test_{number}.c" for number in range(3)), language="c")

    assert told([*files("bare.py"), *theirs], [("bare.py",)] * 4) == []


def test_a_file_that_a_test_in_an_unknown_language_is_called_after_is_not_untested() -> None:
    test = SourceFile("tests/unit/bare.tcl", "text", 9)

    assert told([*files("bare.py"), *TESTS, test], [("bare.py",)] * 4) == []


@pytest.mark.parametrize("test", ["tests/cart.test", "src/__snapshots__/a.js.snap", "test_1.py"])
def test_a_file_that_tests_came_with_is_not_called_untested(test: str) -> None:
    listing = [*files("bare.py"), *TESTS]

    (note,) = told(listing, [("bare.py", test), *[("bare.py",)] * 4])

    assert "and 1 of its changes came with a changed test" in note.body
    assert told(listing, [("bare.py", test), *[("bare.py",)] * 3]) == []


def test_a_test_in_a_wide_commit_came_with_nothing() -> None:
    wide = ["bare.py", "test_1.py", *(f"{number}.py" for number in range(9))]

    (note,) = told([*files("bare.py"), *TESTS], [wide] * 4)

    assert "and none of its changes came with a changed test" in note.body


def test_who_includes_a_header_reaches_its_source() -> None:
    listing = files("include/cart.h", "src/cart.c", "src/bare.c", language="c")
    busy = [("src/cart.c", "src/bare.c")] * 4
    include = ("tests/test_0.py", "include/cart.h")

    def paths(*edges: tuple[str, str]) -> list[str]:
        return [note.subject for note in told([*listing, *TESTS], busy, *edges)]

    assert paths() == ["src/bare.c", "src/cart.c"]
    assert paths(include) == ["src/bare.c"]
    assert paths(include, ("src/cart.c", "src/bare.c")) == []


def test_a_header_and_its_source_are_tested_together() -> None:
    listing = files("include/cart.h", "src/cart.c", "src/till.c", language="c")
    busy = [("src/cart.c", "src/till.c")] * 4

    def paths(*more: Sequence[str], named: Sequence[str] = ()) -> list[str]:
        return [one.subject for one in told([*listing, *TESTS], [*busy, *more], named=named)]

    assert paths() == ["src/cart.c", "src/till.c"]
    assert paths(named=["include/cart.h"]) == ["src/till.c"]
    assert paths(("include/cart.h", "tests/cart.test")) == ["src/till.c"]


def test_a_file_that_a_test_has_the_name_of_is_not_called_untested() -> None:
    assert told([*files("bare.py"), *TESTS], [("bare.py",)] * 4, named=["bare.py"]) == []


def test_a_file_that_tests_reach_through_another_is_not_called_untested() -> None:
    through = ("tests/test_1.py", "quiet.py"), ("quiet.py", "bare.py")

    assert untested(*through) == []
    assert len(untested(("tests/test_1.py", "quiet.py"))) == 1
    assert len(untested(("quiet.py", "bare.py"))) == 1
