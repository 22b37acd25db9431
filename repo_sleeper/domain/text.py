"""Bytes of a file as the text that they are, the same way for the index and for who reads on."""

from __future__ import annotations

# In this order: the first mark begins with the second.
_WIDE = ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKS = tuple(mark for mark, _ in _WIDE)


def as_utf8(data: bytes) -> bytes:
    """UTF-16 and UTF-32 with their marks as UTF-8; everything else as it is.

    Lines and places in the index are those of these bytes. A content hash is one of the file's
    own bytes: it is compared before they are taken for text.
    """
    if not data.startswith(_MARKS):
        return data
    encoding = next(encoding for mark, encoding in _WIDE if data.startswith(mark))
    return data.decode(encoding, "replace").encode("utf-8", "replace")


def as_text(data: bytes) -> str:
    """What the bytes say; what is no text in them is replaced."""
    return as_utf8(data).decode("utf-8", "replace")
