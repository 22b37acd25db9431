"""A judge of its own: is a piece of code as it was, to the token? Knows nothing of node hashes.

Python is read with the standard library's `ast` and `tokenize`; of other languages only the
places of definitions are taken from the index, and their words compared without white space and
comments. So the judge cannot agree with what it judges by construction.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate

from repo_sleeper.domain.code import Range

WHOLE = "\0"  # the name of a file as a whole
MODULE = "\1"  # what is in no definition, all of it
OUTSIDE = ""  # the name of what is in no definition: one piece for each statement

_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER})
_STEPS = frozenset({tokenize.INDENT, tokenize.DEDENT})
_SLASHES = re.compile(
    r"(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`[^`]*`)|//[^\n]*|/\*.*?\*/|(\w+|[^\w\s])",
    re.DOTALL,
)
# A lifetime is no text that is never closed, and a backtick is none at all.
_RUST = re.compile(
    r"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\\n])')|//[^\n]*|/\*.*?\*/|(\w+|[^\w\s])", re.DOTALL
)
_HASHES = re.compile(r"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|#[^\n]*|(\w+|[^\w\s])", re.DOTALL)
_LIKE_C = "go js cjs jsx mjs ts cts mts tsx java c h cc cpp hpp kt scala swift php cs"
_LIKE_SHELL = "rb sh bash"
_OUTSIDE_OF_IT = frozenset({"const", "var", "type", "let", "export"})  # of the group it is in
_IN_THE_MIDDLE = tuple(".)]}&|?:+=,")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines: `tokens` identifies what they say, `text` how they are written."""

    lines: Range
    tokens: str
    text: str


@dataclass(slots=True)
class Pieces:
    """The pieces of one content by qualified name; several may share one."""

    named: dict[str, list[Piece]] = field(default_factory=lambda: defaultdict(list))

    def at(self, name: str, line: int) -> Piece | None:
        """The piece of this name around a line: the innermost one."""
        around = [piece for piece in self.named.get(name, ()) if line in piece.lines]
        return min(around, key=lambda p: p.lines.end - p.lines.start, default=None)


def pieces(path: str, text: str, places: Sequence[tuple[str, Range]]) -> Pieces | None:
    """All pieces of a content; None when it cannot be read. `places` are used but for Python."""
    if path.endswith(".py"):
        try:
            found = _python(text)
        except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
            return None
    elif (words := _words(path)) is not None:
        found = _others(text.split("\n"), places, words)
    else:
        found = Pieces()
    whole = Range(0, text.count("\n") + 1)
    found.named[WHOLE].append(Piece(whole, _digest(text), _digest(text)))
    return found


def _words(path: str) -> re.Pattern[str] | None:
    suffix = path.rpartition(".")[2]
    if suffix == "rs":
        return _RUST
    if suffix in _LIKE_C.split():
        return _SLASHES
    return _HASHES if suffix in _LIKE_SHELL.split() else None


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


# --- Python -----------------------------------------------------------------------------------


def _python(text: str) -> Pieces:
    said = _said(text)
    lines = text.split("\n")
    found = Pieces()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what the code says
        tree = ast.parse(text)
    for name, node in _nodes(tree, ""):
        found.named[name].append(_piece(_lines(node), said, lines))
    outside = found.named.get(OUTSIDE, ())
    tokens, texts = (one.tokens for one in outside), (one.text for one in outside)
    found.named[MODULE].append(Piece(Range(0, len(lines)), _digest(*tokens), _digest(*texts)))
    return found


