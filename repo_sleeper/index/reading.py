"""One content to the rows that are stored."""

from __future__ import annotations

from hashlib import blake2b

from repo_sleeper.index.chunks import code_chunks, line_offsets, text_chunks
from repo_sleeper.index.definitions import Definition, definitions, document, signature
from repo_sleeper.index.hashes import Tokens
from repo_sleeper.index.languages import TEXT
from repo_sleeper.index.references import imports, references
from repo_sleeper.index.rows import Rows, SymbolRow
from repo_sleeper.index.syntax import parse


def read_rows(data: bytes, language: str) -> Rows:
    """Parse and take apart. Raises TooDeepError; a crash or a hang is the caller's to contain."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = b"   " + data[3:]  # a byte order mark is no token; the places stay
    return _text_rows(data) if language == TEXT else _code_rows(data, language)


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _text_rows(data: bytes) -> Rows:
    # A text has no syntax: its words in their order are what it is, however they are laid out.
    digest = blake2b(b" ".join(data.split()), digest_size=8).digest()
    whole = int.from_bytes(digest, "little", signed=True)
    return Rows(
        _lines(data), whole, whole, symbols=[], references=[], imports=[], chunks=text_chunks(data)
    )


def _code_rows(data: bytes, language: str) -> Rows:
    root, captures = parse(data, language)
    found = definitions(data, captures)
    document(data, found, captures)
    lines = line_offsets(data)
    comments = captures.get("comment", [])
    gone = [(node.start_byte, node.end_byte) for node in comments]
    tokens = Tokens(
        data,
        cuts=(cut for one in found for cut in (one.start, one.end)),
        comments=gone,
        strings=captures.get("string", []),
    )
    prose = sorted(
        (node.start_point.row, node.start_byte, node.end_byte)
        for node in (*comments, *captures.get("doc", ()))
    )
    return Rows(
        _lines(data),
        tokens.hash(0, len(data)),
        tokens.hash_outside(_outermost(found)),
        [_symbol(data, one, tokens, gone) for one in found if one.position is not None],
        references(data, found, captures, lines=lines),
        imports(data, captures),
        code_chunks(data, found, lines=lines, comments=prose),
        root.has_error,
    )


def _outermost(found: list[Definition]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for one in found:
        if one.position is not None and (not ranges or one.start >= ranges[-1][1]):
            ranges.append((one.start, one.end))
    return ranges


def _symbol(
    data: bytes, one: Definition, tokens: Tokens, comments: list[tuple[int, int]]
) -> SymbolRow:
    owner = one.owner
    return (
        one.name,
        one.qualified,
        one.kind,
        one.row,
        one.end_row,
        tokens.hash(one.start, one.end),
        None if owner is None else owner.position,
        signature(data, one, comments),
        one.doc,
    )
