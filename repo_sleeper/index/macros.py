"""Words that a grammar cannot know, and that hide from it what they stand beside."""

from __future__ import annotations

import re

# `class SHOP_EXPORT Cart : public Base {` is no class to the grammar, and nothing in it a member;
# `int n GUARDED_BY(lock);` ends the class it stands in. The second are Clang's own names.
_CPP = re.compile(
    rb"\b(?:class|struct|union)[ \t]+([A-Z][A-Z\d_]*(?:EXPORTS?|API|_PUBLIC|_DECL|_DLL))"
    rb"(?=[ \t]+[A-Za-z_]\w*(?:[ \t]+final)?\s*[:{])"
    rb"|\b((?:[A-Z]+_)?(?:(?:PT_)?GUARDED_(?:BY|VAR)|(?:EXCLUSIVE|SHARED)_LOCKS_REQUIRED|LOCKS_EXCLUDED"
    rb"|LOCK_RETURNED|(?:EXCLUSIVE_|SHARED_)?(?:TRY)?(?:UN)?LOCK_FUNCTION"
    rb"|ASSERT_(?:EXCLUSIVE|SHARED)_LOCK|ACQUIRED_(?:AFTER|BEFORE))\([^()\n]*\))"
)
# `actual constructor(` is newer than the grammar of Kotlin: with it the whole class is lost.
_KOTLIN = re.compile(rb"\b(actual)(?=\s+constructor\b)")
_UNKNOWN = {"cpp": _CPP, "kotlin": _KOTLIN}


def without_unknown(data: bytes, language: str) -> bytes:
    """The same with blanks for such words; places stay."""
    pattern = _UNKNOWN.get(language)
    return data if pattern is None else pattern.sub(_blanked, data)


def _blanked(found: re.Match[bytes]) -> bytes:
    start, end = (at - found.start() for at in found.span(found.lastindex or 0))
    text = found[0]
    return text[:start] + b" " * (end - start) + text[end:]
