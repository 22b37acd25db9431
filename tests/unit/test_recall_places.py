from __future__ import annotations

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.recall.places import Spot, worth_reading
from repo_sleeper.recall.question import understand
from repo_sleeper.recall.rank import Ranked
from repo_sleeper.recall.retrieve import Found
from repo_sleeper.store.search import Passage

RANKED = (Ranked("shop/cart.py", 1.0, ()), Ranked("tests/test_cart.py", 1.0, ()))


def hit(kind: SymbolKind, start: int, end: int, *, path: str = "shop/cart.py") -> SymbolHit:
    return SymbolHit(path, f"at_{start}", kind, Range(start, end), 0.8)


def places(**found: object) -> list[tuple[str, Range]]:
    return [(spot.path, spot.range) for spot in spots(**found)]


def spots(**found: object) -> list[Spot]:
    return list(worth_reading(Found(RANKED, **found), understand("totals of the cart")))  # type: ignore[arg-type]


def test_a_function_is_read_before_a_field_or_a_line_or_two():
    field = hit(SymbolKind.FIELD, 1, 9)
    stub = hit(SymbolKind.FUNCTION, 20, 22)
    function = hit(SymbolKind.FUNCTION, 40, 60)

    found = places(symbols=(field, stub, function))

    assert [place for _, place in found] == [Range(40, 60), Range(1, 9), Range(20, 22)]


def test_a_short_function_is_read_before_a_type_of_as_few_lines():
    struct, function = hit(SymbolKind.STRUCT, 1, 5), hit(SymbolKind.FUNCTION, 20, 24)

    found = places(symbols=(struct, function))

    assert [place for _, place in found] == [Range(20, 24), Range(1, 5)]


def test_a_definition_is_read_before_a_passage_as_good():
    passage = Passage("shop/cart.py", Range(70, 90), None, 1.0)

    found = places(symbols=(hit(SymbolKind.METHOD, 40, 60),), passages=(passage,))

    assert [place for _, place in found] == [Range(40, 60), Range(70, 90)]


def test_tests_are_read_after_what_they_test():
    theirs = hit(SymbolKind.FUNCTION, 1, 30, path="tests/test_cart.py")

    found = places(symbols=(theirs, hit(SymbolKind.FUNCTION, 40, 60)))

    assert [path for path, _ in found] == ["shop/cart.py", "tests/test_cart.py"]


def test_what_lies_in_a_place_that_is_read_is_not_read_again():
    found = places(
        symbols=(hit(SymbolKind.CLASS, 1, 60), hit(SymbolKind.METHOD, 40, 50)),
    )

    assert found == [("shop/cart.py", Range(1, 60))]


def test_lines_that_are_named_close_together_each_have_their_own_place():
    found = spots(pointed=tuple(("shop/cart.py", line) for line in (20, 24, 60, 90)))

    assert found == [
        Spot("shop/cart.py", Range(13, 24), 20),
        Spot("shop/cart.py", Range(24, 28), 24),
        Spot("shop/cart.py", Range(53, 64), 60),
        Spot("shop/cart.py", Range(83, 94), 90),
    ]


def test_a_place_that_says_what_is_quoted_knows_what_it_says():
    (found,) = spots(quoted=(("shop/cart.py", Range(3, 9), "cannot settle"),))

    assert found == Spot("shop/cart.py", Range(3, 9), None, "cannot settle")
