"""Imports to files, by the rules of each language."""

from __future__ import annotations

import posixpath

import pytest

from repo_sleeper.survey.imports import resolved
from repo_sleeper.survey.imports.dotted import one_word_packages, package_clause
from repo_sleeper.survey.imports.manifests import is_name_manifest, read_manifests
from repo_sleeper.survey.imports.modules import known_modules

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
    ".lua": "lua",
    ".sh": "bash",
    ".kt": "kotlin",
    ".scala": "scala",
    ".php": "php",
    ".cs": "csharp",
    ".json": "text",
}


def targets(  # noqa: PLR0913
    paths: str,
    path: str,
    module: str,
    *names: str,
    manifests: dict[str, str] | None = None,
    defined: dict[str, set[str]] | None = None,
    used: dict[str, frozenset[str]] | None = None,
    packages: dict[str, str] | None = None,
) -> list[str]:
    languages = {one: ENDINGS[posixpath.splitext(one)[1]] for one in paths.split()}
    modules = known_modules(
        languages, read_manifests(manifests or {}), defined=defined, used=used, packages=packages
    )
    return [edge.target for edge in resolved([(path, 3, module, names)], modules)]


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

    assert targets(paths, "src/cart.c", "cart.h") == ["src/cart.h"]
    assert targets(paths, "src/cart.c", "shop/tax.h") == ["include/shop/tax.h"]
    assert targets(paths, "src/cart.c", "stdio.h") == []


def test_a_language_we_cannot_resolve_and_a_file_we_do_not_know_give_nothing() -> None:
    assert targets("a.sh b.sh", "a.sh", "b.sh") == []
    assert targets("a.py", "gone.py", "a") == []


def test_python_packages_without_an_init_file_are_found_by_their_folders() -> None:
    assert targets("src/a/b.py c/d.py main.py", "main.py", "a.b") == ["src/a/b.py"]
    assert targets("src/a/b.py c/d.py main.py", "main.py", "c.d", "x") == ["c/d.py"]
    assert targets("c/d.py c/e.py", "c/d.py", ".e") == ["c/e.py"]


def test_python_packages_of_a_namespace_are_found_below_the_source_folder_of_each() -> None:
    paths = "kits/tax/src/shop/tax/__init__.py kits/tax/src/shop/tax/eu.py kits/cart/tests/a.py"

    assert targets(paths, "kits/cart/tests/a.py", "shop.tax", "eu") == [
        "kits/tax/src/shop/tax/eu.py"
    ]


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("pl.utils", ["lua/pl/utils.lua"]),
        ("pl", ["lua/pl/init.lua"]),
        ("utils", ["spec/utils.lua"]),
        ("l.utils", []),
        ("lfs", []),
    ],
)
def test_lua_by_the_end_of_a_path(module: str, expected: list[str]) -> None:
    paths = "lua/pl/utils.lua lua/pl/init.lua spec/a.lua spec/utils.lua"

    assert targets(paths, "spec/a.lua", module) == expected


# --- scripts ----------------------------------------------------------------------------------

WORKSPACE = {
    "tsconfig.json": """{
        // where the editor looks
        "compilerOptions": {
            "paths": {"@shop/*": ["./packages/*/src"], "shop": ["packages/all/src"],},
        },
    }""",
    "web/tsconfig.json": '{"extends": "./base", "compilerOptions": {"baseUrl": "."}}',
    "web/tsconfig.base.json": "[]",
    "web/base.json": "{}",
    "packages/tax/package.json": """{
        "name": "tax",
        "main": "./dist/tax.cjs.js",
        "exports": {"./eu": {"import": "./dist/eu.mjs"}, "./us/*": ["./src/us/*.ts"]},
        "imports": {"#rates": "./src/rates.ts"}
    }""",
    "packages/odd/package.json": '{"name": 3, "main": [], "exports": 4}',
    "packages/old/package.json": '{"name": "@old/kit", "main": "main.js"}',
    "packages/far/package.json": '{"name": "far", "exports": "./distribution/index.js"}',
    "packages/flat/package.json": '{"name": "flat", "exports": {"./eu": "./dist/eu.mjs"}}',
    "packages/path/deno.json": '{"name": "@std/path", "exports": {"./join": "./join.ts"}}',
    "broken/package.json": "{",
}


