"""One small repository for each language, and a hand-checked list of what is read from it."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from repo_sleeper.domain.code import ParsedFile
from repo_sleeper.index import languages
from repo_sleeper.index.languages import (
    CONTAINERS,
    LANGUAGES,
    QUERY_VERSION,
    Language,
    grammar_label,
    language_of,
)
from repo_sleeper.index.tags import extract

REWRITES = "SLEEPER_REWRITE_EXPECTED" in os.environ  # now: tests have an environment of their own
FIXTURES = Path(__file__).parents[2] / "fixtures/repos/languages"


def listed(parsed: ParsedFile) -> str:
    """What was read from a file, as a person would check it: lines count from 1."""
    lines = ["definitions"]
    for one in parsed.symbols:
        place = f"{one.range.start + 1}-{one.range.end}"
        doc = f" # {one.doc}" if one.doc else ""
        lines.append(f"  {one.kind} {one.qualified} {place} | {one.signature}{doc}")
    lines.append("references")
    for ref in parsed.references:
        around = "" if ref.symbol is None else f" in {parsed.symbols[ref.symbol].qualified}"
        lines.append(f"  {ref.line + 1} {ref.kind} {ref.name}{around}")
    lines.append("imports")
    lines += [
        f"  {row.line + 1} {row.module} {' '.join(row.names)}".rstrip() for row in parsed.imports
    ]
    return "\n".join(lines) + "\n"


def source_of(language: str) -> Path:
    """The one source file of a language's fixture."""
    (source,) = (file for file in (FIXTURES / language).iterdir() if file.name != "expected.txt")
    return source


@pytest.mark.parametrize("language", [*(one.name for one in LANGUAGES), *CONTAINERS])
def test_what_is_read_from_a_file_is_what_a_person_found_in_it(language: str) -> None:
    source = source_of(language)
    data = source.read_bytes()
    expected = FIXTURES / language / "expected.txt"

    parsed = extract(data, language_of(source.name, data))

    if REWRITES:  # then read every line of the diff
        expected.write_text(listed(parsed))
    assert parsed.language == language
    assert not parsed.has_error
    assert listed(parsed) == expected.read_text()


@pytest.mark.parametrize(
    ("path", "data", "language"),
    [
        ("a.py", b"", "python"),
        ("A.PY", b"", "python"),
        ("py", b"", "text"),
        (".py", b"", "text"),
        ("Rakefile", b"", "ruby"),
        ("bin/tool", b"#!/usr/bin/env -S python3 -u\n", "python"),
        ("bin/tool", b"#!/bin/sh\n", "bash"),
        ("bin/tool", b"#!/usr/bin/awk\n", "text"),
        ("bin/tool", b"#! \n", "text"),
        ("a.h", b"struct cart { int n; };\n", "c"),
        ("a.h", b"namespace shop {\n", "cpp"),
        ("README", b"# Cart\n", "text"),
        ("README.md", b"# Cart\n", "markdown"),
        ("cart.ipynb", b"{}", "notebook"),
        ("Cart.vue", b"", "vue"),
        ("Cart.svelte", b"", "svelte"),
    ],
)
def test_a_language_is_told_by_name_and_where_that_is_open_by_content(
    path: str, data: bytes, language: str
) -> None:
    assert language_of(path, data) == language


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.name)
def test_a_grammar_label_names_the_installed_wheel(language: Language) -> None:
    installed = version(language.package.replace("_", "-"))
    assert grammar_label(language.name) == f"{language.name} {installed} q{QUERY_VERSION}"


def test_a_wheel_installed_in_an_odd_way_is_still_named(monkeypatch: pytest.MonkeyPatch) -> None:
    grammar_label.cache_clear()
    monkeypatch.setattr(languages, "_wheels", dict)
    assert grammar_label("go").startswith("go 0.")
    grammar_label.cache_clear()


def test_the_label_of_a_file_that_holds_others_changes_with_any_grammar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {grammar_label(name) for name in CONTAINERS}
    grammar_label.cache_clear()
    wheels = {one.package: "1.0" for one in LANGUAGES} | {"tree_sitter_go": "99.0"}
    monkeypatch.setattr(languages, "_wheels", lambda: wheels)

    assert before.isdisjoint(grammar_label(name) for name in CONTAINERS)
    grammar_label.cache_clear()


def test_no_ending_belongs_to_two_languages() -> None:
    endings = [ending for one in LANGUAGES for ending in one.extensions]
    endings += [ending for some in CONTAINERS.values() for ending in some]
    assert len(endings) == len(set(endings))
