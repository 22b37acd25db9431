"""Which call would be made next, or which cap forbids it: what people are shown beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from repo_sleeper.config import Settings
from repo_sleeper.daemon import rounds
from repo_sleeper.domain.model import Price, Prompt, Usage
from repo_sleeper.domain.spending import TooDear
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.errors import SleeperError
from repo_sleeper.git import Repository
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store import ledger
from repo_sleeper.store.bugs import Due
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree

_TRIED = 50  # as many as a thought would try that are too dear by themselves


class Upcoming(NamedTuple):
    """The subject and the kind of the next call; without one, the cap because of which."""

    subject: str = ""
    kind: str = ""
    why_none: str = ""


class Desk(NamedTuple):
    """Where the next call would be made."""

    db: Database
    repo: Repository
    settings: Settings
    tree_id: int
    now: float

    @property
    def tree(self) -> Tree:
        """The code that the call would be about."""
        return Tree(self.db, self.tree_id, self.repo.root)


def upcoming(at: Desk, items: Sequence[AgendaItem], due: Sequence[Due] = ()) -> Upcoming:
    """The second look that is due goes before the thought that is worth most, as while asleep."""
    refusal = rounds.caps_refusal(at.settings)
    barred = refusal(ledger.spent(at.db, at.now), 0.0, 1)
    if barred and not isinstance(barred, TooDear):
        return Upcoming(why_none=barred) if items or due else Upcoming()
    why = ""
    for call in islice(_calls(at, items, due), _TRIED):
        why = _refused(at, call)
        if not why:
            return Upcoming(call.shown, call.kind)
        if not isinstance(why, TooDear):
            break
    return Upcoming(why_none=why)


class _Call(NamedTuple):
    """A call that could be made: how it is shown, what it is paid for, and how it is drawn up."""

    shown: str
    kind: str
    subject: Subject
    price: Price
    prompt: Callable[[], Prompt]


def _calls(at: Desk, items: Sequence[AgendaItem], due: Sequence[Due]) -> Iterator[_Call]:
    for one in due:
        yield _check(at, one)
    for item in items:
        yield _thought(at, item)


def _check(at: Desk, one: Due) -> _Call:
    from repo_sleeper.think import checks  # 20 ms, and mostly none is due

    return _Call(
        f"likely bug {one.note.id}",
        "check",
        checks.subject_of(one),
        _price(at.settings, again=True),
        lambda: rounds.check_prompt(at.tree, at.settings, one)[0],
    )


def _thought(at: Desk, item: AgendaItem) -> _Call:
    from repo_sleeper.think import prompts

    return _Call(
        item.subject.label,
        item.kind.value,
        item.subject,
        _price(at.settings, again=prompts.is_pass(item.step)),
        lambda: _prompt(at, item),
    )


def _refused(at: Desk, call: _Call) -> str:
    """What the caps say to this call; it is drawn up only where they may say anything."""
    refusal = rounds.caps_refusal(at.settings)
    spent = ledger.spent(at.db, at.now, subject=call.subject)
    # No prompt of ours is as long: what is allowed even then need not be drawn up.
    model, longest = at.settings.model, Usage(at.settings.think.input_tokens * 4 + 20_000)
    most = longest._replace(received=model.max_output_tokens)
    if not refusal(spent, call.price.most(most), most.sent + most.received):
        return ""
    try:
        prompt = call.prompt()
    except SleeperError:
        return ""  # it is not known to be too dear; what else is wrong is said when it is tried
    worst = Usage(prompt.most_tokens, prompt.max_tokens)
    return refusal(spent, call.price.most(worst), worst.sent + worst.received)


def _price(settings: Settings, *, again: bool) -> Price:
    if not settings.model.name:
        return Price()
    from repo_sleeper.llm.client import WorkerModel  # only its price; no process is started

    return WorkerModel(settings.model, key=None, again=again).price()


def _prompt(at: Desk, item: AgendaItem) -> Prompt:
    from repo_sleeper.think import thinker

    job = thinker.job(item.subject, item.kind, item.step)
    return thinker.prepare(at.tree, job, rounds.limits(at.settings))
