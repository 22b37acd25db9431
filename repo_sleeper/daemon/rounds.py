"""One round of thinking, or of reconciling: what the loop and the commands share."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from repo_sleeper.config import Settings
from repo_sleeper.daemon.caps import Refusal, caps_refusal, used_up
from repo_sleeper.daemon.reconciling import Round, reconcile_round, survey_round, with_lock
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.git import Repository
from repo_sleeper.sleep import agenda as order
from repo_sleeper.sleep import foresight
from repo_sleeper.sleep.agenda import AgendaItem
from repo_sleeper.store import bugs, ledger, pause
from repo_sleeper.store.bugs import Due
from repo_sleeper.store.database import Database
from repo_sleeper.store.unthought import sizes, unthought
from repo_sleeper.store.usefulness import recent_edits
from repo_sleeper.trust import SETTINGS_FILE

if TYPE_CHECKING:
    from repo_sleeper.llm.model import Model
    from repo_sleeper.think.thinker import Outcome

__all__ = (
    "Refusal",
    "Round",
    "Work",
    "agenda",
    "caps_refusal",
    "check_round",
    "due_checks",
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


def think_round(  # noqa: PLR0913 -- a place, a subject and a model, each by name
    db: Database,
    repo: Repository,
    settings: Settings,
    *,
    tree_id: int,
    item: AgendaItem,
    model: Model,
    commit: str,
    clock: Callable[[], float],
    refusal: Refusal | None = None,
    complete: bool = True,
) -> Outcome:
    """Think about one subject; within the caps, unless a stricter `refusal` is given."""
    from repo_sleeper.think import thinker

    outcome = thinker.think_about(
        db,
        tree_id=tree_id,
        root=repo.root,
        subject=item.subject,
        kind=item.kind,
        model=model,
        refusal=refusal or caps_refusal(settings),
        clock=clock,
        commit=commit,
        input_tokens=settings.think.input_tokens,
        max_output_tokens=settings.model.max_output_tokens,
        host=urlsplit(settings.model.api_base).hostname or "",
        complete=complete,
        step=item.step,
        shared=len(settings.think.kinds) + settings.think.samples + settings.think.passes > _ALONE,
    )
    stop = pause.if_fruitless(db, most=settings.budget.fruitless_calls, now=clock())
    return dataclasses.replace(outcome, stop=True) if stop is not None else outcome


# --- second looks -----------------------------------------------------------------------------


def due_checks(db: Database, settings: Settings, tree_id: int, *, now: float) -> list[Due]:
    """The second looks that may be taken now: no more in a day than thoughts, but for a few."""
    if not settings.think.check_bugs or not bugs.may_check(db, day=ledger.day_of(db, now)):
        return []
    why = used_up(db, settings, now=now)
    found = [(one, one.note.evidence[0]) for one in bugs.due(db, tree_id)]
    return [one for one, cited in found if not why(cited.path, cited.symbol)]


def check_round(  # noqa: PLR0913 -- a place, a bug and a model, each by name
    db: Database,
    repo: Repository,
    settings: Settings,
    *,
    tree_id: int,
    due: Due,
    model: Model,
    clock: Callable[[], float],
    refusal: Refusal | None = None,
) -> Outcome:
    """Take one second look at a likely bug, within the caps."""
    from repo_sleeper.think import checks
    from repo_sleeper.think.reading import Limits

    return checks.check(
        db,
        due,
        tree_id=tree_id,
        root=repo.root,
        model=model,
        refusal=refusal or caps_refusal(settings),
        clock=clock,
        limits=Limits(settings.think.input_tokens, settings.model.max_output_tokens),
        host=urlsplit(settings.model.api_base).hostname or "",
    )
