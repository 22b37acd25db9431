"""Imports to files, by the rules of each language."""

from __future__ import annotations

import posixpath

import pytest

from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import resolved

ENDINGS = {
    ".py": "python",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".js": "javascript",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".rb": "ruby",
}


def targets(paths: str, path: str, module: str, *names: str) -> list[str]:
    files = [SourceFile(one, ENDINGS[posixpath.splitext(one)[1]], 9) for one in paths.split()]
    return [edge.target for edge in resolved([(path, 3, module, names)], files)]


PYTHON = "src/shop/__init__.py src/shop/cart.py src/shop/tax/__init__.py src/shop/tax/eu.py main.py"


@pytest.mark.parametrize(
    ("path", "module", "names", "expected"),
    [
        ("main.py", "shop.cart", (), ["src/shop/cart.py"]),
        ("main.py", "shop", ("cart",), ["src/shop/cart.py"]),
        ("main.py", "shop", ("cart", "VERSION"), ["src/shop/__init__.py", "src/shop/cart.py"]),
        ("main.py", "shop", (), ["src/shop/__init__.py"]),
        ("src/shop/cart.py", ".tax", ("eu",), ["src/shop/tax/eu.py"]),
        ("src/shop/cart.py", ".", ("tax",), ["src/shop/tax/__init__.py"]),
        ("src/shop/tax/eu.py", "..cart", ("Cart",), ["src/shop/cart.py"]),
        ("src/shop/tax/eu.py", "..", ("cart",), ["src/shop/cart.py"]),
        ("src/shop/cart.py", "shop.cart", (), []),
        ("main.py", "os.path", ("join",), []),
    ],
)
def test_python(path: str, module: str, names: tuple[str, ...], expected: list[str]) -> None:
    assert targets(PYTHON, path, module, *names) == expected


def test_of_two_modules_of_one_name_the_near_one_is_meant() -> None:
    paths = "a/util.py a/main.py b/util.py b/main.py"

    assert targets(paths, "b/main.py", "util") == ["b/util.py"]


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("./cart", ["src/cart.ts"]),
        ("./cart.js", ["src/cart.ts"]),
        ("../lib", ["lib/index.js"]),
        ("./view", ["src/view.tsx"]),
        ("react", []),
        ("./nothing", []),
    ],
)
def test_scripts(module: str, expected: list[str]) -> None:
    assert targets("src/main.ts src/cart.ts src/view.tsx lib/index.js", "src/main.ts", module) == (
        expected
    )


def test_go_names_a_folder_and_not_its_tests() -> None:
    paths = "main.go shop/cart.go shop/tax.go shop/cart_test.go"

    assert targets(paths, "main.go", "example.org/x/shop") == ["shop/cart.go", "shop/tax.go"]
    assert targets(paths, "main.go", "fmt") == []


@pytest.mark.parametrize(
    ("path", "module", "names", "expected"),
    [
        ("src/main.rs", "crate::cart", ("Cart",), ["src/cart.rs"]),
        ("src/main.rs", "crate::tax::eu", ("rate",), ["src/tax/eu.rs"]),
        ("src/cart.rs", "crate::tax::Rate", (), ["src/tax/mod.rs"]),
        ("src/tax/eu.rs", "super::us", (), ["src/tax/us.rs"]),
        ("src/tax/mod.rs", "self::eu", (), ["src/tax/eu.rs"]),
        ("src/main.rs", "std::io", (), []),
        ("src/main.rs", "crate::nothing::at::all", (), []),
        ("tool.rs", "crate::cart", (), []),
    ],
)
def test_rust(path: str, module: str, names: tuple[str, ...], expected: list[str]) -> None:
    paths = "src/main.rs src/cart.rs src/tax/mod.rs src/tax/eu.rs src/tax/us.rs tool.rs"

    assert targets(paths, path, module, *names) == expected


def test_java() -> None:
    paths = "src/main/java/org/shop/Cart.java src/main/java/org/shop/tax/Rate.java"
    cart = "src/main/java/org/shop/Cart.java"

    assert targets(paths, cart, "org.shop.tax.Rate") == [paths.split()[1]]
    assert targets(paths, cart, "org.shop.tax", "Rate") == [paths.split()[1]]
    assert targets(paths, cart, "java.util.List") == []


def test_includes_beside_or_below_the_usual_folders() -> None:
    paths = "src/cart.c src/cart.h include/shop/tax.h"

    assert targets(paths, "src/cart.c", '"cart.h"') == ["src/cart.h"]
    assert targets(paths, "src/cart.c", "<shop/tax.h>") == ["include/shop/tax.h"]
    assert targets(paths, "src/cart.c", "<stdio.h>") == []


def test_a_language_we_cannot_resolve_and_a_file_we_do_not_know_give_nothing() -> None:
    assert targets("a.rb b.rb", "a.rb", "b") == []
    assert targets("a.py", "gone.py", "a") == []
