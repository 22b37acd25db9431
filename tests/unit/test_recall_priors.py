from __future__ import annotations

from repo_sleeper.recall.file_kinds import is_aside, is_code
from repo_sleeper.recall.priors import Standing, priors
from repo_sleeper.recall.question import understand

CART = Standing(1_000, 3.0, 1, "python")
OLD = Standing(1_000, 0.0, 1_000_000, "python")
STANDING = {"shop/cart.py": CART, "shop/old.py": OLD, "tests/test_cart.py": CART}


def test_what_changes_often_and_lately_stands_higher():
    found = priors(STANDING, understand("round totals"))

    assert found["churn"]["shop/cart.py"] > found["churn"]["shop/old.py"] == 0.0
    assert found["recent"]["shop/cart.py"] > found["recent"]["shop/old.py"] == 0.0


def test_tests_are_told_apart_by_whether_they_are_asked_for():
    plain = priors(STANDING, understand("round totals"))
    wanted = priors(STANDING, understand("add tests for totals"))

    assert plain["test"] == wanted["tests wanted"] == {"tests/test_cart.py": 1.0}
    assert "test" not in wanted


def test_who_wants_to_read_wants_the_code_before_its_tests():
    assert priors(STANDING, understand("how are totals rounded"))["test when reading"]
    assert "test when reading" not in priors(STANDING, understand("round totals once"))


def test_examples_lie_aside():
    assert is_aside("examples/shop/cart.py")
    assert is_aside("_examples/cart.go")
    assert is_aside("playground/ssr/server.js")
    assert not is_aside("shop/examples.py")
    standing = {"examples/cart.py": CART}
    assert priors(standing, understand("round totals"))["aside"] == {"examples/cart.py": 1.0}
    assert "aside wanted" in priors(standing, understand("an example of totals"))


def test_code_is_what_a_grammar_reads_or_would_read():
    assert is_code("shop/cart.py", "python")
    assert is_code("shop/Cart.vue", "text")
    assert not is_code("shop/cart.html", "text")