@pytest.mark.parametrize(
    ("path", "module", "expected"),
    [
        ("web/app.ts", "@shop/cart", "packages/cart/src/index.ts"),
        ("web/app.ts", "shop", "packages/all/src/index.ts"),
        ("web/app.ts", "view/main", "web/view/main.ts"),
        ("web/app.ts", "tax", "packages/tax/src/index.ts"),
        ("web/app.ts", "tax/eu", "packages/tax/src/eu.ts"),
        ("web/app.ts", "tax/us/ny", "packages/tax/src/us/ny.ts"),
        ("web/app.ts", "tax/src/rates", "packages/tax/src/rates.ts"),
        ("web/app.ts", "tax/rates", "packages/tax/src/rates.ts"),
        ("web/app.ts", "@old/kit", "packages/old/main.js"),
        ("web/app.ts", "far", "packages/far/source/index.ts"),
        ("web/app.ts", "flat/eu", "packages/flat/eu.ts"),
        ("web/app.ts", "@std/path/join", "packages/path/join.ts"),
        ("packages/tax/src/eu.ts", "tax", "packages/tax/src/index.ts"),
        ("web/app.ts", "../packages/tax", "packages/tax/src/index.ts"),
        ("packages/tax/src/index.ts", "#rates", "packages/tax/src/rates.ts"),
        ("web/app.ts", "#rates", ""),
        ("web/app.ts", "react", ""),
        ("web/app.ts", "@shop/nothing", ""),
        ("web/app.ts", "./view/main?raw", "web/view/main.ts"),
    ],
)
def test_names_that_manifests_give_to_paths(path: str, module: str, expected: str) -> None:
    paths = (
        "web/app.ts web/view/main.ts packages/cart/src/index.ts packages/all/src/index.ts"
        " packages/tax/src/index.ts packages/tax/src/eu.ts packages/tax/src/us/ny.ts"
        " packages/tax/src/rates.ts packages/old/main.js packages/far/source/index.ts"
        " packages/flat/eu.ts packages/path/join.ts"
    )

    assert targets(paths, path, module, manifests=WORKSPACE) == ([expected] if expected else [])


def test_configurations_inherit_paths_from_one_another() -> None:
    manifests = {
        "tsconfig.base.json": '{"compilerOptions": {"baseUrl": "src", "paths": {"~/*": ["*"]}}}',
        "app/tsconfig.json": '{"extends": "../tsconfig.base"}',
    }

    assert targets("app/a.ts src/cart.ts", "app/a.ts", "~/cart", manifests=manifests) == [
        "src/cart.ts"
    ]


# --- compiled -----------------------------------------------------------------------------------


def test_a_go_module_says_where_its_packages_are() -> None:
    paths = "cmd/main.go shop/cart.go shop/tax.go fmt/own.go other/x.go"
    mod = {"go.mod": "module example.org/shop/v2\n", "other/go.mod": "module example.org/other\n"}

    def go(module: str) -> list[str]:
        return targets(
            paths,
            "cmd/main.go",
            module,
            manifests=mod,
            defined={"shop/cart.go": {"Cart"}, "shop/tax.go": {"Tax"}},
            used={"cmd/main.go": frozenset({"Cart"})},
        )

    assert go("example.org/shop/v2/shop") == ["shop/cart.go"]
    assert go("example.org/other") == ["other/x.go"]
    assert go("fmt") == []
    assert go("example.com/elsewhere/shop") == []


RUST = {
    "Cargo.toml": """
        [workspace.dependencies]
        euro-rates = {package = "tax-eu", path = "crates/tax-eu"}
        serde = {version = "1"}
        theirs = {package = "elsewhere"}
        [package]
        name = "shop"
        [lib]
        path = "src/main.rs"
    """,
    "crates/tax-eu/Cargo.toml": '[package]\nname = "tax-eu"\n',
    "broken/Cargo.toml": "[",
}


@pytest.mark.parametrize(
    ("path", "module", "names", "expected"),
    [
        ("src/main.rs", "tax_eu::rates", ("Rate",), ["crates/tax-eu/src/rates.rs"]),
        ("src/main.rs", "tax_eu", ("Rate",), ["crates/tax-eu/src/rates.rs"]),
        ("src/main.rs", "tax_eu::Rate", (), ["crates/tax-eu/src/rates.rs"]),
        ("src/main.rs", "euro_rates::Rate", (), ["crates/tax-eu/src/rates.rs"]),
        ("src/main.rs", "theirs::Rate", (), []),
        ("tests/shop.rs", "shop::cart", ("Cart",), ["src/cart.rs"]),
        ("src/main.rs", "tax_eu", ("Unknown",), ["crates/tax-eu/src/lib.rs"]),
        ("src/main.rs", "crate", ("cart", "Total"), ["src/cart.rs", "src/total.rs"]),
        ("src/main.rs", "self", ("cart",), ["src/cart.rs"]),
        ("src/main.rs", "cart::Cart", (), ["src/cart.rs"]),
        ("src/cart/item.rs", "super::super::total", ("Total",), ["src/total.rs"]),
        ("src/cart/item.rs", "super", ("Cart",), ["src/cart.rs"]),
        ("tests/shop.rs", "crate::util", ("f",), ["tests/util.rs"]),
        ("src/main.rs", "std::fmt", (), []),
    ],
)
def test_rust_crates_and_names_that_a_crate_exports_again(
    path: str, module: str, names: tuple[str, ...], expected: list[str]
) -> None:
    paths = (
        "src/main.rs src/cart.rs src/cart/item.rs src/total.rs tests/shop.rs tests/util.rs"
        " crates/tax-eu/src/lib.rs crates/tax-eu/src/rates.rs"
    )
    defined = {
        "crates/tax-eu/src/rates.rs": {"Rate"},
        "src/total.rs": {"Total"},
        "src/cart.rs": {"Cart"},
    }

    assert targets(paths, path, module, *names, manifests=RUST, defined=defined) == expected


