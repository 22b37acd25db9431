"""Which commits mend the program, by what they say of themselves."""

from __future__ import annotations

import pytest

from repo_sleeper.history.fixes import is_fix


@pytest.mark.parametrize(
    "subject",
    [
        "Fix crash on empty cart",
        "fix(cart): total of an empty cart",
        "Fixes #12",
        "bugfix: wrong rounding",
        "Hot-fix for the login loop",
        "Repair a regression in parsing",
        "Avoid a deadlock on shutdown",
        "Memory leak in the pool",
        "Off-by-one in paging",
        "Fix parsing of RFC3339 dates",
        "Add a missing lock, fix the lost update, fixes #12",
        "Do not cache none, fixes #12",
        "Fix style of the total being lost",
    ],
)
def test_a_mending_commit_is_a_fix(subject: str) -> None:
    assert is_fix(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Add a prefix to fixtures",
        "Fix typo in the docs",
        "Fix flake8 warnings",
        "Fix failing tests",
        "Fix E502: backslash is redundant between brackets",
        "fix: regex",
        "Fixed import",
        "Fix the issue",
        "Fix SA1515/SA1612 (#2018)",
        "Fix ide0002 style rule (#2302)",
        "Fix error prone warns (#2320)",
        "Fix rubocop offenses",
        "Add menus, fixes #12",
        "feat(menu): nested ones, fixes shop/menu#12",
        "docs: fix broken links",
        "Debug output for the scheduler",
        "Release 1.2",
        "",
    ],
)
def test_looks_docs_and_tests_are_no_fixes(subject: str) -> None:
    assert not is_fix(subject)
