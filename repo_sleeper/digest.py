"""BLAKE2 without the rest of hashlib, which brings OpenSSL with it."""

from __future__ import annotations

# hashlib hands out this very function. Every parser child waits for its imports, and OpenSSL
# takes a tenth of the time in which one gets ready.
try:
    from _blake2 import blake2b
except ImportError:  # another implementation of Python
    from hashlib import blake2b

__all__ = ("blake2b",)
