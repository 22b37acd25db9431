"""The reference map we compare ourselves with."""

from __future__ import annotations

import pytest

from repo_sleeper.evaluate.metrics import Piece
from repo_sleeper.evaluate.repomap import (
    Definition,
    Names,
    drawn,
    edge_weight,
    edges_of,
    files_of,
    page_rank,
    path_words,
    ranked_definitions,
)

TOTAL = Definition("shop/cart.py", "total", 3, "def total(self)")
RATE = Definition("shop/tax.py", "rate", 1, "def rate()")
SEND = Definition("mail.py", "send", 1, "")
NAMES = Names(
    definitions={"total": [TOTAL], "rate": [RATE], "send": [SEND]},
    uses={"rate": {"shop/cart.py": 4}, "total": {"mail.py": 1}},
    paths=("mail.py", "shop/cart.py", "shop/tax.py"),
)


def words(text: str) -> int:
    return len(text.split())


def test_rank_flows_to_what_is_used() -> None:
    order = ranked_definitions(NAMES, mentioned=set(), words=set())

    assert order == [RATE, TOTAL, SEND]
    assert files_of(order, NAMES) == ["shop/tax.py", "shop/cart.py", "mail.py"]


def test_a_name_in_the_question_pulls_its_definition_up() -> None:
    uses = {"rate": {"mail.py": 1}, "total": {"mail.py": 1}}
    names = Names({"rate": [RATE], "total": [TOTAL]}, uses, NAMES.paths)

    assert ranked_definitions(names, mentioned={"rate"}, words=set()) == [RATE, TOTAL]
    assert ranked_definitions(names, mentioned={"total"}, words=set()) == [TOTAL, RATE]


def test_a_path_in_the_question_is_where_the_walk_starts() -> None:
    names = Names({"send": [SEND], "rate": [RATE]}, {}, NAMES.paths)

    assert ranked_definitions(names, mentioned=set(), words={"mail"}) == [SEND, RATE]
    assert ranked_definitions(names, mentioned=set(), words={"tax"}) == [RATE, SEND]


def test_files_without_a_definition_come_last() -> None:
    names = Names({}, {}, ("b.py", "a.py"))

    assert files_of(ranked_definitions(names, mentioned=set(), words=set()), names) == [
        "a.py",
        "b.py",
    ]


def test_ranks_sum_to_one_and_nothing_has_none() -> None:
    ranks = page_rank(edges_of(NAMES, ()), paths=NAMES.paths, start={"mail.py": 1.0})

    assert sum(ranks.values()) == pytest.approx(1.0)
    assert page_rank([], paths=(), start={}) == {}


@pytest.mark.parametrize(
    ("name", "uses", "definers", "asked", "weight"),
    [
        pytest.param("total", 4, 1, False, 2.0, id="the square root of its uses"),
        pytest.param("total", 1, 1, True, 10.0, id="asked for"),
        pytest.param("round_total", 1, 1, False, 10.0, id="long and of several words"),
        pytest.param("roundTotals", 1, 1, False, 10.0, id="camel case is several words"),
        pytest.param("_total", 1, 1, False, 0.1, id="private"),
        pytest.param("total", 1, 6, False, 0.1, id="defined in many places"),
    ],
)
def test_how_much_one_file_leans_on_another(
    name: str, uses: int, definers: int, *, asked: bool, weight: float
) -> None:
    assert edge_weight(name, uses=uses, definers=definers, asked=asked) == pytest.approx(weight)


def test_a_map_stops_where_the_budget_ends() -> None:
    assert drawn([TOTAL, RATE], budget=5, count=words) == [
        Piece("shop/cart.py", "shop/cart.py:\n  def total(self)\n")
    ]


def test_a_map_groups_definitions_by_file_in_order_of_line() -> None:
    price = Definition("shop/cart.py", "price", 1, "")

    assert drawn([TOTAL, price], budget=50, count=words) == [
        Piece("shop/cart.py", "shop/cart.py:\n  price\n  def total(self)\n")
    ]


def test_a_path_is_named_by_its_words() -> None:
    assert path_words("shop/Cart-view.py") == ["shop", "cart", "view", "py"]
