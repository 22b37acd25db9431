from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.recall import rank
from repo_sleeper.recall.rank import Ranked

EVEN = {"text": 1.0, "history": 1.0, "mention": 1.0, "pair": 0.5}
SCORES = st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1e6), max_size=6)
SIGNALS = st.dictionaries(st.sampled_from(sorted(rank.WEIGHTS)), SCORES, max_size=5)


def test_each_signal_counts_as_a_share_of_its_best():
    ranked = rank.fuse({"text": {"a": 10.0, "b": 5.0}, "history": {"b": 0.1}}, EVEN)

    assert [(one.path, one.score) for one in ranked] == [("b", 1.5), ("a", 1.0)]
    assert dict(ranked[0].parts) == {"text": 0.5, "history": 1.0}


def test_ties_are_broken_by_path():
    ranked = rank.fuse({"text": {"b": 1.0, "a": 1.0}})

    assert [one.path for one in ranked] == ["a", "b"]


def test_a_signal_without_weight_or_scores_is_silent():
    assert rank.fuse({"text": {"a": 0.0}, "nonsense": {"a": 1.0}}) == []
    assert rank.fuse({"text": {"a": math.inf}}) == []


def test_what_is_not_above_nothing_has_no_share():
    assert rank.shares({"a": 0.5, "b": 0.0, "c": -0.5}) == {"a": 1.0}
    assert rank.shares({"c": -0.5}) == {}


def test_the_leaders_share_one_and_the_first_has_most():
    leaders = rank.leaders(rank.fuse({"text": {"a": 4.0, "b": 2.0}}))

    assert math.isclose(sum(leaders.values()), 1.0)
    assert leaders["a"] > leaders["b"]
    assert rank.leaders([]) == {}


def test_what_is_added_counts_as_it_is():
    ranked = rank.add(rank.fuse({"text": {"a": 1.0}}, EVEN), {"pair": {"b": 3.0, "c": 0.0}}, EVEN)

    assert [(one.path, one.score) for one in ranked] == [("b", 1.5), ("a", 1.0)]


def test_what_is_damped_keeps_its_parts_in_proportion():
    (one,) = rank.damp(rank.fuse({"text": {"a": 1.0}, "history": {"a": 1.0}}, EVEN), {"a": 0.5})

    assert one.parts == (("history", 0.5), ("text", 0.5))


def test_what_is_not_said_to_be_damped_keeps_all_it_has():
    ranked = rank.fuse({"text": {"a": 1.0, "b": 0.9}}, EVEN)

    assert rank.damp(ranked, {"b": 0.5})[0] == ranked[0]


def test_few_files_lead():
    ranked = rank.fuse({"text": dict.fromkeys("abcdefgh", 1.0)}, EVEN)

    assert list(rank.leaders(ranked)) == list("abcdef")


def test_what_the_question_names_is_not_damped():
    (one,) = rank.damp(rank.fuse({"text": {"a": 1.0}, "mention": {"a": 1.0}}, EVEN), {"a": 0.5})

    assert one.parts == (("mention", 1.0), ("text", 0.5))


def test_a_file_with_more_against_it_than_for_it_scores_nothing():
    ranked = rank.add(rank.fuse({"guess": {"a": 1.0}}), {"aside": {"a": 1.0}})

    assert [one.score for one in rank.to_unit(ranked)] == [0.0]
    assert rank.to_unit([]) == []


def test_reasons_come_from_the_weightiest_parts():
    one = Ranked("a", 2.0, (("history", 0.5), ("name", 1.4), ("text", 0.1), ("fields", 0.0001)))
    reasons = {
        "a": {"name": "defines A", "text": "text matches a", "history": "changed", "fields": "path"}
    }

    (hit,) = rank.hits([one], reasons, limit=5)

    assert hit.why == ("defines A", "changed", "text matches a")


@given(SIGNALS)
def test_scores_stay_between_nothing_and_one(signals):
    ranked = rank.to_unit(rank.fuse(signals))

    assert all(0.0 <= one.score <= 1.0 for one in ranked)


@given(SIGNALS)
def test_the_order_does_not_depend_on_the_order_of_the_signals(signals):
    backwards = {name: dict(reversed(scores.items())) for name, scores in reversed(signals.items())}

    assert rank.fuse(signals) == rank.fuse(backwards)


@given(SIGNALS, st.integers(0, 6))
def test_with_a_limit_the_best_are_told_as_they_are_without(signals, limit):
    best = rank.fuse(signals, EVEN, limit=limit)

    assert [one.path for one in best] == [one.path for one in rank.fuse(signals, EVEN)][:limit]
