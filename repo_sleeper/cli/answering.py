"""A model's answer to a question: asked for, or kept from before, and what its failure means.

Imported only where a model is asked, and lazily within, as everything `sleeper ask` needs.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repo_sleeper.cli.ask_view import Screen
    from repo_sleeper.cli.asking import Wish
    from repo_sleeper.cli.looking import Asked
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.domain.recall import Context
    from repo_sleeper.errors import ModelError
    from repo_sleeper.llm.client import WorkerModel
    from repo_sleeper.recall.answer import Answer


def answer(found: Context, asked: Asked, workspace: Workspace, name: str, wish: Wish) -> Answer:
    """The answer; when there is none, the context it would have come from, and then the error."""
    from repo_sleeper.cli import ask_view
    from repo_sleeper.errors import BudgetError, ModelError, ModelStoppedError, StoreError

    as_json = wish.as_json
    own = not wish.model  # what another model refuses says nothing about ours
    screen = ask_view.Screen() if ask_view.is_watched() and not as_json else None
    try:
        said = _answered(found, asked, workspace, name, screen, fresh=wish.fresh)
    except (BudgetError, ModelError, StoreError) as error:  # what cannot be noted is not sent
        called = isinstance(error, ModelError) and error.sent
        if own and isinstance(error, ModelError):
            _pause(workspace, error)
        if screen is not None and screen.used:
            screen.break_off()
        elif not isinstance(error, ModelStoppedError):  # who types Ctrl-C wants no more text
            ask_view.print_context(found, as_json=as_json, error=str(error), called=called)
        raise
    if own and said.call is not None:
        _pause(workspace, None)
    ask_view.print_answer(found, said, as_json=as_json, screen=screen)
    return said


def _pause(workspace: Workspace, error: ModelError | None) -> None:
    """Stop all calls for a key or a purse that is refused, until an answer shows it is mended."""
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import StoreError
    from repo_sleeper.store import pause

    if error is not None and error.kind not in pause.OF_THE_ACCOUNT:
        return
    try:
        with closing(write_store(workspace)) as db:
            pause.asked(db, error, now=time.time())
    except (StoreError, OSError):
        return  # it is told anyway, and tried again


def _answered(  # noqa: PLR0913 -- a question, who is asked, and how
    found: Context,
    asked: Asked,
    workspace: Workspace,
    name: str,
    screen: Screen | None,
    *,
    fresh: bool,
) -> Answer:
    from repo_sleeper import config, git
    from repo_sleeper.daemon import rounds
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.errors import ModelSetupError
    from repo_sleeper.llm.client import WorkerModel
    from repo_sleeper.recall import answer

    if doubt := asked.doubt or git.self_test():
        raise ModelSetupError(
            f"{doubt}, so nothing is sent",
            hint="`sleeper doctor` says why",
            sent=False,
        )
    settings = workspace.settings
    choice = settings.model._replace(ask_name=name)
    key = config.api_key(settings, workspace.env)
    model = WorkerModel(choice, key=key, ask=True, env=workspace.env)
    most = settings.model.max_output_tokens
    with closing(model):
        said = None if fresh else _kept(found, asked, model, max_tokens=most)
        if said is not None:
            return said
        with closing(write_store(workspace)) as db:
            return answer.answer(
                found,
                model=model,
                db=db,
                tree_id=asked.tree_id,
                clock=time.time,
                refusal=rounds.caps_refusal(settings),
                host=model.host,
                max_tokens=most,
                show=screen.show if screen else None,
            )


def _kept(found: Context, asked: Asked, model: WorkerModel, *, max_tokens: int) -> Answer | None:
    """What the model said to the very same prompt before; nothing is sent for it."""
    from repo_sleeper.recall import answer

    return answer.kept(
        found,
        db=asked.db,
        tree_id=asked.tree_id,
        model=model.name,
        host=model.host,
        max_tokens=max_tokens,
    )
