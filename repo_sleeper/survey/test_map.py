"""Which tests belong to which file."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.files import (
    SourceFile,
    holds_tests,
    is_build,
    is_fixture,
    is_test,
)
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.wording import MOST, at_path, listed, survey_note

_MARKS = (  # one of them: `test.spec` tests `test`
    re.compile(r"[_.-](tests?|spec)$|(?<=[a-z0-9])(Tests?|Spec|IT)$"),
    re.compile(r"^tests?[_.-]|^Test(?=[A-Z])"),
)
_SURELY = re.compile(r"tests?[_-].+|.+[._-](tests?|spec)")  # nobody calls anything else so
_DOUBLE = re.compile(r"Test(?=[A-Z])")
_NOISE = re.compile(r"[^a-z0-9]+")
_FEWEST_TESTS = 3
_DEPTH = 3  # folders that may be part of a test's name: test_utils_url for utils/url


def tests_of(
    files: Iterable[SourceFile], edges: Iterable[Edge]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """For each file of the product, the tests named after it and the tests that import it."""
    listing, edges = list(files), list(edges)
    product = {file.path for file in listing if file.is_product}
    needed = {edge.target for edge in edges if edge.path in product}
    tests = [file.path for file in listing if _is_a_test(file, needed)]
    importing = _importing(product, set(tests), edges)
    named = {
        path: _nearest(path, found, importing.get(path, ()))
        for path, found in _named(product, tests).items()
    }
    return named, importing


def _importing(
    product: Collection[str], tests: Collection[str], edges: Iterable[Edge]
) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.target in product and edge.path in tests:
            found[edge.target].add(edge.path)
    return {path: sorted(ones) for path, ones in sorted(found.items())}


def _nearest(path: str, tests: Sequence[str], importing: Collection[str]) -> list[str]:
    """Of several tests of its name those in its own folders, and those that import it."""
    folders = set(path.split("/")[:-1])
    shared = {test: len(folders.intersection(test.split("/")[:-1])) for test in tests}
    most = max(shared.values())
    return [test for test in tests if shared[test] == most or test in importing]


def _is_a_test(file: SourceFile, needed: Collection[str]) -> bool:
    """Whether it may be a test of what it is called like.

    A fixture only looks like one, and so does a part of the product that is about tests:
    `needed` are the files that the product imports.
    """
    if not (file.is_code and is_test(file.path)) or is_fixture(file.path) or is_build(file.path):
        return False
    stem, ending = posixpath.splitext(posixpath.basename(file.path))
    if ending == ".go" and not stem.endswith("_test"):
        return False  # nor does Go run it as one
    return file.path not in needed or _SURELY.fullmatch(stem) is not None


def _named(product: Collection[str], tests: Sequence[str]) -> dict[str, list[str]]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in sorted(product):
        for name in _names(path):
            by_name[name].append(path)
    found: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests):
        for path in _closest(by_name.get(_plain(_unmarked(test)), []), test):
            if not _is_of_another(path, test, by_name):
                found[path].append(test)
    return {path: _without_doubles(ones) for path, ones in found.items()}


def _unmarked(test: str) -> str:
    """What a test has in its name beside being a test; nothing where it does not say so."""
    stem = posixpath.splitext(posixpath.basename(test))[0]
    plain = (mark.sub("", stem) for mark in _MARKS if mark.search(stem))
    return next(plain, "")


def _without_doubles(tests: list[str]) -> list[str]:
    """Beside `CartTests`, `TestCart` is no test of the cart but a cart for tests."""
    stems = {test: posixpath.splitext(posixpath.basename(test))[0] for test in tests}
    plain = [test for test in tests if not _DOUBLE.match(stems[test])]
    return plain or tests


def _names(path: str) -> list[str]:
    """What a test of this file may be called: `url`, `utils_url`, `scrapy_utils_url`."""
    parts = posixpath.splitext(path)[0].removesuffix("/__init__").split("/")
    return list(dict.fromkeys(_plain("_".join(parts[-count:])) for count in range(1, _DEPTH + 1)))


def _plain(name: str) -> str:
    """Letters and digits only, each word without a plural s: names differ in just that."""
    return "".join(word.removesuffix("s") for word in _NOISE.split(name.lower()))


def _closest(paths: Sequence[str], test: str) -> list[str]:
    """Of several files of one name, those that share most of the test's folders."""
    folders = set(test.split("/")[:-1])
    shared = {path: len(folders.intersection(path.split("/")[:-1])) for path in paths}
    most = max(shared.values(), default=0)
    best = [path for path in paths if shared[path] == most]
    return best if len(best) == 1 else []


def _is_of_another(path: str, test: str, by_name: Mapping[str, Sequence[str]]) -> bool:
    """Whether a folder of the test has the name of another file: `application/response.test.js`.

    A folder of tests does not mean a file that is called `Test.java`.
    """
    own = set(path.split("/")[:-1])
    folders = [one for one in test.split("/")[:-1] if one not in own and not holds_tests(one)]
    return any(other != path for folder in folders for other in by_name.get(_plain(folder), ()))


def test_map(
    files: Iterable[SourceFile], edges: Iterable[Edge], *, churn: Mapping[str, float]
) -> list[Note]:
    """How tests are named here, and tests that a name does not tell."""
    listing = list(files)
    named, importing = tests_of(listing, edges)
    product = [file for file in listing if file.is_product]
    product.sort(key=lambda file: (-churn.get(file.path, 0.0), file.path))
    apart = [f.path for f in product if _is_apart(f.path, named.get(f.path, ()))]
    told = [path for path in apart if len({*named[path], *importing.get(path, ())}) > 1]
    tested = [_tested(path, named[path], importing.get(path, [])) for path in told[:MOST]]
    return [*_convention(apart, named), *tested]


def _is_apart(path: str, tests: Sequence[str]) -> bool:
    """Whether a file has tests, and not only some beside it, where anyone finds them."""
    return any(posixpath.dirname(test) != posixpath.dirname(path) for test in tests)


def _convention(paths: Sequence[str], named: Mapping[str, Sequence[str]]) -> list[Note]:
    """One note that tests have the names of what they test, where that holds for several files."""
    if len(paths) < _FEWEST_TESTS:
        return []
    examples = [(path, named[path][0]) for path in paths[:3]]
    path, test = examples[0]
    return [
        survey_note(
            NoteKind.TEST_MAP,
            about=("names",),
            title=f"{len(paths)} files have a test of their name elsewhere, as"
            f" {posixpath.basename(path)} has {test}",
            body="; ".join(f"{path}: {test}" for path, test in examples) + ".",
            evidence=[at_path(one) for example in examples for one in example],
        )
    ]


def _tested(path: str, named: Sequence[str], importing: Sequence[str]) -> Note:
    others = [test for test in importing if test not in named]
    count = f"{len(others)} more import it" if len(others) > 1 else "one more imports it"
    more = f" Others that import it: {listed(others, 5)}." if others else ""
    return survey_note(
        NoteKind.TEST_MAP,
        about=(path,),
        title=f"{path} is tested by {listed(named, 2)}{f'; {count}' if others else ''}",
        body=f"After a change run {listed(named, 4)} first.{more}",
        evidence=[at_path(path), *map(at_path, named[:3])],
        confidence=1.0 if set(named) & set(importing) else 0.8,
    )
