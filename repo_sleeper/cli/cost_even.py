"""After how many questions the notes have paid for themselves: what was measured, what assumed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import NamedTuple

from repo_sleeper.cli import cost_view, output
from repo_sleeper.cli.place import Place
from repo_sleeper.domain.model import Price
from repo_sleeper.domain.spending import Amount
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.sleep import worth
from repo_sleeper.sleep.worth import Mix
from repo_sleeper.store import habit as habits
from repo_sleeper.store.habit import Habit

_FEWEST = 5  # answers, before their average says anything
_PARTS = ("sent", "received", "cached", "written")  # no question comes to the longest prompts
_EXPLAINED = """
By the paper: N* = Bs / (t (B - b)), generated tokens only; t is the price of a token
while somebody waits, in tokens asleep (the paper says 10; yours is 1 unless you pay less
for thoughts). In money: all spent on notes, failures too, over what a question spares if
they go on as they were: an answer with notes the difference to one without, the notes that
it reads included, an answer that took no call the average cost of one that did."""


class _Figure(NamedTuple):
    """A number and where it is from; None where nobody knows it."""

    value: float | None
    source: str

    @property
    def measured(self) -> bool:
        return self.source.startswith("measured")


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known and assumed, and what follows from it; None for what does not."""

    habit: Habit
    price: Price
    without: _Figure
    with_notes: _Figure

    def paper(self, ratio: float) -> float | None:
        if self.without.value is None or self.with_notes.value is None:
            return None
        asleep = self.habit.received_asleep
        return worth.paper(asleep, self.without.value, self.with_notes.value, ratio=ratio)

    @property
    def noted_usd(self) -> float | None:
        """What notes spare one answer; by the ledger alone where it has both sorts."""
        bare, noted = self.habit.bare.usd, self.habit.noted.usd
        if self.without.measured and self.with_notes.measured:
            return None if bare is None or noted is None else bare - noted
        if self.without.value is None or self.with_notes.value is None:
            return None
        return worth.spared(
            self.price,
            without=self.without.value,
            with_notes=self.with_notes.value,
            notes=self.habit.noted.notes,
        )

    @property
    def mix(self) -> Mix:
        """As it was; with no question yet, all are taken to get notes."""
        habit = self.habit
        mix = Mix(habit.noted.count, habit.bare.count, habit.free, habit.answers.usd or 0.0)
        return mix if mix.all else Mix(1, 0, 0, 0.0)

    @property
    def money(self) -> float | None:
        usd = self.habit.usd
        if not self.price.known or self.habit.unpriced or usd is None:
            return None
        if self.noted_usd is not None:
            return worth.ours(usd, self.mix, self.noted_usd)
        # Nobody knows what notes spare an answer: is it even by those that took no call alone?
        even = worth.ours(usd, self.mix, self._reading)
        return None if math.isinf(even) else even

    @property
    def spared_usd(self) -> float | None:
        """What answers that took no call would have cost; None where nobody knows."""
        free, each = self.habit.free, self.habit.answers.usd
        return None if free and each is None else free * (each or 0.0)

    @property
    def _reading(self) -> float:
        return worth.spared(self.price, without=0.0, with_notes=0.0, notes=self.habit.noted.notes)


def show(here: Place, *, without: float | None, spares: float | None, json: bool) -> None:
    """The figures, what they are made of, and what is assumed."""
    case = _case(habits.habit(here.db), _price(here), without, spares)
    if json:
        output.print_json(_object(case))
        return
    for line in _lines(case):
        output.out(line)


# --- what is known ----------------------------------------------------------------------------


