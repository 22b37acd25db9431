"""What an evaluation tells people and programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest

from repo_sleeper.evaluate import plot, report
from repo_sleeper.evaluate.metrics import Interval
from repo_sleeper.evaluate.queries import Slice
from repo_sleeper.evaluate.results import Mode, Plan, Ranker, Replay, Result


def result(
    oid: str,
    ours: float,
    theirs: float,
    *,
    slices: tuple[Slice, ...] = (Slice.ALL,),
    context: bool = True,
) -> Result:
    def scores(value: float, **more: float) -> dict[str, float]:
        return dict.fromkeys(("R@5", "R@10", "F1@5", "MRR", "RPrec"), value) | more

    symbols = {"SymRecall@256": ours / 2, "CtxEff@256": 0.1} if context else {}
    return Result(
        oid=oid,
        text="Round totals <before> tax",
        targets=("cart.py",),
        slices=slices,
        scores={Ranker.SLEEPER: scores(ours, **symbols), Ranker.CONTENT: scores(theirs)},
        ranked={Ranker.SLEEPER: ("cart.py",), Ranker.CONTENT: ("tax.py",)},
    )


def replay(
    name: str = "shop & co", results: Sequence[Result] = (), frozen_at: str = "f" * 40
) -> Replay:
    return Replay(
        name=name,
        plan=Plan(count=2, mode=Mode.FAST if frozen_at else Mode.EXACT, budgets=(256,)),
        head="a" * 40,
        frozen_at=frozen_at,
        results=tuple(results),
    )


@pytest.fixture
def shop() -> Replay:
    both = (Slice.ALL, Slice.NO_LEAK)
    return replay(
        results=[result("1", 1.0, 0.5, slices=both), result("2", 0.5, 0.0, context=False)]
    )


def test_a_cell_is_the_mean_over_repositories_of_their_means(shop: Replay) -> None:
    other = replay("other", [result("3", 0.0, 0.0)])

    assert report.cell([shop], Ranker.SLEEPER, Slice.ALL, "R@5") == 0.75
    assert report.cell([shop, other], Ranker.SLEEPER, Slice.ALL, "R@5") == 0.375


def test_what_was_not_measured_has_no_number(shop: Replay) -> None:
    assert report.cell([shop], Ranker.SLEEPER, Slice.MULTI, "R@5") is None
    assert report.cell([shop], Ranker.CONTENT, Slice.ALL, "SymRecall@256") is None
    assert report.difference([shop], Ranker.MAP, Slice.ALL, "R@5") is None


def test_a_difference_is_over_the_same_questions(shop: Replay) -> None:
    assert report.difference([shop], Ranker.CONTENT, Slice.ALL, "R@5") == Interval(0.5, 0.5, 0.5)


def test_the_table_shows_every_slice_that_has_questions(
    shop: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "FEW", 1)

    assert (
        report.table([shop])
        == """\
shop & co: 2 questions from its own commits, one index frozen at ffffffffffff

all (2)                 R@5    R@10    F1@5     MRR   RPrec
  sleeper             0.750   0.750   0.750   0.750   0.750
  content BM25        0.250   0.250   0.250   0.250   0.250

no-leak (1)             R@5    R@10    F1@5     MRR   RPrec
  sleeper             1.000   1.000   1.000   1.000   1.000
  content BM25        0.500   0.500   0.500   0.500   0.500

sleeper minus ..., and where 95 of 100 resamplings lie
                                  R@5 all           R@5 no-leak
  content BM25       +0.500 [+0.50 +0.50]  +0.500 [+0.50 +0.50]

SymRecall, tokens       256
  sleeper             0.500

CtxEff, tokens          256
  sleeper             0.100
"""
    )


def test_the_title_says_what_was_measured(shop: Replay) -> None:
    assert "exact states" in report.title([replay(frozen_at="")])
    assert report.title([shop, shop]) == "4 questions from 2 repositories; means over repositories"


def test_programs_get_every_question(shop: Replay) -> None:
    found = json.loads(json.dumps(report.as_json([shop])))

    assert found["repositories"][0]["results"][0]["ranked"]["sleeper"] == ["cart.py"]
    assert found["slices"]["all"]["rankers"]["sleeper"]["R@5"] == 0.75
    compared = found["slices"]["all"]["rankers"]["content BM25"]["sleeper_minus_this"]
    assert compared["R@5"] == {"mean": 0.5, "low": 0.5, "high": 0.5}
    assert found["slices"]["multi"]["questions"] == 0
    assert found["budgets"] == [256]


def test_questions_can_be_left_out(shop: Replay) -> None:
    assert "results" not in report.as_json([shop], with_questions=False)["repositories"][0]


def test_the_picture_is_well_formed_and_needs_nothing_else(shop: Replay) -> None:
    drawn = plot.svg([shop])

    root = ET.fromstring(drawn)  # noqa: S314 -- our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "href" not in drawn
    assert "shop &amp; co" in drawn


def test_the_picture_has_a_bar_for_each_ranker_and_slice_measured(shop: Replay) -> None:
    drawn = plot.svg([shop])

    assert drawn.count("sleeper: ") == 2
    assert drawn.count("<polyline") == 1
    assert "reference map" not in drawn


def test_the_same_numbers_give_the_same_picture(shop: Replay) -> None:
    assert plot.svg([shop]) == plot.svg([shop])
