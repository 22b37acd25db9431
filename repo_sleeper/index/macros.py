"""What C++ says with macros that its grammar cannot know."""

from __future__ import annotations

import re

# `class SHOP_EXPORT Cart : public Base {` is no class to the grammar, and nothing in it a member;
# `int n GUARDED_BY(lock);` ends the class it stands in. The second are Clang's own names.
_UNKNOWN = re.compile(
    rb"\b(?:class|struct|union)[ \t]+([A-Z][A-Z\d_]*(?:EXPORTS?|API|_PUBLIC|_DECL|_DLL))"
    rb"(?=[ \t]+[A-Za-z_]\w*(?:[ \t]+final)?\s*[:{])"
    rb"|\b((?:[A-Z]+_)?(?:(?:PT_)?GUARDED_(?:BY|VAR)|(?:EXCLUSIVE|SHARED)_LOCKS_REQUIRED|LOCKS_EXCLUDED"
    rb"|LOCK_RETURNED|(?:EXCLUSIVE_|SHARED_)?(?:TRY)?(?:UN)?LOCK_FUNCTION"
    rb"|ASSERT_(?:EXCLUSIVE|SHARED)_LOCK|ACQUIRED_(?:AFTER|BEFORE))\([^()\n]*\))"
)


def without_macros(data: bytes) -> bytes:
    """The same with blanks for macros that export a class or annotate locks; places stay."""
    return _UNKNOWN.sub(_blanked, data)


def _blanked(found: re.Match[bytes]) -> bytes:
    start, end = (at - found.start() for at in found.span(found.lastindex or 0))
    text = found[0]
    return text[:start] + b" " * (end - start) + text[end:]
