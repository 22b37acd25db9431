"""A work tree and its full index, words included, parsed in this process by the real parser."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from repo_sleeper.domain.history import Commit
from repo_sleeper.domain.tree import Signature
from repo_sleeper.index.languages import BY_NAME, language_named
from repo_sleeper.index.reading import read_rows
from repo_sleeper.store import code, contents, history
from repo_sleeper.store.contents import Content, FileRow
from repo_sleeper.store.database import Database


class Searchable:
    """Files on disk and in the store."""

    def __init__(self, db: Database, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.db = db
        self.root = root
        self.tree = code.ensure_tree(db, root, root / ".git")

    def write(self, path: str, text: str) -> None:
        """Write a file and index it."""
        data = text.encode()
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        named = language_named(path)
        language = named if named in BY_NAME else "text"
        rows = read_rows(data, named if named == "markdown" else language)  # fences hold code
        content = Content(
            hash=sha256(data).hexdigest()[:32],
            grammar=language,
            language=language,
            size=len(data),
            lines=rows.lines,
            symbols=rows.symbols,
            references=rows.references,
            imports=rows.imports,
            chunks=rows.chunks,
        )
        key = (content.hash, content.grammar)
        known = contents.known_contents(self.db, [key]) or contents.add_contents(self.db, [content])
        row = FileRow(path, known[key], Signature(len(data), 0, 0, 0), 0.0)
        contents.put_files(self.db, self.tree, [row])

    def commits(self, *subjects_and_paths: tuple[str, tuple[str, ...]]) -> None:
        """Commits, newest first."""
        history.add_commits(
            self.db,
            [
                (Commit(f"{age:040x}", 1_000_000 - age, "a", subject, paths=paths), False)
                for age, (subject, paths) in reversed(list(enumerate(subjects_and_paths)))
            ],
        )


CART = '''\
"""What is in a basket, and what it costs."""


class Cart:
    """Holds items until checkout."""

    def total(self, items):
        """Sum of the prices, rounded half up to cents."""
        return round_half_up(sum(item.price for item in items))

    def add_item(self, item):
        self.items.append(item)


def round_half_up(amount):
    return int(amount * 100 + 0.5) / 100
'''
TEST_CART = """\
from shop.cart import Cart


def test_total_is_rounded():
    assert Cart().total([]) == 0
"""
MAIL = '''\
def send_receipt(order, address):
    """Mail the receipt of an order through the smtp relay."""
    deliver(address, order)
'''


def shop(db: Database, root: Path) -> Searchable:
    """A small shop with a little history."""
    tree = Searchable(db, root)
    tree.write("shop/cart.py", CART)
    tree.write("shop/mail.py", MAIL)
    tree.write("tests/test_cart.py", TEST_CART)
    tree.write(
        "docs/guide.md", "# Guide\n\nHow totals of a cart are rounded, and receipts mailed.\n"
    )
    tree.commits(
        ("Round totals half up", ("shop/cart.py", "tests/test_cart.py")),
        ("Retry the smtp relay", ("shop/mail.py",)),
        ("Rounding of totals again", ("shop/cart.py",)),
        ("Import everything", tuple(f"old/{number}.py" for number in range(40))),
    )
    return tree
