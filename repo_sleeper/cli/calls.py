"""The calls that are made at a person's wish, one after the other, each told as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from repo_sleeper.cli import output
from repo_sleeper.cli.place import Place
from repo_sleeper.daemon import rounds, verbs
from repo_sleeper.daemon.models import Models
from repo_sleeper.daemon.rounds import Refusal
from repo_sleeper.domain.spending import Refused, Spent
from repo_sleeper.errors import ConfigError, ModelStoppedError, TooDearError
from repo_sleeper.llm.model import Model
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store import bugs
from repo_sleeper.store.bugs import Due, Step, Verdict
from repo_sleeper.think.thinker import Outcome
from repo_sleeper.words import dollars

if TYPE_CHECKING:
    from repo_sleeper.think.asking import Asking

_CAME_TO = {
    Verdict.AGREES: "seen again",
    Verdict.DIFFERS: "not seen again",
    Verdict.STANDS: "confirmed",
    Verdict.REFUTED: "refuted",
    Verdict.UNCLEAR: "unclear",
}


class _Call(NamedTuple):
    """What is asked, of which model, and in which words its outcome is told."""

    title: str
    model: Callable[[], Model]
    ask: Callable[[Asking], Outcome]
    told: Callable[[Outcome], str]


class Calls:
    """Thoughts and second looks, within the caps and what the command itself may spend."""

    def __init__(self, here: Place, asked: Models, most: float | None = None) -> None:
        """No more than `most` dollars are spent, if it is given."""
        self._here = here
        self._asked = asked
        self._left = most

    def thoughts(self, items: Sequence[AgendaItem]) -> Iterator[Outcome]:
        """How each thought went, until a model would fail again.

        Raises BudgetError when a cap says no.
        """
        for number, item in enumerate(items, start=1):
            outcome = self._made(f"[{number}/{len(items)}] ", self._thought(item))
            yield outcome
            if _is_last(outcome):
                return

    def looks(self, due: Callable[[], Sequence[Due]], *, limit: int) -> Iterator[Outcome]:
        """The same for second looks: what one comes to says which is due then.

        One that failed is not taken again.
        """
        tried = set[tuple[str, Step]]()
        for _ in range(limit):
            left = (one for one in due() if (one.note.id, one.step) not in tried)
            if (look := next(left, None)) is None:
                return
            tried.add((look.note.id, look.step))
            outcome = self._made("", self._look(look))
            yield outcome
            if _is_last(outcome):
                return

    def _thought(self, item: AgendaItem) -> _Call:
        settings = self._here.workspace.settings
        return _Call(
            f"{item.kind.value}: {item.subject.label}",
            partial(self._asked.of, item),
            partial(rounds.think_round, self._here.tree, settings, item),
            _notes_told,
        )

    def _look(self, due: Due) -> _Call:
        settings = self._here.workspace.settings
        return _Call(
            f"{due.step.value}: {due.note.id} {due.note.title}",
            self._asked.again,
            partial(rounds.check_round, self._here.tree, settings, due),
            partial(self._verdict_told, due),
        )

    def _made(self, count: str, call: _Call) -> Outcome:
        workspace = self._here.workspace
        output.say(f"{count}{call.title}")
        verbs.activity(workspace.socket_file)  # the daemon leaves the model to us
        try:
            model = call.model()
            outcome = call.ask(rounds.asking(workspace.settings, model, self._refusal(model)))
            known = model.price().known
        except (TooDearError, ConfigError) as error:  # this one; the next may be smaller
            outcome, known = Outcome(None, error=error), True
        if self._left is not None:
            self._left -= outcome.usd
        _tell(outcome, call.told, known=known)
        return outcome

    def _refusal(self, model: Model) -> Refusal:
        """The caps, and what is left of the sum this command may spend."""
        caps, left = rounds.caps_refusal(self._here.workspace.settings), self._left
        known = left is None or model.price().known

        def refusal(spent: Spent, usd: float, tokens: int) -> str:
            if not known:  # it would count as nothing, and any sum would be enough
                return Refused(
                    f"--max-cost cannot bind: nobody knows the price of {model.name}",
                    "model.sent_price and model.received_price in your settings tell it",
                )
            if left is not None and usd > left:
                return Refused(
                    f"--max-cost leaves ${dollars(left)}, this call may cost ${dollars(usd)}",
                    "`sleeper think --dry-run` says what each call may cost",
                )
            return caps(spent, usd, tokens)

        return refusal

    def _verdict_told(self, due: Due, _: Outcome) -> str:
        """What the look came to."""
        found = bugs.bug(self._here.db, self._here.tree_id, due.note.id)
        return _CAME_TO[Verdict(found.checks[-1].verdict)]


def _is_last(outcome: Outcome) -> bool:
    return outcome.stop or isinstance(outcome.error, ModelStoppedError)


def _tell(outcome: Outcome, told: Callable[[Outcome], str], *, known: bool) -> None:
    if outcome.error is not None:
        output.complain(str(outcome.error), outcome.error.hint)
        return
    money = output.usd(outcome.usd) if known else "price unknown"
    output.say(f"      {told(outcome)}, {money}")


def _notes_told(outcome: Outcome) -> str:
    dropped = f", {len(outcome.dropped)} dropped" if outcome.dropped else ""
    return f"{output.count(len(outcome.notes), 'note')}{dropped}"
