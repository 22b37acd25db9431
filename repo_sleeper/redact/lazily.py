"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re
from typing import Any, cast


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """As good as `re.compile`, but most texts need few of many: all of them take 10 ms."""
    return cast("re.Pattern[str]", _Pattern(source, flags))


class _Pattern:
    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # Called for what is not here yet; from then on it is.
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found
