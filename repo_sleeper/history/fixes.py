"""What a commit's words say: whether it mends the program, and which lines are about people."""

from __future__ import annotations

import re

_MEND = re.compile(r"\bfix(e[sd]|ing)?\b", re.IGNORECASE)
_DEFECT = re.compile(
    r"\b((bug|hot)-?fix(es)?|bugs?|regress(ion|ed)s?|crash(e[sd]|ing)?"
    r"|segfaults?|deadlocks?|race condition|(memory|resource|fd) leaks?|off[- ]by[- ]one)\b",
    re.IGNORECASE,
)
_COSMETIC = re.compile(
    r"\b(typos?|spelling|grammar|lint(er|ing)?|flake8|pylint|mypy|ruff|black|isort|pre-commit"
    r"|format(ting)?|whitespaces?|indent(ation)?|docs?|documentation|docstrings?|comments?"
    r"|changelog|readme|news|links?|ci|travis|tox|badges?|tests?|typing|type hints?|warnings?"
    r"|code[- ]style|style (?:rules?|issues?)|stylecop|rubocop|clippy|eslint|prettier|phpstan"
    r"|psalm|sonar\w*|error[- ]?prone|analy[sz]ers?|warns|code smells?|nits?"
    r"|[CDEFW]\d{3}|(?:SA|CA|CS|IDE|SC|RUF|PLR|S)\d{4})\b",  # what such tools number
    re.IGNORECASE,
)
# `Add menus, fixes #12`: on many sites these words close what was asked for, whatever it was.
_CLOSES = re.compile(r"\bfix(?:e[sd])?:? +(?:issues? +)?(?:[\w./-]*#|https?:)", re.IGNORECASE)
_MAKES = re.compile(
    r"^\W*(?:feat\w*\W|(?:add|allow|bump|clean|deprecate|document|drop|freeze|implement|improve"
    r"|introduce|make|move|new|refactor|remove|rename|support|update|upgrade)(?:e?[sd])?\b)",
    re.IGNORECASE,
)
# `fix: regex`, `fixed import`: mends the commit before it, in the same branch.
_AFTERTHOUGHT = re.compile(r"^\W*fix(e[sd]|ing)?\b(\W+[a-z]+){0,2}\W*$", re.IGNORECASE)
_TRAILER = re.compile(r"^[A-Z][A-Za-z]*(-[A-Za-z]+)*-by: .*$", re.MULTILINE)


def is_fix(subject: str) -> bool:
    """Whether a commit says that it mends the program, rather than its looks, docs or tests."""
    if _DEFECT.search(subject) is None:
        if _MEND.search(subject) is None or _is_closing(subject):
            return False
        if "#" not in subject and _AFTERTHOUGHT.match(subject) is not None:
            return False
    return _COSMETIC.search(subject) is None


def _is_closing(subject: str) -> bool:
    """Whether all that speaks of a fix is that the commit closes an issue by making something."""
    return _MAKES.match(subject) is not None and _MEND.search(_CLOSES.sub("", subject)) is None


def without_trailers(body: str) -> str:
    """The body without the lines that hold names and addresses."""
    return _TRAILER.sub("", body)
