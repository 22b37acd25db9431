"""What a program printed leads to where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.recall.question import understand
from repo_sleeper.recall.retrieve import retrieve
from repo_sleeper.recall.wording import rows_of_words, search_wording
from repo_sleeper.store.database import Database
from tests.searchable import Searchable, shop

PRINTED = """\
import logging


def settle(order):
    logging.error("Could not settle order %s before %d days", order, order.days)
    raise RuntimeError(f"Order {order.id} has no {order.kind} items to settle")
"""
ABOUT = """\
def order_days(order):
    could, settle, before = order.days, order.kind, order.items
    return [could, settle, before, order.days, "order days settle order before days"]
"""


@pytest.fixture
def tree(db: Database, tmp_path: Path) -> Searchable:
    made = shop(db, tmp_path / "work")
    made.write("shop/settle.py", PRINTED)
    made.write("shop/order_days.py", ABOUT)
    return made


@pytest.mark.parametrize(
    "message",
    [
        "ERROR:root:Could not settle order 7f3a before 30 days",
        "Order 12 has no spare items to settle",
    ],
)
def test_a_message_with_its_placeholders_filled_in_leads_to_its_source(
    tree: Searchable, message: str
) -> None:
    found = retrieve(tree.db, tree.tree, understand(message))

    assert found.ranked[0].path == "shop/settle.py"
    reasons = found.reasons["shop/settle.py"]
    assert reasons.get("quote", reasons.get("wording", "")).startswith(('says "', 'has "'))


def test_a_comment_is_found_by_its_words_in_their_order(tree: Searchable) -> None:
    worded = search_wording(tree.db, tree.tree, understand("through the smtp relay"))

    assert list(worded.scores) == ["shop/mail.py"]


def test_words_that_stand_apart_are_no_wording(tree: Searchable) -> None:
    assert (
        search_wording(tree.db, tree.tree, understand("relay smtp through receipts")).scores == {}
    )


def test_what_very_many_files_say_tells_nothing(tree: Searchable) -> None:
    for number in range(14):
        tree.write(f"all/{number}.py", f'raise ValueError("licensed under these terms {number}")\n')

    assert search_wording(tree.db, tree.tree, understand("licensed under these")).scores == {}


def test_a_page_that_says_it_counts_less_than_the_program(tree: Searchable) -> None:
    tree.write("docs/demo.sh", 'ask "who carries the parcels over"\n')
    tree.write("src/parcels.py", 'LABEL = "carries the parcels over"\n')

    asked = search_wording(tree.db, tree.tree, understand("who carries the parcels over"))
    of_pages = search_wording(tree.db, tree.tree, understand("docs: carries the parcels over"))

    assert asked.scores["docs/demo.sh"] < asked.scores["src/parcels.py"]
    assert of_pages.scores["docs/demo.sh"] == of_pages.scores["src/parcels.py"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("two words", []),
        ("is it so", []),
        ("Cannot open file", ["Cannot open file"]),
        ("no `get_user(id)` here", ["no get user", "get user id", "user id here"][:0]),
        ("Größe der Datei fehlt", ["Größe der Datei", "der Datei fehlt"]),
        ("again and again and again", ["again and again", "and again and"]),
    ],
)
def test_rows_of_words(text: str, rows: list[str]) -> None:
    assert rows_of_words(text) == rows


def test_a_question_as_long_as_a_log_is_cut() -> None:
    assert len(rows_of_words("something " + " ".join(f"word{n}" for n in range(500)))) == 24
