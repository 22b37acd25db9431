"""The rankings we compare ourselves with."""

from __future__ import annotations

import pytest

from repo_sleeper.evaluate.baselines import (
    Corpus,
    Neighbours,
    PastCommit,
    best_first,
    by_recency,
    fused,
    plain_words,
)


@pytest.fixture
def corpus() -> Corpus:
    made = Corpus()
    made.put("cart.py", ["total", "price", "total"])
    made.put("tax.py", ["rate", "price"])
    made.put("mail.py", ["send"])
    return made


def test_words_are_identifiers_and_their_parts_without_stop_words() -> None:
    assert plain_words("Fix the getTotal of a cart_view") == [
        "fix", "gettotal", "get", "total", "cart_view", "cart", "view",
    ]  # fmt: skip


def test_a_document_fits_better_the_rarer_and_the_more_frequent_its_words(corpus: Corpus) -> None:
    assert best_first(corpus.scores(["total", "price"])) == ["cart.py", "tax.py"]


def test_what_shares_no_word_is_not_found(corpus: Corpus) -> None:
    assert corpus.scores(["unheard"]) == {}
    assert Corpus().scores(["total"]) == {}


def test_a_replaced_document_is_as_if_it_had_always_been_so(corpus: Corpus) -> None:
    corpus.put("cart.py", ["send"])
    corpus.put("tax.py", ["x"])
    corpus.drop("tax.py")
    corpus.drop("tax.py")
    fresh = Corpus()
    fresh.put("cart.py", ["send"])
    fresh.put("mail.py", ["send"])

    assert corpus.scores(["send", "total"]) == fresh.scores(["send", "total"])


def test_equal_scores_are_ordered_by_name() -> None:
    assert best_first({"b": 1.0, "a": 1.0, "c": 2.0}) == ["c", "a", "b"]


def test_recency_is_the_order_of_last_touch_and_only_of_live_files() -> None:
    history = [PastCommit("2", "two", ("b.py", "gone.py")), PastCommit("1", "one", ("a.py",))]

    assert by_recency(history, ["a.py", "b.py", "never.py"]) == ["b.py", "a.py", "never.py"]


def test_neighbours_lend_their_score_to_the_files_they_touched() -> None:
    neighbours = Neighbours()
    neighbours.learn(
        [
            PastCommit("1", "round the totals", ("cart.py",)),
            PastCommit("2", "round everything", ("tax.py", "gone.py", "x.py", "y.py")),
            PastCommit("3", "send mail", ("mail.py",)),
        ]
    )

    found = neighbours.scores(plain_words("round totals"), ["cart.py", "tax.py", "mail.py"])

    assert best_first(found) == ["cart.py", "tax.py"]


def test_sweeps_teach_neighbours_nothing() -> None:
    neighbours = Neighbours()
    neighbours.learn([PastCommit("1", "round totals", tuple(f"{n}.py" for n in range(31)))])

    assert neighbours.scores(["round"], ["1.py"]) == {}


def test_neighbours_forget_commits_that_are_not_in_the_past_any_more() -> None:
    neighbours = Neighbours()
    neighbours.learn([PastCommit("1", "round totals", ("cart.py",))])
    neighbours.learn([PastCommit("2", "send mail", ("mail.py",))])

    assert neighbours.scores(["round"], ["cart.py", "mail.py"]) == {}
    assert list(neighbours.scores(["mail"], ["cart.py", "mail.py"])) == ["mail.py"]


def test_fusion_favours_what_several_rankings_name() -> None:
    assert fused([["a", "b"], ["b", "c"], ["b"]]) == ["b", "a", "c"]
