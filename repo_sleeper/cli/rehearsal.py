"""The rehearsal of a round of thinking: every prompt as it would be sent, and what it may cost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, NamedTuple

from repo_sleeper.cli import output, plan_view, thinking
from repo_sleeper.cli.place import Place
from repo_sleeper.cli.thinking import Wish
from repo_sleeper.daemon import rounds
from repo_sleeper.daemon.idleness import why_never
from repo_sleeper.daemon.upcoming import Desk, upcoming
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.model import Price, Prompt, Usage
from repo_sleeper.errors import SleeperError
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store.bugs import Due
from repo_sleeper.think import prompts, thinker
from repo_sleeper.words import dollars


def rehearse(wish: Wish, *, json: bool) -> None:
    """Print every prompt that `think` would send, and the most that each may cost.

    Before them the second looks that the daemon would take first.
    """
    found = _rehearsed(wish)
    if json:
        output.print_json(
            {"checks": list(map(_object, found.checks)), "calls": list(map(_object, found.calls))}
        )
        return
    for call in (*found.checks, *found.calls):
        _print_call(call)
    _tell(found)
    if wish.max_cost is not None:
        _tell_max_cost(found.sent, wish.max_cost)


class _Call(NamedTuple):
    """A call as it would be made: what is sent, or why it is not, and at which price."""

    title: str
    about: dict[str, Any]
    prompt: Prompt | SleeperError
    price: Price


class _Rehearsal(NamedTuple):
    """All of a round of thinking; `barred` is the cap because of which nothing would be sent.

    `model` is its name, or why none is asked.
    """

    checks: Sequence[_Call]
    calls: Sequence[_Call]
    barred: str
    model: str

    @property
    def sent(self) -> list[_Call]:
        """The thoughts without those that cannot be sent at all."""
        return [call for call in self.calls if isinstance(call.prompt, Prompt)]


def _rehearsed(wish: Wish) -> _Rehearsal:
    with thinking.writing() as here:
        due = thinking.due_checks(here, wish)
        work = thinking.work_of(here, wish, even_none=bool(due))
        settings = here.workspace.settings
        price, again = _price(here.workspace), _price(here.workspace, again=True)
        desk = Desk(here.db, here.workspace.repo, settings, here.tree_id, time.time())
        return _Rehearsal(
            list(islice(_checks(here, due, again), wish.limit)),
            [_call(here, item, price, again) for item in work.items[: wish.limit]],
            upcoming(desk, work.items).why_none,
            settings.model.name or why_never(here.workspace),
        )


def _checks(here: Place, due: Sequence[Due], price: Price) -> Iterator[_Call]:
    """Each look once: one serves all findings in its file that wait for the same."""
    settings, served = here.workspace.settings, set[str]()
    for one in due:
        if one.note.id in served:
            continue
        prompt: Prompt | SleeperError
        try:
            prompt, ids = rounds.check_prompt(here.tree, settings, one)
        except SleeperError as error:
            prompt, ids = error, (one.note.id,)
        served.update(ids)
        title = f"check: likely bug {', '.join(ids)}"
        yield _Call(title, plan_view.check_as_json(one), prompt, price)


def _call(here: Place, item: AgendaItem, price: Price, again: Price) -> _Call:
    about = {
        "subject": item.subject.label,
        "kind": item.kind.value,
        "factors": item.factors,
    }
    title = f"{item.kind.value}: {item.subject.label}"
    asked = again if prompts.is_pass(item.step) else price
    return _Call(title, about, _prompt(here, item), asked)


def _prompt(here: Place, item: AgendaItem) -> Prompt | SleeperError:
    job = thinker.job(item.subject, item.kind, item.step)
    try:
        return thinker.prepare(here.tree, job, rounds.limits(here.workspace.settings))
    except SleeperError as error:
        return error  # this one would not be sent at all


def _print_call(call: _Call) -> None:
    prompt = call.prompt
    output.out(f"=== {call.title}")
    if isinstance(prompt, SleeperError):
        output.out(f"not sent: {prompt}")
        return
    secrets = output.count(prompt.redactions, "secret")
    output.out(
        f"=== about {prompt.estimated_tokens:,} tokens sent (at most {prompt.most_tokens:,}), "
        f"at most {prompt.max_tokens:,} received, {secrets} taken out"
    )
    output.out(f"=== {_sum([call])}; the worst case is what the budget sets aside")
    output.out(f"--- system\n{prompt.system}\n--- user\n{prompt.user}\n")


def _tell(found: _Rehearsal) -> None:
    if found.checks:
        looks = output.count(len(found.checks), "second look")
        output.say(f"{looks}, {_sum(found.checks)}: {plan_view.LOOKS}")
    output.say(f"{output.count(len(found.sent), 'call')}, {_sum(found.sent)}, {found.model}")
    if found.barred:
        output.say(f"none of it now: {found.barred}")


def _tell_max_cost(sent: Sequence[_Call], most: float) -> None:
    """How far the sum goes where each call costs what it can at worst."""
    if not all(call.price.known for call in sent):
        output.say("--max-cost cannot bind: nobody knows the price, so none of it is sent")
        return
    sure = sum(cost <= most for cost in accumulate(_worst(one.prompt, one.price) for one in sent))
    if sure < len(sent):
        output.say(f"--max-cost ${dollars(most)} is sure to be enough for {sure} of {len(sent)}")


def _object(call: _Call) -> dict[str, Any]:
    prompt, price = call.prompt, call.price
    if isinstance(prompt, SleeperError):
        return {**call.about, "not_sent": str(prompt)}
    return {
        **call.about,
        "system": prompt.system,
        "user": prompt.user,
        "tokens_sent": prompt.estimated_tokens,
        "tokens_sent_at_most": prompt.most_tokens,
        "tokens_received_at_most": prompt.max_tokens,
        "usd": _likely(prompt, price) if price.known else None,
        "usd_at_most": _worst(prompt, price) if price.known else None,
        "redactions": prompt.redactions,
    }


def _likely(prompt: Prompt | SleeperError, price: Price) -> float:
    """With as many tokens sent as texts of this size usually make, and the longest answer."""
    if isinstance(prompt, SleeperError):
        return 0.0
    return price.cost(Usage(prompt.estimated_tokens, prompt.max_tokens))


def _worst(prompt: Prompt | SleeperError, price: Price) -> float:
    if isinstance(prompt, SleeperError):
        return 0.0
    return price.most(Usage(prompt.most_tokens, prompt.max_tokens))


def _sum(calls: Sequence[_Call]) -> str:
    if not all(call.price.known for call in calls):
        return "price unknown"
    likely = sum(_likely(call.prompt, call.price) for call in calls)
    worst = sum(_worst(call.prompt, call.price) for call in calls)
    return f"about {output.usd(likely)}, at most {output.usd(worst)}"


def _price(workspace: Workspace, *, again: bool = False) -> Price:
    settings = workspace.settings.model
    return WorkerModel(settings, key=None, again=again).price() if settings.name else Price()
