"""What a path is to the survey."""

from __future__ import annotations

import pytest

from repo_sleeper.survey.files import SourceFile, is_aside, is_test, is_tool


@pytest.mark.parametrize(
    "path",
    [
        "tests/helpers.py",
        "test_cart.py",
        "shop/cart_test.go",
        "src/cart.spec.ts",
        "src/cart.test.tsx",
        "src/__tests__/cart.js",
        "spec/cart_spec.rb",
        "src/test/java/shop/Cart.java",
        "shop/CartTest.java",
        "conftest.py",
        "test/Shop.Core.Tests/Helper.cs",
        "src/Shop.Tests/Helper.cs",
        "test-shrinker/src/Cart.java",
        "integration-tests/cart.rs",
        "src/commonTest/kotlin/Carts.kt",
        "src/UnitTests/Bug/Rounding.cs",
        "src/testFixtures/java/Carts.java",
        "shop-testing-support/src/main/kotlin/Carts.kt",
        "src/__snapshots__/cart.js.snap",
        "lib/cart.test",
        "features/step_definitions.rb",
        "packages/test-resolution.ts",
        "src/bin/stdio-fixture.rs",
    ],
)
def test_tests_are_known_by_folder_or_name(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path",
    [
        "shop/cart.py",
        "shop/contest.py",
        "shop/testing.py",
        "latest/a.py",
        "Protest.java",
        "contest/a.cs",
        "src/main/Latest/A.java",
        "src/SpeedTest/Meter.cs",
        "src/main/java/shop/TestRunner.java",
        "core/src/main/kotlin/shop/test/Carts.kt",
    ],
)
def test_a_name_that_only_sounds_like_a_test_is_none(path: str) -> None:
    assert not is_test(path)


def test_the_product_is_code_that_is_neither_test_nor_example() -> None:
    assert SourceFile("shop/cart.py", "python", 9).is_product
    assert not SourceFile("tests/test_cart.py", "python", 9).is_product
    assert not SourceFile("examples/cart.py", "python", 9).is_product
    assert not SourceFile("README.md", "text", 9).is_product
    assert is_aside("third_party/x.c")
    assert is_aside("playground/ssr/server.js")
    assert is_aside("src/Snippets/Docs/Cart.cs")


@pytest.mark.parametrize(
    "path",
    ["build.gradle.kts", "lib/Gemfile", "shop.gemspec", "gradlew", "rake/site.rake", "setup.py"],
)
def test_what_builds_the_product_is_no_part_of_it(path: str) -> None:
    assert not SourceFile(path, "ruby", 9).is_product
    assert SourceFile("lib/gemfile_reader.rb", "ruby", 9).is_product


@pytest.mark.parametrize("path", ["_examples/cart/main.go", "port/port_example.h", "_vendor/a.py"])
def test_an_example_is_known_by_its_folder_or_its_name(path: str) -> None:
    assert is_aside(path)
    assert not is_aside("shop/examples_of_carts.py")


def test_code_of_others_is_aside() -> None:
    assert is_aside("deps/lua/src/lua.c")
    assert is_aside("src/3rdparty/zip.c")
    assert not is_aside("app/deps/session.py")


def test_a_benchmark_is_known_by_its_name() -> None:
    assert is_aside("metrics/ParseBenchmark.java")
    assert is_aside("cart_bench.py")
    assert is_aside("bench_cart.go")
    assert is_aside("clap_bench/benches/empty.rs")
    assert not is_aside("workbench.py")
    assert not is_aside("Workbench.java")


def test_a_product_put_together_in_one_file_is_aside() -> None:
    assert is_aside("extras/cart_amalgamated.hpp")
    assert not is_aside("src/cart/amalgamate.hpp")


def test_settings_of_tools_are_aside_though_they_are_programs() -> None:
    assert is_aside("karma.conf.cjs")
    assert is_aside("web/rollup.config.js")
    assert is_aside(".php-cs-fixer.php")
    assert is_aside("noxfile.py")
    assert not is_aside("shop/config.py")
    assert not is_aside("lib/app_config.rb")
    assert not is_aside("src/Cart.Config.cs")


def test_tools_are_known_by_their_folder() -> None:
    assert is_tool("scripts/release.py")
    assert is_tool("web/tools/build/dist.py")
    assert not is_tool("shop/tools.py")