def _said(text: str) -> Mapping[int, list[str]]:
    """The tokens of each line; steps of indentation count, their width does not."""
    said: dict[int, list[str]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _STEPS:
            said[token.start[0] - 1].append(tokenize.tok_name[token.type])
        elif token.type == tokenize.NEWLINE:
            said[token.start[0] - 1].append("NEWLINE")
        elif token.type not in _LAYOUT:
            said[token.start[0] - 1].append(token.string)
    return said


def _piece(where: Range, said: Mapping[int, list[str]], lines: Sequence[str]) -> Piece:
    tokens = [token for line in range(where.start, where.end) for token in said.get(line, ())]
    while tokens and tokens[0] in {"INDENT", "DEDENT"}:  # of what is around it
        tokens.pop(0)
    return Piece(where, _digest(*tokens), _digest(*lines[where.start : where.end]))


def _nodes(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    """Definitions and assignments by qualified name, and what is outside all definitions."""
    for node in _statements(tree):
        if isinstance(node, _DEFINITIONS):
            yield f"{prefix}{node.name}", node
            yield from _nodes(node, f"{prefix}{node.name}.")
            continue
        for name in _assigned(node):
            yield f"{prefix}{name}", node
        if not prefix:
            yield OUTSIDE, node
        yield from _nodes(node, prefix)


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _statements(child)


def _assigned(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    for target in [node.target] if isinstance(node, ast.AnnAssign) else targets:
        if isinstance(target, ast.Name):
            yield target.id


def _lines(node: ast.stmt) -> Range:
    above = [decorator.lineno for decorator in getattr(node, "decorator_list", ())]
    return Range(min([node.lineno, *above]) - 1, node.end_lineno or node.lineno)


# --- other languages --------------------------------------------------------------------------


def _others(
    lines: Sequence[str], places: Sequence[tuple[str, Range]], words: re.Pattern[str]
) -> Pieces:
    found = Pieces()
    for name, where in places:
        found.named[name].append(_words_of(where, lines, words))
    taken = {at for _, where in places for at in range(where.start, where.end)}
    for where in _whole(lines, taken, words):
        found.named[OUTSIDE].append(_words_of(where, lines, words))
    rest = ["" if at in taken else line for at, line in enumerate(lines)]
    found.named[MODULE].append(_words_of(Range(0, len(lines)), rest, words))
    return found


def _words_of(where: Range, lines: Sequence[str], words: re.Pattern[str]) -> Piece:
    text = "\n".join(lines[where.start : where.end])
    tokens = [token for groups in words.findall(text) if (token := "".join(groups))]
    while tokens and tokens[0] in _OUTSIDE_OF_IT:
        tokens.pop(0)
    return Piece(where, _digest(*tokens), _digest(text))


def _whole(
    lines: Sequence[str], taken: AbstractSet[int], words: re.Pattern[str]
) -> Iterator[Range]:
    """What begins outside all definitions, each until its brackets are closed and it ends.

    A definition in between belongs to what is around it: to replace one replaces that.
    """
    steps = _steps(lines, words)
    at = 0
    while at < len(lines):
        if at in taken or not lines[at].strip():
            at += 1
            continue
        end = _end(lines, at, steps)
        yield Range(at, end)
        at = end


def _steps(lines: Sequence[str], words: re.Pattern[str]) -> Counter[int]:
    """How many brackets more each line opens than it closes, in comments and texts none."""
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    steps: Counter[int] = Counter()
    for found in words.finditer("\n".join(lines)):
        bracket = found[2] or ""
        if bracket and bracket in "([{)]}":
            steps[bisect(starts, found.start()) - 1] += 1 if bracket in "([{" else -1
    return steps


def _end(lines: Sequence[str], start: int, steps: Mapping[int, int]) -> int:
    """Behind the last line of what begins at `start`; all of the rest where nothing closes it."""
    depth = 0
    for at in range(start, len(lines)):
        depth += steps.get(at, 0)
        if depth <= 0 and not _goes_on(lines, start, at + 1):
            return at + 1
    return len(lines)


def _goes_on(lines: Sequence[str], start: int, end: int) -> bool:
    """Whether what follows is indented more than the first line, or begins in mid-sentence."""
    following = next((line for line in lines[end:] if line.strip()), "")
    if _indent(following) > _indent(lines[start]):
        return True
    return end < len(lines) and lines[end].lstrip()[:1] in _IN_THE_MIDDLE


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
