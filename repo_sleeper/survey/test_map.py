"""Which tests belong to which file, and which busy files have none."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.files import SourceFile, is_test
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.wording import MOST, at_path, listed, survey_note

_MARKS = re.compile(
    r"^tests?[_.-]|[_.-](tests?|spec)$|(?<=[a-z0-9])(Tests?|Spec|IT)$|^Test(?=[A-Z])"
)
_NOISE = re.compile(r"[^a-z0-9]+")
_FEWEST_TESTS = 3
_FEWEST_CHANGES = 4
_UNTESTED = 6
_DEPTH = 3  # folders that may be part of a test's name: test_utils_url for utils/url


def tests_of(
    files: Iterable[SourceFile], edges: Iterable[Edge]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """For each file of the product, the tests named after it and the tests that import it."""
    listing = list(files)
    product = {file.path for file in listing if file.is_product}
    named = _named(product, [f.path for f in listing if f.is_code and is_test(f.path)])
    importing: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.target in product and is_test(edge.path):
            importing[edge.target].add(edge.path)
    return named, {path: sorted(tests) for path, tests in sorted(importing.items())}


def _named(product: Collection[str], tests: Sequence[str]) -> dict[str, list[str]]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in sorted(product):
        for name in _names(path):
            by_name[name].append(path)
    found: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests):
        stem, marks = _MARKS.subn("", posixpath.splitext(posixpath.basename(test))[0])
        if marks:
            for path in _closest(by_name.get(_plain(stem), []), test):
                found[path].append(test)
    return dict(found)


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


def test_map(
    files: Iterable[SourceFile],
    edges: Iterable[Edge],
    *,
    churn: Mapping[str, float],
    recent: Sequence[Sequence[str]],
    mentioning: Callable[[str], Collection[str]],
) -> list[Note]:
    """Notes on the busiest files: their tests, or that there are none.

    `mentioning` gives the tests that use a name which a file defines. A file that tests reach
    only through another one, or through their own helpers, is not called untested.
    """
    listing = list(files)
    edges = list(edges)
    named, importing = tests_of(listing, edges)
    product = [file for file in listing if file.is_product]
    product.sort(key=lambda file: (-churn.get(file.path, 0.0), file.path))
    tested = [f for f in product if not _is_obvious(f.path, named.get(f.path, ()))][:MOST]
    notes = [_tested(f.path, named[f.path], importing.get(f.path, [])) for f in tested]
    if sum(file.is_code and is_test(file.path) for file in listing) < _FEWEST_TESTS:
        return notes
    changes = Counter(path for paths in recent for path in paths)
    covered = named.keys() | _reached(edges)
    bare = [f for f in product if f.path not in covered and changes[f.path] >= _FEWEST_CHANGES]
    untested = (f for f in bare if not mentioning(f.path))
    return notes + [
        _untested(file, changes[file.path], len(recent)) for file in islice(untested, _UNTESTED)
    ]


def _is_obvious(path: str, tests: Sequence[str]) -> bool:
    """Whether anyone would find the tests without a note: there are none, or all lie beside."""
    return all(posixpath.dirname(test) == posixpath.dirname(path) for test in tests)


def _reached(edges: Iterable[Edge]) -> set[str]:
    """What tests import, and what that imports."""
    imported: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        imported[edge.path].add(edge.target)
    tests = [path for path in imported if is_test(path)]
    first = {target for test in tests for target in imported[test]}
    return first.union(*(imported.get(path, ()) for path in first))


def _tested(path: str, named: Sequence[str], importing: Sequence[str]) -> Note:
    others = [test for test in importing if test not in named]
    more = f" Others that import it ({len(others)}): {listed(others)}." if others else ""
    return survey_note(
        NoteKind.TEST_MAP,
        about=(path,),
        title=f"{path} is tested by {listed(named, 2)}",
        body=f"After a change run {listed(named, 4)} first.{more}",
        evidence=[at_path(path), *map(at_path, named[:3])],
        confidence=1.0 if set(named) & set(importing) else 0.8,
    )


def _untested(file: SourceFile, changes: int, of: int) -> Note:
    return survey_note(
        NoteKind.TEST_MAP,
        about=("untested", file.path),
        title=f"{file.path} has no test of its own: {changes} of the last {of} commits changed it",
        body=f"No test file is named after it, uses a name that it defines, or imports it even by"
        f" way of another file ({file.lines} lines): a mistake here is noticed late.",
        evidence=[at_path(file.path)],
        confidence=0.7,
    )
