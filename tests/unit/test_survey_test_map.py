"""Tests and the files they belong to, by name and by import."""

from __future__ import annotations

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


@pytest.mark.parametrize("test", ["test/fixtures/test-cart/cart_test.py", "test/test-cart.gemspec"])
def test_what_tests_are_run_on_is_no_test(test: str) -> None:
    assert found_tests(files("lib/cart.py", test), [])[0] == {}


def test_only_one_mark_is_taken_from_a_name() -> None:
    listing = files("lib/spec.js", "test/reporters/spec.spec.js", "test/unit/test.spec.js")

    assert found_tests(listing, [])[0] == {"lib/spec.js": ["test/reporters/spec.spec.js"]}


def test_of_two_tests_of_one_name_the_nearer_is_meant_and_any_that_imports() -> None:
    near, far = "test/cli/run.spec.js", "test/browser/run.spec.js"
    listing = files("lib/cli/run.js", near, far)

    assert found_tests(listing, [])[0] == {"lib/cli/run.js": [near]}
    edges = [Edge(far, 0, "lib/cli/run.js")]
    assert found_tests(listing, edges)[0] == {"lib/cli/run.js": [far, near]}


def test_what_the_product_imports_is_no_test_unless_its_name_leaves_no_doubt() -> None:
    test, sure = "src/Test/EvenTest.php", "src/test_even.py"
    listing = files("src/Compiler.php", "src/Core.php", test, sure)
    edges = [Edge(test, 0, "src/Compiler.php"), Edge(sure, 0, "src/Compiler.php")]

    assert found_tests(listing, edges)[1] == {"src/Compiler.php": [test, sure]}
    edges += [Edge("src/Core.php", 0, test), Edge("src/Core.php", 0, sure)]
    assert found_tests(listing, edges)[1] == {"src/Compiler.php": [sure]}


def test_a_fixture_that_imports_a_file_is_no_test_of_it() -> None:
    edges = [Edge("test/fixtures/run_twice.py", 0, "cart.py")]

    assert found_tests(files("cart.py", "test/fixtures/run_twice.py"), edges)[1] == {}


def test_a_test_in_a_folder_with_the_name_of_another_file_is_about_that_one() -> None:
    test = "__tests__/application/response.test.js"

    assert found_tests(files("lib/response.js", "lib/application.js", test), [])[0] == {}
    assert found_tests(files("lib/response.js", test), [])[0] == {"lib/response.js": [test]}
    inside = files("application/response.js", "application.js", test)
    assert found_tests(inside, [])[0] == {"application/response.js": [test]}


def test_a_folder_of_tests_is_not_about_a_file_that_is_called_test() -> None:
    source, test = "src/main/java/shop/Cart.java", "src/test/java/shop/CartTest.java"

    named, _ = found_tests(files(source, test, "src/main/java/shop/Test.java"), [])

    assert named == {source: [test]}


def test_only_what_go_runs_is_a_test_of_go() -> None:
    listing = files("utils.go", "compat/test_utils.go", "utils_test.go")

    assert found_tests(listing, [])[0] == {"utils.go": ["utils_test.go"]}


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

    (note,) = mapped(listing, edges, churn={})

    assert note.title == "cart.py is tested by tests/test_cart.py; one more imports it"
    assert "Others that import it: tests/test_shop.py." in note.body
    assert note.confidence == 1.0


def test_names_that_tell_all_are_one_note() -> None:
    names = [f"n{number}" for number in range(4)]
    listing = files(*(f"{n}.py" for n in names), *(f"tests/test_{n}.py" for n in names))
    edges = [Edge("tests/test_n0.py", 0, "n1.py"), Edge("tests/test_n2.py", 0, "n2.py")]

    found = mapped(listing, edges, churn={})

    assert [note.title for note in found] == [
        "4 files have a test of their name elsewhere, as n0.py has tests/test_n0.py",
        "n1.py is tested by tests/test_n1.py; one more imports it",
    ]


def test_a_double_for_tests_is_no_test() -> None:
    listing = files("src/Cart.cs", "test/CartTests.cs", "test/TestCart.cs")

    assert found_tests(listing, [])[0] == {"src/Cart.cs": ["test/CartTests.cs"]}


def test_a_test_that_lies_beside_what_it_tests_needs_no_note() -> None:
    listing = files("cart.py", "cart_test.py")

    assert mapped(listing, [], churn={}) == []
