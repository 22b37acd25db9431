"""What a path is to the survey: code, a test, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_NOT_CODE = frozenset(
    {"", "css", "csv", "html", "ini", "json", "markdown", "rst", "svg", "text", "toml", "xml"}
    | {"yaml", "dockerfile", "makefile"}
)
_TEST_FOLDERS = frozenset(
    {"test", "tests", "__tests__", "spec", "specs", "e2e", "fixtures", "testdata", "test-utils"}
)
_ASIDE = frozenset(
    {"bench", "benchmark", "benchmarks", "doc", "docs", "example", "examples", "samples"}
    | {"node_modules", "third_party", "vendor", "vendored", "_vendor", "migrations"}
)
_TEST_NAME = re.compile(
    r"(test|tests|conftest)|test_.+|tests_.+|.+[._-](test|tests|spec)"  # test_cart, cart.spec
    r"|[A-Z]\w*(Test|Tests|Spec|IT)|Test[A-Z]\w*"  # CartTest, TestCart
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A live file as the survey sees it."""

    path: str
    language: str
    lines: int

    @property
    def is_code(self) -> bool:
        """Whether it is written in a programming language."""
        return self.language not in _NOT_CODE

    @property
    def is_product(self) -> bool:
        """Code that the repository is for, rather than its tests, examples or dependencies."""
        return self.is_code and not is_test(self.path) and not is_aside(self.path)


def is_test(path: str) -> bool:
    """Whether this is a test or belongs to the tests."""
    where = PurePosixPath(path)
    if not _TEST_FOLDERS.isdisjoint(where.parts[:-1]):
        return True
    return _TEST_NAME.fullmatch(where.stem) is not None


def is_aside(path: str) -> bool:
    """Whether it lies in a folder of examples, documentation, benchmarks or others' code."""
    return not _ASIDE.isdisjoint(PurePosixPath(path).parts[:-1])
