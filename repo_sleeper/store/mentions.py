"""Lines that name a thing and are no use that the index reads: given on as a value, or read.

In `Options{Sort: ByPrice}`, `cart.total` or the text of a C macro the index sees a word and no use
of it. Who asks for the users of a function is told of such lines apart, so that none is missed; of
a constant, a variable or a field they are all there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.store import code, search
from repo_sleeper.store.code import StoredReference, StoredSymbol
from repo_sleeper.store.database import Database
from repo_sleeper.store.namesakes import Reader
from repo_sleeper.words import counted

_FILES = 400  # more are read only of a word that is everywhere
_MOST_TOLD = 6
_NO_USE = " that the index reads as no use"
CALLABLE = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
CODE_NAME = re.compile(r"\w_\w|[a-z\d][A-Z]|[A-Z]{2}")  # spelt as no plain word is
_BLOCK = re.compile(r"/\*(?<!\S/\*).*?\*/|\"\"\".*?\"\"\"|'{3}.*?'{3}", re.DOTALL)
_ASIDE = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|^\s*(?:import|include|package|use|using)\b.*"
    r"|(?://|#(?!(?:define|elif|if|ifdef|ifndef)\b)|--\s).*"
)


def mentions(  # noqa: PLR0913, PLR0917 -- a name, and what is known of it already
    db: Database,
    tree_id: int,
    name: str,
    uses: Iterable[StoredReference],
    read: Reader,
    among: Callable[[str], bool],
) -> list[tuple[str, int]]:
    """Paths and 0-based lines of code, in files that are wanted, where a thing is named.

    A plain word counts only as a member (`cart.total`): alone it may be any variable.
    """
    defined = code.definitions(db, tree_id, name)
    if not defined:
        return []
    known = {(use.path, line) for use in uses for line in use.lines}
    wanted = _pattern(name)
    return [
        (path, at)
        for path in filter(among, naming(db, tree_id, name, limit=_FILES))
        for at in _lines(read(path), wanted, [one for one in defined if one.path == path])
        if (path, at) not in known
    ]


def mentioned(found: Sequence[tuple[str, int]], which: str = _NO_USE) -> Iterator[str]:
    """The first of such lines as an answer tells them, and how many there are."""
    if not found:
        return
    yield f"Also named on {counted(len(found), 'line')}{which}:"
    for path, line in found[:_MOST_TOLD]:
        yield f"- {path}:{line + 1}"
    if len(found) > _MOST_TOLD:
        yield f"- and {len(found) - _MOST_TOLD:,} more"


def _pattern(name: str) -> re.Pattern[str]:
    # The name before what has to stand before it: a pattern that begins with text is found fast.
    word = re.escape(name)
    if CODE_NAME.search(name):
        return re.compile(rf"{word}(?!\w)(?<!\w{word})")
    return re.compile(rf"{word}(?!\w)(?:(?<=\.{word})|(?<=->{word})|(?<=::{word}))")


def _lines(
    text: Sequence[str], wanted: re.Pattern[str], defined: Iterable[StoredSymbol]
) -> Iterator[int]:
    """The lines that name it outside texts, remarks, imports and what defines it."""
    own = {_head(text, wanted, one) for one in defined}
    return (at for at, _ in bare(text, wanted) if at not in own)


def bare(text: Sequence[str], wanted: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The lines that have what is wanted, without what is quoted, remarked or imported in them."""
    whole = "\n".join(text)
    if wanted.search(whole) is None:
        return  # most files: nothing else is looked for there
    blank = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), whole)
    for at, line in enumerate(blank.split("\n")):
        if wanted.search(line) and wanted.search(rest := _ASIDE.sub("", line)):
            yield at, rest


def _head(text: Sequence[str], wanted: re.Pattern[str], one: StoredSymbol) -> int:
    """The line of a definition that has its name: decorators may stand before it."""
    lines = range(one.range.start, min(one.range.end, len(text)))
    return next((at for at in lines if wanted.search(text[at])), one.range.start)


def naming(db: Database, tree_id: int, name: str, *, limit: int) -> list[str]:
    """Files of code whose text has the name, or words that read like it."""
    rows = db.rows(
        """select distinct f.path from chunk_words w
           join chunks c on c.id = w.rowid
           join blobs b on b.id = c.blob_id and b.language <> 'text'
           join files f on f.blob_id = c.blob_id and +f.tree_id = ?
           where chunk_words match ? order by f.path limit ?""",
        (tree_id, search.quoted(name), limit),
    )
    return [row[0] for row in rows]
