"""The rehearsal of a round of thinking: every prompt as it would be sent, and what it may cost."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from repo_sleeper.cli import output, thinking
from repo_sleeper.cli.place import Place
from repo_sleeper.cli.thinking import Wish
from repo_sleeper.daemon import rounds
from repo_sleeper.daemon.models import configured_model
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.model import Price, Prompt, Usage
from repo_sleeper.errors import ModelError, SleeperError
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.think import thinker


def rehearse(wish: Wish, *, json: bool) -> None:
    """Print every prompt that `think` would send, and the most that each may cost."""
    with thinking.writing() as here:
        items = thinking.items_of(here, wish)[: wish.limit]
        price = _price(here.workspace)
        prompts = [(item, _prompt(here, item)) for item in items]
    if json:
        output.print_json({"calls": [_object(item, prompt, price) for item, prompt in prompts]})
        return
    for item, prompt in prompts:
        _print_prompt(item, prompt, price)
    likely = sum(_likely(prompt, price) for _, prompt in prompts)
    worst = sum(_worst(prompt, price) for _, prompt in prompts)
    model = here.workspace.settings.model.name or "no model is set"
    output.say(f"{output.count(len(prompts), 'call')}, {_money(likely, worst, price)}, {model}")


def _prompt(here: Place, item: AgendaItem) -> Prompt | SleeperError:
    job = thinker.job(item.subject, item.kind, item.step)
    try:
        return thinker.prepare(here.tree, job, rounds.limits(here.workspace.settings))
    except SleeperError as error:
        return error  # this one would not be sent at all


def _print_prompt(item: AgendaItem, prompt: Prompt | SleeperError, price: Price) -> None:
    output.out(f"=== {item.kind.value}: {item.subject.label}")
    if isinstance(prompt, SleeperError):
        output.out(f"not sent: {prompt}")
        return
    secrets = output.count(prompt.redactions, "secret")
    output.out(
        f"=== about {prompt.estimated_tokens:,} tokens sent (at most {prompt.most_tokens:,}), "
        f"at most {prompt.max_tokens:,} received, {secrets} taken out"
    )
    output.out(
        f"=== {_money(_likely(prompt, price), _worst(prompt, price), price)}; "
        "the worst case is what the budget sets aside"
    )
    output.out(f"--- system\n{prompt.system}\n--- user\n{prompt.user}\n")


def _object(item: AgendaItem, prompt: Prompt | SleeperError, price: Price) -> dict[str, Any]:
    about = {"subject": item.subject.label, "kind": item.kind.value, "factors": item.factors}
    if isinstance(prompt, SleeperError):
        return {**about, "not_sent": str(prompt)}
    return {
        **about,
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


def _money(likely: float, worst: float, price: Price) -> str:
    if not price.known:
        return "price unknown"
    return f"about {output.usd(likely)}, at most {output.usd(worst)}"


def _price(workspace: Workspace) -> Price:
    if not workspace.settings.model.name:
        return Price()
    with closing(configured_model(workspace)) as model:
        try:
            return model.price()
        except ModelError:
            return Price()