def test_an_include_is_found_by_the_end_of_its_path_unless_it_is_the_systems() -> None:
    paths = "src/a.c lib/x/include/x/y.h lib/x/old/x/y.h compat/string.h compat/own.h"

    assert targets(paths, "src/a.c", "x/y.h") == ["lib/x/include/x/y.h"]
    assert targets(paths, "src/a.c", "../gone/own.h") == []
    assert targets(paths, "src/a.c", "../../own.h") == ["compat/own.h"]
    assert targets(paths, "src/a.c", "string.h") == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("cart.h", ["src/cart.h"]),
        ("<cart.h>", ["include/cart.h"]),
        ("<shop/tax.h>", ["include/shop/tax.h"]),
        ("<beside.h>", ["src/beside.h"]),
        ("<string.h>", []),
        ("string.h", ["src/string.h"]),
    ],
)
def test_brackets_mean_the_folders_of_includes_before_anything_else(
    module: str, expected: list[str]
) -> None:
    paths = "src/a.c src/cart.h include/cart.h include/shop/tax.h src/beside.h src/string.h"

    assert targets(paths, "src/a.c", module) == expected


def test_of_many_headers_of_one_name_none_is_guessed() -> None:
    paths = "main.c " + " ".join(f"p{number}/config.h" for number in range(9))

    assert targets(paths, "main.c", "config.h") == []


# --- packages and namespaces ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "names", "expected"),
    [
        ("org.shop.Cart", (), ["src/org/shop/Cart.java"]),
        ("org.shop.Cart.EMPTY", (), ["src/org/shop/Cart.java"]),
        ("org.shop.total", (), ["src/org/shop/Prices.kt"]),
        ("org.shop", (), ["src/org/shop/Cart.java"]),
        ("org.shop", ("Cart", "total"), ["src/org/shop/Cart.java", "src/org/shop/Prices.kt"]),
        ("java.util.List", (), []),
        ("shop", (), []),
        ("shop.total", (), []),
        ("org.shop.Cart.Companion.toCart", (), ["src/org/shop/Cart.java"]),
        ("org.shop.Price.Companion.free", (), ["src/org/shop/Prices.kt"]),
        ("org.shop.Cart.Line.Kind", ("GIFT",), ["src/org/shop/Cart.java"]),
        ("org.Cart.Companion.toCart", (), []),
        ("Cart.Companion.toCart", (), []),
        ("road.drive", (), ["lib/road/Ways.kt"]),
        ("road.Way.Companion.home", (), ["lib/road/Ways.kt"]),
        ("road.Street.Companion.home", (), ["lib/road/Street.kt"]),
        ("road", ("drive",), ["lib/road/Ways.kt"]),
        ("road", (), ["lib/road/Street.kt", "lib/road/Ways.kt"]),
    ],
)
def test_classes_functions_and_whole_packages(
    module: str, names: tuple[str, ...], expected: list[str]
) -> None:
    found = targets(
        "src/org/shop/Cart.java src/org/shop/Prices.kt src/org/shop/a.json app/Main.kt"
        " lib/road/Street.kt lib/road/Ways.kt other/road/Ways.kt",
        "app/Main.kt",
        module,
        *names,
        defined={
            "src/org/shop/Prices.kt": {"total", "Price"},
            "src/org/shop/Cart.java": {"Cart"},
            "lib/road/Ways.kt": {"drive", "Way"},
            "other/road/Ways.kt": {"drive", "Way"},
        },
        used={"app/Main.kt": frozenset({"Cart"})},
        packages={
            "lib/road/Street.kt": "road",
            "lib/road/Ways.kt": "road",
            "other/road/Ways.kt": "other.road",
            "src/org/shop/Prices.kt": "org.shop",
        },
    )

    assert found == expected


