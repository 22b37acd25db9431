"""Tests and the files they belong to, by name and by import."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.test_map import test_map as mapped
from repo_sleeper.survey.test_map import tests_of as found_tests


def files(*paths: str) -> list[SourceFile]:
    return [SourceFile(path, "python", 100) for path in paths]


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("shop/cart.py", "tests/test_cart.py"),
        ("shop/utils/url.py", "tests/test_utils_url.py"),
        ("shop/middlewares/cookies.py", "tests/test_middleware_cookies.py"),
        ("shop/cart/__init__.py", "tests/test_cart.py"),
        ("shop/cart.go", "shop/cart_test.go"),
        ("src/cart.ts", "src/cart.spec.ts"),
        ("src/Cart.tsx", "src/__tests__/Cart.test.tsx"),
        ("src/main/java/shop/Cart.java", "src/test/java/shop/CartTest.java"),
        ("src/Cart.php", "tests/TestCart.php"),
        ("lib/cart.rb", "spec/cart_spec.rb"),
    ],
)
def test_a_test_is_known_by_the_name_of_what_it_tests(source: str, test: str) -> None:
    named, _ = found_tests(files(source, test), [])

    assert named == {source: [test]}


def test_of_two_files_of_one_name_the_one_in_the_same_folder_is_meant() -> None:
    listing = files("a/cart.py", "b/cart.py", "b/tests/test_cart.py")

    assert found_tests(listing, [])[0] == {"b/cart.py": ["b/tests/test_cart.py"]}


def test_a_name_that_fits_two_files_equally_says_nothing() -> None:
    listing = files("a/cart.py", "b/cart.py", "tests/test_cart.py", "tests/helpers.py")

    assert found_tests(listing, [])[0] == {}


def test_a_file_is_told_with_its_tests_and_those_that_import_it() -> None:
    listing = files("cart.py", "tests/test_cart.py", "tests/test_shop.py")
    edges = [
        Edge("tests/test_cart.py", 0, "cart.py"),
        Edge("tests/test_shop.py", 0, "cart.py"),
        Edge("cart.py", 0, "tests/test_cart.py"),
    ]

    (note,) = mapped(
        listing, edges, churn={}, recent=[], mentioning=lambda _: [], is_plain=lambda _: False
    )

    assert note.title == "cart.py is tested by tests/test_cart.py; one more imports it"
    assert "Others that import it: tests/test_shop.py." in note.body
    assert note.confidence == 1.0


def untested(
    *edges: tuple[str, str], plain: Sequence[str] = (), **mentioned: list[str]
) -> list[str]:
    listing = files("bare.py", "quiet.py", *(f"tests/test_{number}.py" for number in range(3)))
    recent = [("bare.py",)] * 4 + [("quiet.py",)]
    users = {f"{name}.py": tests for name, tests in mentioned.items()}
    links = [Edge(path, 0, target) for path, target in edges]
    churn = {"bare.py": 4.0}
    notes = mapped(
        listing,
        links,
        churn=churn,
        recent=recent,
        mentioning=lambda path: users.get(path, []),
        is_plain=lambda path: path in plain,
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
    ],
    ids=["a start", "a tool", "tests may be inside", "imports unknown"],
)
def test_no_test_is_expected_of_some_files(path: str, language: str) -> None:
    listing = [*files(*(f"tests/test_{number}.py" for number in range(3)))]
    titles = [
        note.title
        for one in (SourceFile(path, language, 100), SourceFile("bare.py", "python", 100))
        for note in mapped(
            [*listing, one],
            [],
            churn={},
            recent=[(one.path,)] * 4,
            mentioning=lambda _: [],
            is_plain=lambda _: False,
        )
    ]

    assert titles == ["bare.py has no test of its own: 4 of the last 4 commits changed it"]


def test_names_that_tell_all_are_one_note() -> None:
    names = [f"n{number}" for number in range(4)]
    listing = files(*(f"{n}.py" for n in names), *(f"tests/test_{n}.py" for n in names))
    edges = [Edge("tests/test_n0.py", 0, "n1.py"), Edge("tests/test_n2.py", 0, "n2.py")]

    found = mapped(
        listing, edges, churn={}, recent=[], mentioning=lambda _: [], is_plain=lambda _: False
    )

    assert [note.title for note in found] == [
        "4 files have a test of their name elsewhere, as n0.py has tests/test_n0.py",
        "n1.py is tested by tests/test_n1.py; one more imports it",
    ]


def test_a_double_for_tests_is_no_test() -> None:
    listing = files("src/Cart.cs", "test/CartTests.cs", "test/TestCart.cs")

    assert found_tests(listing, [])[0] == {"src/Cart.cs": ["test/CartTests.cs"]}


def test_without_tests_at_all_no_file_is_singled_out() -> None:
    notes = mapped(
        files("bare.py"),
        [],
        churn={"bare.py": 4.0},
        recent=[("bare.py",)] * 4,
        mentioning=lambda _: [],
        is_plain=lambda _: False,
    )

    assert notes == []


def test_a_file_that_tests_reach_through_another_is_not_called_untested() -> None:
    through = ("tests/test_1.py", "quiet.py"), ("quiet.py", "bare.py")

    assert untested(*through) == []
    assert len(untested(("tests/test_1.py", "quiet.py"))) == 1
    assert len(untested(("quiet.py", "bare.py"))) == 1


def test_a_test_that_lies_beside_what_it_tests_needs_no_note() -> None:
    listing = files("cart.py", "cart_test.py")

    assert (
        mapped(listing, [], churn={}, recent=[], mentioning=lambda _: [], is_plain=lambda _: False)
        == []
    )
