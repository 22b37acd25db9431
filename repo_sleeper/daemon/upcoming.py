"""Which call would be made next, or which cap forbids it: what people are shown beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from repo_sleeper.config import Settings
from repo_sleeper.daemon import rounds
from repo_sleeper.domain.model import Price, Prompt, Usage
from repo_sleeper.domain.spending import TooDear
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


def upcoming(at: Desk, items: Sequence[AgendaItem], due: Sequence[Due] = ()) -> Upcoming:
    """The second look that is due goes before the thought that is worth most, as while asleep."""
    refusal = rounds.caps_refusal(at.settings)
    barred = refusal(ledger.spent(at.db, at.now), 0.0, 1)
    if barred and not isinstance(barred, TooDear):
        return Upcoming(why_none=barred) if items or due else Upcoming()
    if due:
        return Upcoming(f"likely bug {due[0].note.id}", "check")
    why = ""
    for item in items[:_TRIED]:
        why = _refused(at, item)
        if not why:
            return Upcoming(item.subject.label, item.kind.value)
        if not isinstance(why, TooDear):
            break
    return Upcoming(why_none=why)


def _refused(at: Desk, item: AgendaItem) -> str:
    """What the caps say to this thought; it is drawn up only where they may say anything."""
    price = _price(at.settings, item)
    refusal = rounds.caps_refusal(at.settings)
    spent = ledger.spent(at.db, at.now, subject=item.subject.label)
    # No prompt of ours is as long: what is allowed even then need not be drawn up.
    model, longest = at.settings.model, Usage(at.settings.think.input_tokens * 4 + 20_000)
    most = longest._replace(received=model.max_output_tokens)
    if not refusal(spent, price.most(most), most.sent + most.received):
        return ""
    try:
        prompt = _prompt(at, item)
    except SleeperError:
        return ""  # it is not known to be too dear; what else is wrong is said when it is tried
    worst = Usage(prompt.most_tokens, prompt.max_tokens)
    return refusal(spent, price.most(worst), worst.sent + worst.received)


def _price(settings: Settings, item: AgendaItem) -> Price:
    from repo_sleeper.llm.client import WorkerModel  # only its price; no process is started
    from repo_sleeper.think import prompts

    if not settings.model.name:
        return Price()
    return WorkerModel(settings.model, key=None, again=prompts.is_pass(item.step)).price()


def _prompt(at: Desk, item: AgendaItem) -> Prompt:
    from repo_sleeper.think import thinker

    tree = Tree(at.db, at.tree_id, at.repo.root)
    job = thinker.job(item.subject, item.kind, item.step)
    return thinker.prepare(tree, job, rounds.limits(at.settings))
