"""What a path is to an answer: the product, what is built of it or shows it, or a test."""

from __future__ import annotations

import re
from functools import lru_cache

_TEST = re.compile(
    r"(^|/)(tests?|specs?|__tests__)/|(^|/)tests?[_.]|[_.](test|spec)s?\.|(Test|Spec)s?\.\w+$"
)
_ASIDE = re.compile(
    r"(^|/)_?(examples?|samples?|demos?|playgrounds?|docs?|docs_src|bench|benchmarks?|dist|build)/"
    r"|_amalgamated\.\w+$|\.(adoc|md|markdown|rst|txt)$"
)


@lru_cache(maxsize=1 << 14)
def is_test(path: str) -> bool:
    """Whether a path looks like a test's."""
    return _TEST.search(path) is not None


def aside(path: str) -> int:
    """0 for the product, then what is built of it or shows it, then its tests."""
    return 2 if is_test(path) else int(_ASIDE.search(path) is not None)
