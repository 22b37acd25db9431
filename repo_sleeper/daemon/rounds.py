"""One round of thinking, or of reconciling: what the loop and the commands share."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from repo_sleeper.config import Settings
from repo_sleeper.daemon.caps import Refusal, caps_refusal, used_up
from repo_sleeper.daemon.reconciling import Round, reconcile_round, survey_round, with_lock
from repo_sleeper.domain.model import Prompt
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.sleep import agenda as order
from repo_sleeper.sleep import foresight
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store import bugs, pause
from repo_sleeper.store.bugs import Due
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from repo_sleeper.store.unthought import sizes, unthought
from repo_sleeper.store.usefulness import recent_edits
from repo_sleeper.trust import SETTINGS_FILE

if TYPE_CHECKING:
    from repo_sleeper.llm.model import Model
    from repo_sleeper.think.asking import Asking
    from repo_sleeper.think.reading import Limits
    from repo_sleeper.think.thinker import Outcome

__all__ = (
    "Refusal",
    "Round",
    "Work",
    "agenda",
    "asking",
    "caps_refusal",
    "check_prompt",
    "check_round",
    "due_checks",
    "limits",
    "reconcile_round",
    "survey_round",
    "think_round",
    "with_lock",
    "work",
)

_ALONE = 3  # one kind, one sample, one pass


class Work(NamedTuple):
    """What is worth a thought, best first; how many more a cap of their own holds, and which."""

    items: list[AgendaItem]
    held: int = 0
    cap: str = ""


def agenda(
    db: Database,
    settings: Settings,
    tree_id: int,
    *,
    kinds: Collection[NoteKind] | None = None,
    within: Collection[str] = (),
) -> list[AgendaItem]:
    """What is worth a thought, best first; only below the paths `within`, if any are given."""
    return work(db, settings, tree_id, kinds=kinds, within=within).items


def work(
    db: Database,
    settings: Settings,
    tree_id: int,
    *,
    kinds: Collection[NoteKind] | None = None,
    within: Collection[str] = (),
) -> Work:
    """The same, and what is left out because its subject has used up its own share."""
    from repo_sleeper.think import prompts

    now = time.time()
    wanted = [NoteKind(kind) for kind in settings.think.kinds] if kinds is None else list(kinds)
    candidates = unthought(
        db,
        tree_id,
        kinds=wanted,
        versions=prompts.versions(wanted),
        expected=_expected(db, tree_id),
        now=now,
        steps=prompts.steps(samples=settings.think.samples, passes=settings.think.passes),
    )
    inside = [one for one in candidates if _is_within(one.subject.path, within)]
    why = used_up(db, settings, now=now)
    caps = [why(one.subject.path, one.subject.symbol) for one in inside]
    left = order.plan(one for one, cap in zip(inside, caps, strict=True) if not cap)
    return Work(left, len(inside) - len(left), next(filter(None, caps), ""))


def _expected(db: Database, tree_id: int) -> dict[str, float]:
    """How many of the next edits should fall on each file of the tree."""
    return foresight.forecast(recent_edits(db, limit=foresight.COMMITS), sizes(db, tree_id))


def _is_within(path: str, places: Collection[str]) -> bool:
    if path == SETTINGS_FILE:
        return False  # we wrote most of it ourselves
    return not places or any(
        path == place or path.startswith(f"{place.rstrip('/')}/") or place in {"", "."}
        for place in places
    )


def think_round(tree: Tree, settings: Settings, item: AgendaItem, asking: Asking) -> Outcome:
    """Think about one subject, on the terms it is asked on."""
    from repo_sleeper.think import thinker

    job = thinker.job(item.subject, item.kind, item.step)
    outcome = thinker.think_about(tree, job, asking, limits(settings))
    fruitless = settings.budget.fruitless_calls
    stop = pause.if_fruitless(tree.db, most=fruitless, now=asking.clock())
    return dataclasses.replace(outcome, stop=True) if stop is not None else outcome


def asking(settings: Settings, model: Model, refusal: Refusal | None = None) -> Asking:
    """This model, within the caps unless a stricter `refusal` is given."""
    from repo_sleeper.think.asking import Asking

    host = urlsplit(settings.model.api_base).hostname or ""
    return Asking(model, refusal or caps_refusal(settings), time.time, host)


def limits(settings: Settings) -> Limits:
    """How much may be sent and come back, and whether other thoughts begin alike."""
    from repo_sleeper.think.reading import Limits

    think = settings.think
    several = len(think.kinds) + think.samples + think.passes > _ALONE
    return Limits(think.input_tokens, settings.model.max_output_tokens, shared=several)


# --- second looks -----------------------------------------------------------------------------


def due_checks(
    db: Database, settings: Settings, tree_id: int, *, now: float, within: Collection[str] = ()
) -> list[Due]:
    """The second looks that may be taken now: no more in a day than thoughts, but for a few."""
    if not settings.think.check_bugs or not bugs.may_check(db, now=now):
        return []
    why = used_up(db, settings, now=now)
    found = [(one, one.note.evidence[0]) for one in bugs.due(db, tree_id)]
    return [
        one
        for one, cited in found
        if _is_within(cited.path, within) and not why(cited.path, cited.symbol)
    ]


def check_round(tree: Tree, settings: Settings, due: Due, asking: Asking) -> Outcome:
    """Take one second look at a likely bug, on the terms it is asked on."""
    from repo_sleeper.think import checks

    return checks.check(tree, due, asking, _alone(settings))


def check_prompt(tree: Tree, settings: Settings, due: Due) -> tuple[Prompt, tuple[str, ...]]:
    """What that look would send, and which likely bugs it serves."""
    from repo_sleeper.think import checks

    return checks.prepare(tree, due, _alone(settings))


def _alone(settings: Settings) -> Limits:
    # What a look begins with is not sent again: the next is about another finding.
    return dataclasses.replace(limits(settings), shared=False)