def test_packages_are_read_where_one_word_may_mean_one() -> None:
    languages = dict.fromkeys(("a/road/A.kt", "a/shop/B.java", "Main.kt"), "kotlin")
    languages["a/road/c.py"] = "python"
    imports = [("Main.kt", 3, "road.drive", ()), ("Main.kt", 4, "org.shop.B", ())]

    assert one_word_packages(languages, imports) == ["a/road/A.kt"]
    assert one_word_packages(languages, [("a/road/c.py", 1, "road", ())]) == []


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ('/* package it well */\n@file:JvmName("x")\npackage okio // here\n', "okio"),
        ("package org.shop;\r\nclass A {}\r\n", "org.shop"),
        ("// package no\nclass A\n", ""),
    ],
)
def test_the_package_clause(source: str, package: str) -> None:
    assert package_clause(source) == package


def test_a_package_of_very_many_files_is_not_a_link_to_each() -> None:
    paths = "Main.java " + " ".join(f"src/org/all/C{number}.java" for number in range(50))

    assert targets(paths, "Main.java", "org.all") == []


@pytest.mark.parametrize(
    ("module", "names", "expected"),
    [
        ("Shop\\Cart\\Item", (), ["src/Cart/Item.php"]),
        ("Shop\\Cart", ("Item", "Total"), ["src/Cart/Item.php"]),
        ("Old_Tax", (), []),
        ("/../src/boot.php", (), ["src/boot.php"]),
        ("DateTime", (), []),
        ("/../vendor/autoload.php", (), []),
    ],
)
def test_php_by_the_folder_of_a_prefix(
    module: str, names: tuple[str, ...], expected: list[str]
) -> None:
    composer = """{"autoload": {"psr-4": {"Shop\\\\": ["src/"], "": 3}},
        "autoload-dev": {"psr-0": {"Old": "."}}}"""
    found = targets(
        "src/Cart/Item.php src/boot.php tests/a.php",
        "tests/a.php",
        module,
        *names,
        manifests={"composer.json": composer},
    )

    assert found == expected


@pytest.mark.parametrize(
    ("path", "module", "expected"),
    [
        ("test/cart_test.rb", "shop/cart", ["lib/shop/cart.rb"]),
        ("test/cart_test.rb", "test_helper", ["test/test_helper.rb"]),
        ("lib/shop.rb", "shop/cart", ["lib/shop/cart.rb"]),
        ("lib/shop/cart.rb", "tax", ["lib/shop/tax.rb"]),
        ("lib/shop/cart.rb", "../shop.rb", ["lib/shop.rb"]),
        ("lib/shop/cart.rb", "json", []),
        ("lib/shop/cart.rb", "rails", []),
    ],
)
def test_ruby(path: str, module: str, expected: list[str]) -> None:
    paths = (
        "lib/shop.rb lib/shop/cart.rb lib/shop/tax.rb lib/shop/json.rb test/cart_test.rb"
        " test/test_helper.rb"
    )

    assert targets(paths, path, module) == expected


def test_csharp_namespaces() -> None:
    modules = known_modules(
        {"a.cs": "csharp", "b.cs": "csharp", "c.cs": "csharp"},
        defined={"b.cs": {"Cart"}, "c.cs": {"Tax"}},
        used={"a.cs": frozenset({"Tax"})},
        namespaces={"Shop": ["a.cs", "b.cs", "c.cs"]},
    )

    assert [e.target for e in resolved([("a.cs", 0, "Shop", ())], modules)] == ["c.cs"]
    assert [e.target for e in resolved([("b.cs", 0, "Shop", ())], modules)] == ["a.cs", "c.cs"]


def test_a_namespace_of_which_nothing_is_used_is_no_link_to_each_of_its_files() -> None:
    modules = known_modules(
        {"a.cs": "csharp", "b.cs": "csharp"},
        defined={"b.cs": {"Cart"}},
        used={"a.cs": frozenset({"Tax"})},
        namespaces={"Shop": ["b.cs"]},
    )

    assert resolved([("a.cs", 0, "Shop", ())], modules) == []


def test_what_platforms_have_in_common_is_meant_rather_than_another_platform() -> None:
    paths = "src/hash/shop/Sum.kt src/appleMain/shop/Text.kt src/commonMain/shop/Text.kt"

    assert targets(paths, "src/hash/shop/Sum.kt", "shop.Text") == ["src/commonMain/shop/Text.kt"]
    paths += " src/jvmMain/shop/Cart.kt src/jvmMain/shop/Text.kt"
    assert targets(paths, "src/jvmMain/shop/Cart.kt", "shop.Text") == ["src/jvmMain/shop/Text.kt"]


def test_which_files_say_what_names_mean() -> None:
    assert is_name_manifest("a/tsconfig.build.json")
    assert is_name_manifest("go.mod")
    assert not is_name_manifest("a/tsconfig.md")
