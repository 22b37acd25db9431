"""Where programs start, read from what declares it."""

from __future__ import annotations

import pytest

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.notes import Anchor, Note
from repo_sleeper.store.code import StoredSymbol
from repo_sleeper.survey.conditional import condition_of
from repo_sleeper.survey.entry_points import entry_points, is_manifest


def declared(path: str, text: str) -> list[Note]:
    return entry_points({path: text.splitlines()}, {}, [])


def titles(path: str, text: str) -> list[str]:
    return [note.title for note in declared(path, text)]


def test_commands_of_a_python_project() -> None:
    text = '[project.scripts]\nshop = "shop.cli:main"\n[project.gui-scripts]\nwin = "shop.win:go"\n'

    assert titles("pyproject.toml", text) == [
        "`shop` starts shop.cli:main",
        "`win` starts shop.win:go",
    ]
    (evidence,) = declared("pyproject.toml", text)[0].evidence
    assert (evidence.range, evidence.quote) == (Range(1, 2), 'shop = "shop.cli:main"')


def test_commands_of_a_poetry_project_and_of_setup_files() -> None:
    assert titles("pyproject.toml", '[tool.poetry.scripts]\nshop = "shop:main"\n') == [
        "`shop` starts shop:main"
    ]
    assert titles(
        "setup.cfg", "[options.entry_points]\nconsole_scripts =\n    shop = shop:main\n"
    ) == ["`shop` starts shop:main"]
    assert titles(
        "setup.py", "entry_points={'console_scripts': [\n  'shop = shop.cli:main',\n]}\n"
    ) == ["`shop` starts shop.cli:main"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "shop", "bin": "cli.js"}', ["`shop` starts cli.js"]),
        ('{"bin": {"a": "a.js", "b": 7}}', ["`a` starts a.js"]),
        ('{"scripts": {"start": "node server.js"}}', ["`npm start` starts node server.js"]),
        ('{"scripts": []}', []),
        ("[1]", []),
        ("not json", []),
        ("[" * 100_000, []),
    ],
)
def test_commands_of_a_node_package(text: str, expected: list[str]) -> None:
    assert titles("package.json", text) == expected


def test_two_commands_that_start_one_file_are_cited_by_their_own_lines() -> None:
    text = '{"bin": {\n"shop": "index.js",\n"till": "index.js"\n}}'

    notes = entry_points({"package.json": text.split("\n")}, {}, [])

    assert [note.evidence[0].range.start for note in notes] == [1, 2]


def test_programs_of_a_rust_package_are_told_once() -> None:
    text = '[[bin]]\nname = "shop"\npath = "src/shop.rs"\n\n[[bin]]\nname = "odd"\n'
    manifests = {"cli/Cargo.toml": text.splitlines()}
    mains = [_main("cli/src/shop.rs", "main"), _main("cli/build.rs", "main")]

    program, build = entry_points(manifests, {}, mains)

    assert program.title == "`shop` starts cli/src/shop.rs"
    assert program.evidence[0].quote == 'path = "src/shop.rs"'
    assert build.title == "Cargo runs cli/build.rs before it compiles the package"
    assert titles("Cargo.toml", "bin = 7\n") == []
    assert titles("Cargo.toml", "bin = [7]\n") == []


def test_programs_of_a_php_package() -> None:
    assert titles("composer.json", '{"bin": ["bin/shop"]}') == ["`shop` starts bin/shop"]
    assert titles("composer.json", '{"bin": "shop"}') == ["`shop` starts shop"]
    assert titles("composer.json", "{}") == []


@pytest.mark.parametrize(
    "text", ["= broken", "[project]\nscripts = 1\n", "[project.scripts]\na = 1\n", ""]
)
def test_a_broken_declaration_declares_nothing(text: str) -> None:
    assert titles("pyproject.toml", text) == []
    assert titles("setup.cfg", text) == []


def test_only_the_last_command_of_a_container_counts() -> None:
    text = 'FROM x\nCMD ["a"]\nENTRYPOINT ["b", "c"]\n'

    assert titles("Dockerfile", text) == ['The container of Dockerfile starts ["b", "c"]']
    assert titles("Dockerfile.dev", "FROM x\n") == []


