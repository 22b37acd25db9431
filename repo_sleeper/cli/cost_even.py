"""After how many questions the notes have paid for themselves, with every assumption on screen."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from repo_sleeper.cli import output
from repo_sleeper.cli.place import Place
from repo_sleeper.domain.model import Price
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.sleep import worth
from repo_sleeper.sleep.worth import Answering
from repo_sleeper.store import spending
from repo_sleeper.store.spending import Habit

# What a coding agent generates for one task, in the middle of the range the paper measured.
_AGENT_TOKENS = 6_500.0
_FEWEST_ANSWERS = 5


@dataclass(frozen=True, slots=True)
class _Case:
    """One set of assumptions, and what follows from it."""

    habit: Habit
    price: Price
    answering: Answering
    spares: float
    measured: bool

    @property
    def paper(self) -> float:
        return worth.paper(self.habit.received_asleep, self.answering)

    @property
    def paper_at_one_price(self) -> float:
        return worth.paper(self.habit.received_asleep, self.answering, ratio=1.0)

    @property
    def ours(self) -> float:
        return worth.ours(self.habit.usd, self.answering, self.price)


def show(here: Place, *, without: float | None, spares: float, json: bool) -> None:
    """The figures, what they are made of, and what is assumed."""
    case = _case(spending.habit(here.db), _price(here), without, spares)
    if json:
        output.print_json(_object(case))
        return
    for line in _lines(case):
        output.out(line)


def _case(habit: Habit, price: Price, without: float | None, spares: float) -> _Case:
    """What answers take with notes is measured as soon as there are a few of them."""
    measured = without is None and habit.answers >= _FEWEST_ANSWERS
    unaided = habit.received * spares if measured else without or _AGENT_TOKENS
    answering = Answering(without=unaided, with_notes=unaided / spares, notes=habit.notes_sent)
    return _Case(habit, price, answering, spares, measured)


def _price(here: Place) -> Price:
    """That of the model which answers, because what is saved is saved there."""
    model = here.workspace.settings.model
    return WorkerModel(model, key=None, ask=True).price() if model.name else Price()


def _lines(case: _Case) -> list[str]:
    habit, answering, price = case.habit, case.answering, case.price
    without = (
        f"assumed: b x {case.spares:g}, which --spares sets"
        if case.measured
        else "assumed; --without TOKENS sets it"
    )
    aided = "measured here" if case.measured else f"B / {case.spares:g}, which --spares sets"
    money = f"{_questions(case.ours)}" if price.known else "unknown: nobody knows the price"
    sent = output.count(round(answering.notes), "token")
    return [
        f"spent on notes so far    {output.usd(habit.usd)}, {habit.tokens_asleep:,} tokens",
        f"generated for them       {habit.received_asleep:,} tokens",
        f"questions asked so far   {habit.asks:,}, {habit.answers:,} of them answered by a model",
        "",
        f"even, by the paper       {_questions(case.paper)} at t = 10",
        f"                         {_questions(case.paper_at_one_price)} at t = 1",
        f"even, in money           {money}",
        "",
        "By the paper: N* = Bs / (t (B - b)), generated tokens only; t is the price of a token",
        "while somebody waits, in tokens asleep (the paper says 10; yours is 1 unless you pay less",
        "for thoughts). In money: all spent on notes, failures too, over what a question saves in",
        "tokens received, less the notes that are sent with it. What a question without notes",
        "reads in their stead is not counted, so this is the careful side.",
        f"B = {answering.without:,.0f} tokens an answer takes without notes ({without})",
        f"b = {answering.with_notes:,.0f} with them ({aided})",
        "    (the paper found 1.5 on code, and more only where little was spent on the answer)",
        f"notes sent with a question: {sent} (measured here)",
    ]


def _questions(number: float) -> str:
    if math.isinf(number):
        return "never"
    return output.count(math.ceil(number), "question")


def _object(case: _Case) -> dict[str, object]:
    figures = {
        "paper": case.paper,
        "paper_at_one_price": case.paper_at_one_price,
        "money": case.ours if case.price.known else None,
    }
    return {
        "questions_to_even": {
            name: None if value is None or math.isinf(value) else math.ceil(value)
            for name, value in figures.items()
        },
        "measured": case.measured,
        "spares": case.spares,
        "answering": asdict(case.answering),
        "habit": asdict(case.habit),
        "price": case.price._asdict(),
    }