def _case(habit: Habit, price: Price, without: float | None, spares: float | None) -> _Case:
    """What a person says goes before what was measured, and nothing is made up besides."""
    bare = _measured(habit.bare.count, habit.bare.received)
    noted = _measured(habit.noted.count, habit.noted.received)
    if without is not None:
        bare = _Figure(without, "assumed: --without says so")
    if spares is not None and without is None and noted.value is not None:
        bare = _Figure(noted.value * spares, f"assumed: b x {spares:g}, as --spares says")
    elif spares is not None and bare.value is not None:
        noted = _Figure(bare.value / spares, f"assumed: B / {spares:g}, as --spares says")
    return _Case(habit, price, bare, noted)


def _measured(count: int, received: float) -> _Figure:
    if count < _FEWEST:
        return _Figure(None, f"{output.count(count, 'answer')} so far, {_FEWEST} are needed")
    return _Figure(received, f"measured, {output.count(count, 'answer')}")


def _price(here: Place) -> Price:
    """That of the model which answers, because what is saved is saved there."""
    model = here.workspace.settings.model
    return WorkerModel(model, key=None, ask=True).price() if model.name else Price()


# --- showing ----------------------------------------------------------------------------------


def _lines(case: _Case) -> list[str]:
    habit = case.habit
    spent = cost_view.money(Amount(habit.usd or 0.0, unpriced=habit.unpriced))
    notes = output.count(round(habit.noted.notes), "token")
    each = output.usd(habit.answers.usd)
    kept = f"{habit.kept:,} from kept replies"
    facts = f"{habit.from_index:,} from the index, as expected"
    return [
        f"spent on notes so far    {spent}, {habit.tokens_asleep:,} tokens",
        f"generated for them       {habit.received_asleep:,} tokens",
        f"questions asked so far   {habit.asks:,}",
        f"answered by a model      {habit.answers.count:,}, at {each} each",
        f"answered with no call    {habit.free:,}: {kept}, {facts}",
        f"                         which spared {output.usd(case.spared_usd)}",
        "",
        f"even, by the paper       {_questions(case.paper(worth.PAPER_RATIO))} at t = 10",
        f"                         {_questions(case.paper(1.0))} at t = 1",
        f"even, in money           {_money(case)}",
        *_EXPLAINED.split("\n"),
        f"B = {_tokens(case.without)} an answer takes without notes ({case.without.source})",
        f"b = {_tokens(case.with_notes)} with them ({case.with_notes.source})",
        f"notes sent with an answer that had any: {notes} (measured)",
        *_advice(case),
    ]


def _money(case: _Case) -> str:
    if not case.price.known:
        return "unknown: nobody knows the price"
    if case.habit.unpriced:
        return f"unknown: nobody knows what {output.count(case.habit.unpriced, 'call')} cost"
    told = _questions(case.money)
    if case.money is not None and case.noted_usd is None:
        return f"{told}, by answers that took no call alone"
    return told


def _advice(case: _Case) -> list[str]:
    if case.without.value is not None and case.with_notes.value is not None:
        return []
    return [
        "Until both are measured, --without TOKENS and --spares TIMES say what to assume",
        "(the paper found 1.5 on code, and more only where little was spent on the answer).",
    ]


def _tokens(figure: _Figure) -> str:
    return "? tokens" if figure.value is None else f"{figure.value:,.0f} tokens"


def _questions(number: float | None) -> str:
    if number is None:
        return "not known yet"
    if math.isinf(number):
        return "never"
    return output.count(math.ceil(number), "question")


def _object(case: _Case) -> dict[str, object]:
    figures = {
        "paper": case.paper(worth.PAPER_RATIO),
        "paper_at_one_price": case.paper(1.0),
        "money": case.money,
    }
    return {
        "questions_to_even": {
            name: None if value is None or math.isinf(value) else math.ceil(value)
            for name, value in figures.items()
        },
        "never": [name for name, value in figures.items() if value == math.inf],
        "without": case.without._asdict(),
        "with_notes": case.with_notes._asdict(),
        "measured": case.without.measured and case.with_notes.measured,
        "spared_by_no_call_usd": case.spared_usd,
        "habit": asdict(case.habit),
        "price": {part: getattr(case.price, part) for part in _PARTS},
    }