def test_make_targets_are_one_note() -> None:
    text = "X := 1\n.PHONY: all\nall: build\nbuild:\n\tcc x.c\n"

    (note,) = declared("Makefile", text)

    assert note.title == "make has 2 targets in Makefile: all, build"
    assert note.evidence[0].range == Range(2, 3)
    assert declared("Makefile", "X = 1\n") == []


def test_make_reads_one_file_of_a_folder() -> None:
    files = {"Makefile": ["all:"], "GNUmakefile": ["all:", "build:"], "doc/Makefile": ["pdf:"]}

    assert [note.title for note in entry_points(files, {}, [])] == [
        "make has 2 targets in GNUmakefile: all, build",
        "make has 1 target in doc/Makefile: pdf",
    ]


def test_a_main_function_is_cited_by_its_definition() -> None:
    symbols = [
        _main("cmd/shop/main.go", "main"),
        _main("shop/main.py", "main"),
        _main("shop/main_test.go", "main"),
        _main("src/Shop.java", "main"),
        _main("src/Shop.cs", "main"),
    ]

    java, go = entry_points({}, {}, symbols)

    assert go.title == "A program starts at main in cmd/shop/main.go"
    assert go.evidence[0].anchor is Anchor.NODE
    assert go.evidence[0].hash == "77"
    assert java.subject == "src/Shop.java"


def test_a_main_that_is_only_compiled_where_asked_for_says_so_and_comes_last() -> None:
    symbols = [_main("a.c", "main"), _main("b.c", "main")]

    notes = entry_points(
        {}, {}, symbols, condition=lambda one: "#ifdef TEST" if one.path == "a.c" else ""
    )

    assert [note.title for note in notes] == [
        "A program starts at main in b.c",
        "A program starts at main in a.c, compiled only under #ifdef TEST",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#ifdef CART_TEST\n", "#ifdef CART_TEST"),
        ("# if defined(A) && B\n#include <a.h>\n", "#if defined(A) && B"),
        ("#if A\n#elif B\n", "#elif B"),
        ("#ifdef A\n#ifndef B\n", "#ifdef A"),
        ("#ifndef CART_C\n#define CART_C\n", ""),
        ("#ifdef WINDOWS\n#else\n", ""),
        ("#ifdef A\n#endif\n#endif\n", ""),
    ],
)
def test_under_what_a_line_is_compiled(text: str, expected: str) -> None:
    lines = [*text.splitlines(), "int main(void) {"]

    assert condition_of(lines, len(lines) - 1) == expected


def _main(path: str, name: str) -> StoredSymbol:
    return StoredSymbol(
        id=1,
        path=path,
        name=name,
        qualified=name,
        kind=SymbolKind.FUNCTION,
        range=Range(4, 9),
        node_hash=77,
        parent_id=None,
        signature="func main()",
        doc="",
    )


@pytest.mark.parametrize(
    ("path", "packages", "name"),
    [
        ("src/shop/__main__.py", {"src/shop"}, "shop"),
        ("shop/till/__main__.py", {"shop", "shop/till"}, "shop.till"),
        ("tools/shop/__main__.py", set(), "shop"),
    ],
)
def test_a_package_has_the_name_that_python_knows(path, packages, name) -> None:
    (note,) = entry_points({}, {path: []}, [], packages)

    assert note.title == f"`python -m {name}` runs {path}"


def test_scripts_are_python_files_that_ask_for_their_name() -> None:
    scripts = {
        "shop/__main__.py": ["from shop import main", "main()"],
        "tool.py": ["x = 1", 'if __name__ == "__main__":', "    main()"],
        "lib.py": ["# if __name__ == '__main__'"],
        "tests/test_x.py": ['if __name__ == "__main__":'],
    }

    package, tool = entry_points({}, scripts, [])

    assert package.title == "`python -m shop` runs shop/__main__.py"
    assert tool.title == "tool.py runs as a script"
    assert tool.evidence[0].range == Range(1, 2)


@pytest.mark.parametrize("path", ["pyproject.toml", "web/package.json", "Dockerfile.prod"])
def test_a_manifest_near_the_root_counts(path: str) -> None:
    assert is_manifest(path)


@pytest.mark.parametrize(
    "path", ["a/b/c/package.json", "tests/pyproject.toml", "examples/Makefile", "cart.py"]
)
def test_one_of_a_fixture_or_an_example_does_not(path: str) -> None:
    assert not is_manifest(path)
