"""One content to the rows that are stored."""

from __future__ import annotations

from repo_sleeper.digest import blake2b
from repo_sleeper.index.chunks import text_chunks
from repo_sleeper.index.languages import CONTAINERS, TEXT
from repo_sleeper.index.parts import code_rows
from repo_sleeper.index.rows import Rows


def read_rows(data: bytes, language: str) -> Rows:
    """Parse and take apart. Raises TooDeepError; a crash or a hang is the caller's to contain."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = b"   " + data[3:]  # a byte order mark is no token; the places stay
    if language == TEXT:
        return _text_rows(data)
    return _container_rows(data, language) if language in CONTAINERS else code_rows(data, language)


def _container_rows(data: bytes, language: str) -> Rows:
    from repo_sleeper.index import documents  # few repositories have any

    if language == "markdown":
        return documents.markdown_rows(data, _text_rows(data))
    if language == "notebook":
        return documents.notebook_rows(data)
    return documents.component_rows(data)


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _text_rows(data: bytes) -> Rows:
    # A text has no syntax: its words in their order are what it is, however they are laid out.
    digest = blake2b(b" ".join(data.split()), digest_size=8).digest()
    whole = int.from_bytes(digest, "little", signed=True)
    return Rows(
        _lines(data), whole, whole, symbols=[], references=[], imports=[], chunks=text_chunks(data)
    )
