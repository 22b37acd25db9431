"""Paths as text that can be stored, one to one with the bytes of their names."""

from __future__ import annotations

# A file name is bytes; we want it in text columns and JSON. Each byte that is not UTF-8 becomes
# one character of this private range, and so does each byte of a name that really holds such a
# character, so the mapping is one to one and every path we hold can be stored and compared.
_ESCAPE = 0x10FF00
_SURROGATES = range(0xDC80, 0xDD00)  # what Python makes of bytes that are not UTF-8


def path_from_bytes(raw: bytes) -> str:
    """The path as we hold it: text that can be stored, one to one with the bytes of the name."""
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text
    return "".join(_escaped(char) for char in text)


def path_to_bytes(path: str) -> bytes:
    """The name to give to the operating system; the inverse of `path_from_bytes`."""
    if path.isascii():
        return path.encode()
    return b"".join(
        bytes([ord(char) - _ESCAPE]) if ord(char) >= _ESCAPE else char.encode() for char in path
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if code in _SURROGATES:
        return chr(_ESCAPE + code - 0xDC00)
    if code >= _ESCAPE:
        return "".join(chr(_ESCAPE + byte) for byte in char.encode())
    return char
