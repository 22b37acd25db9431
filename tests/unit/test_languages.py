"""One small repository for each language, and a hand-checked list of what is read from it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repo_sleeper.domain import ParsedFile
from repo_sleeper.index.languages import LANGUAGES, language_of
from repo_sleeper.index.tags import extract

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


@pytest.mark.parametrize("language", [one.name for one in LANGUAGES])
def test_what_is_read_from_a_file_is_what_a_person_found_in_it(language: str) -> None:
    source = source_of(language)
    data = source.read_bytes()
    expected = FIXTURES / language / "expected.txt"

    parsed = extract(data, language_of(source.name, data))

    if "SLEEPER_REWRITE_EXPECTED" in os.environ:  # then read every line of the diff
        expected.write_text(listed(parsed))
    assert parsed.language == language
    assert not parsed.has_error
    assert listed(parsed) == expected.read_text()
