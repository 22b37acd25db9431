"""Busy files that no test seems to reach, where tests are programs that reach the others."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.files import SourceFile, is_aside, is_test
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.wording import at_path, survey_note

_FEWEST_TESTS = 3
_FEWEST_CHANGES = 4
_MOST = 6
_NARROW = 10  # paths: in a commit of more, a test may be there for anything
_WITH_TESTS = 0.2  # of the changes of a file: as many come with one by chance
# Where imports are resolved; elsewhere nothing can be said to be reached by no test. Nor in C#,
# where a test calls methods of a class that it does not name.
_LINKED = frozenset(
    {"python", "javascript", "typescript", "tsx", "go", "java", "c", "cpp", "php", "ruby"}
)
_IN_HALVES = frozenset({"c", "cpp"})  # what includes cart.h runs cart.c
_TOOLS = frozenset({"scripts", "script", "tools", "tool", "ci", "hack", "dev", "build", "bin"})
_STARTS = frozenset(
    {"__init__", "__main__", "index", "main", "mod", "package-info", "setup", "version"}
    | {"_version", "__version__"}
)


def untested(  # noqa: PLR0913 -- the facts it rests on, each by name
    files: Iterable[SourceFile],
    edges: Iterable[Edge],
    *,
    named: Collection[str],
    churn: Mapping[str, float],
    recent: Sequence[Sequence[str]],
    mentioning: Callable[[str], Collection[str]],
    is_plain: Callable[[str], bool],
) -> list[Note]:
    """The busiest first. `named` are the files that a test has the name of.

    `mentioning` gives the files that name what a file defines, `is_plain` whether a file does
    hardly anything. A file that tests reach only through another one, or through their own
    helpers, is not called untested, nor is one whose changes tests came with.
    """
    listing = list(files)
    if not tests_are_programs(listing, fewest=_FEWEST_TESTS):
        return []
    changes = Counter(path for paths in recent for path in paths)
    halves = _halves(listing)
    covered = _with_halves(named, halves) | _reached(edges, halves)
    told = {_stem(file.path) for file in listing if is_test(file.path) and not file.is_code}
    product = [file for file in listing if file.is_product and _is_testable(file)]
    product.sort(key=lambda file: (-churn.get(file.path, 0.0), file.path))
    bare = [f for f in product if f.path not in covered and changes[f.path] >= _FEWEST_CHANGES]
    found = (
        file
        for file in bare
        if _stem(file.path) not in told
        and not _came_with_tests(halves.get(file.path, {file.path}), changes, recent)
        and not is_plain(file.path)
        and not _is_reached_by_name(file.path, mentioning, covered)
    )
    return [
        _note(file, changes[file.path], len(recent), _with_tests(file.path, recent))
        for file in islice(found, _MOST)
    ]


def tests_are_programs(files: Iterable[SourceFile], *, fewest: int) -> bool:
    """Whether there are some, and not more of data: what data reaches, no import tells.

    Those of others' code are not of this one.
    """
    own = [file for file in files if is_test(file.path) and not is_aside(file.path)]
    programs = sum(file.is_code for file in own)
    return programs >= fewest and programs >= len(own) - programs


def _is_testable(file: SourceFile) -> bool:
    """Whether a test of its own is to be expected: not of scripts, starts and lists of names."""
    folders = file.path.split("/")[:-1]
    if not _TOOLS.isdisjoint(folders) or file.language not in _LINKED:
        return False
    return _stem(file.path) not in _STARTS


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _came_with_tests(
    paths: Iterable[str], changes: Mapping[str, int], recent: Sequence[Sequence[str]]
) -> bool:
    """Whether one of the files, the halves of one whole, is changed with tests."""
    return any(_with_tests(path, recent) > _WITH_TESTS * changes[path] for path in paths)


def _with_tests(path: str, recent: Iterable[Sequence[str]]) -> int:
    """How many of its changes came with one of a test, be that a program or data."""
    own = (paths for paths in recent if path in paths and len(paths) <= _NARROW)
    return sum(any(map(is_test, paths)) for paths in own)


def _is_reached_by_name(
    path: str, mentioning: Callable[[str], Collection[str]], covered: Collection[str]
) -> bool:
    """Whether a test, or what tests reach, uses a name that the file defines."""
    return any(is_test(user) or user in covered for user in mentioning(path))


def _halves(files: Iterable[SourceFile]) -> dict[str, set[str]]:
    """For each header and source the others of its name, wherever they lie."""
    by_name: dict[str, set[str]] = defaultdict(set)
    for file in files:
        if file.language in _IN_HALVES:
            by_name[_stem(file.path)].add(file.path)
    return {path: paths for paths in by_name.values() if len(paths) > 1 for path in paths}


def _with_halves(paths: Iterable[str], halves: Mapping[str, Collection[str]]) -> set[str]:
    known = set(paths)
    return known.union(*(halves.get(path, ()) for path in known))


def _reached(edges: Iterable[Edge], halves: Mapping[str, Collection[str]]) -> set[str]:
    """What tests import, and what that imports."""
    imported: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        imported[edge.path].add(edge.target)
    tests = [path for path in imported if is_test(path)]

    def next_after(paths: Iterable[str]) -> set[str]:
        targets = {target for path in paths for target in imported.get(path, ())}
        return _with_halves(targets, halves)

    first = next_after(tests)
    return first | next_after(first)


def _note(file: SourceFile, changes: int, of: int, with_tests: int) -> Note:
    came = f"{with_tests} of its changes" if with_tests else "none of its changes"
    return survey_note(
        NoteKind.TEST_MAP,
        about=("untested", file.path),
        title=f"{file.path} has no test of its own: {changes} of the last {of} commits changed it",
        body="No test file is named after it, uses a name that it defines, or reaches it even by"
        f" way of another file ({file.lines} lines), and {came} came with a changed test: a mistake"
        " here is noticed late.",
        evidence=[at_path(file.path)],
        confidence=0.7,
    )
