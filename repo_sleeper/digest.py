"""Digests without the rest of hashlib, which brings OpenSSL with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

# hashlib hands out these very functions where OpenSSL has none. OpenSSL takes 4 ms to load: a tenth
# of the time in which a parser child gets ready, and a question is over in a hundred. It is six
# times as fast at the SHA-256 of much, so who reads a whole repository imports hashlib.
if TYPE_CHECKING or sys.implementation.name != "cpython":
    from hashlib import blake2b, sha256
else:
    from _blake2 import blake2b

    if sys.version_info >= (3, 12):
        from _sha2 import sha256
    else:
        from _sha256 import sha256

__all__ = ("blake2b", "sha256")
