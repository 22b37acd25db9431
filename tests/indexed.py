"""A work tree and its index, filled without a parser child: only Python, by way of `ast`."""

from __future__ import annotations

import ast
import json
from hashlib import blake2b, sha256
from pathlib import Path

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.statements import Statement, pack
from repo_sleeper.domain.tree import Signature
from repo_sleeper.store import code, contents
from repo_sleeper.store.contents import Content, FileRow
from repo_sleeper.store.database import Database


class Indexed:
    """Files on disk and in the store, always in agreement unless a test says otherwise."""

    def __init__(self, db: Database, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.db = db
        self.root = root
        self.tree = code.ensure_tree(db, root, root / ".git")

    def write(self, path: str, text: str, *, dirty_at: float | None = None) -> str:
        """Write and index; returns the subject hash."""
        data = text.encode()
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        content = _python(data) if path.endswith(".py") else _text(data)
        key = (content.hash, content.grammar)
        known = contents.known_contents(self.db, [key]) or contents.add_contents(self.db, [content])
        row = FileRow(path, known[key], Signature(len(data), 0, 0, 0), dirty_at)
        contents.put_files(self.db, self.tree, [row])
        return str(content.node_hash)

    def remove(self, path: str) -> None:
        """Delete and forget."""
        (self.root / path).unlink()
        contents.remove_files(self.db, self.tree, [path])

    def rename(self, old: str, new: str) -> None:
        """Move, as git would see it."""
        text = (self.root / old).read_text()
        self.remove(old)
        self.write(new, text)


def _text(data: bytes) -> Content:
    return Content(
        hash=_content_hash(data),
        grammar="text q9",
        language="text",
        size=len(data),
        lines=data.count(b"\n"),
        node_hash=_node_hash(data.decode()),
    )


def _python(data: bytes) -> Content:
    tree = ast.parse(data)
    symbols = _symbols(tree)
    outside = [node for node in tree.body if not isinstance(node, _DEFINITIONS)]
    return Content(
        hash=_content_hash(data),
        grammar="python test",
        language="python",
        size=len(data),
        lines=data.count(b"\n"),
        node_hash=_node_hash(ast.dump(tree)),
        module_hash=_node_hash("".join(ast.dump(node) for node in outside)),
        symbols=symbols,
        references=_references(tree, symbols),
        statements=pack(
            Statement(
                f"{_node_hash(ast.dump(node)) & 0xFFFFFFFF:08x}",
                Range(node.lineno - 1, node.end_lineno or node.lineno),
            )
            for node in outside
        ),
    )


_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
_SymbolRow = tuple[str, str, str, int, int, int, int | None, str, str]


def _symbols(tree: ast.Module) -> list[_SymbolRow]:
    rows: list[_SymbolRow] = []

    def walk(body: list[ast.stmt], parent: int | None, prefix: str) -> None:
        for node in body:
            if isinstance(node, _DEFINITIONS):
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                name = prefix + node.name
                start, end = node.lineno - 1, node.end_lineno or node.lineno
                hash_ = _node_hash(ast.dump(node))
                rows.append(
                    (node.name, name, kind, start, end, hash_, parent, f"{kind} {name}", "")
                )
                walk(node.body, len(rows) - 1, f"{name}.")

    walk(tree.body, None, "")
    return rows


def _references(tree: ast.Module, symbols: list[_SymbolRow]) -> list[tuple[str, str]]:
    found: dict[str, dict[int | None, int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            line = node.lineno - 1
            around = [at for at, row in enumerate(symbols) if row[3] <= line < row[4]]
            found.setdefault(name, {}).setdefault(max(around, default=None), line)
    return [
        (name, json.dumps([[at, "name", str(line)] for at, line in places.items()]))
        for name, places in found.items()
    ]


def _content_hash(data: bytes) -> str:
    return sha256(data).hexdigest()[:32]


def _node_hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)
