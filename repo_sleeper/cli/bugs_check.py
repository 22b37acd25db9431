"""The second looks at likely bugs, at a person's wish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import typer

from repo_sleeper.cli import bugs_view, thinking
from repo_sleeper.cli.bugs_past import CheckedOut
from repo_sleeper.cli.calls import Calls
from repo_sleeper.cli.place import Place
from repo_sleeper.errors import NotFoundError, UsageError
from repo_sleeper.store import bugs
from repo_sleeper.store.bugs import Bug, BugState, Due, Step
from repo_sleeper.think.thinker import Outcome


def recheck(prefix: str, max_cost: float | None, *, json: bool) -> None:
    """Look again at one, as far as the budget and the model let us.

    What was decided before holds until a new look has come to something.
    """
    with thinking.writing() as here:
        bug = bugs.bug(here.db, here.tree_id, prefix, past=CheckedOut(here))
        if bug.state is BugState.DISMISSED:
            hint = f"{bugs_view.restore_hint(bug)}; then it can be looked at"
            raise UsageError(f"{bug.note.id} is dismissed", hint=hint)
        bugs_view.require_code(bug)
        _taken(here, _afresh(here, bug), max_cost, limit=len(Step))
        found = bugs.bug(here.db, here.tree_id, bug.note.id)
    bugs_view.show_whole(found, json=json)


def take_due(limit: int, max_cost: float | None, *, json: bool) -> None:
    """Take the looks that come next, the likeliest bugs first, and list what was looked at."""
    with thinking.writing() as here:
        due = partial(bugs.due, here.db, here.tree_id)
        before = {one.note.id: len(one.checks) for one in _all(here)}
        if not due():
            raise NotFoundError("no second look is due", hint="`sleeper bugs recheck ID` takes any")
        _taken(here, due, max_cost, limit=limit)
        found = [one for one in _all(here) if len(one.checks) != before.get(one.note.id)]
    bugs_view.show_list(found, json=json, limit=len(found), hidden=0)


def _all(here: Place) -> list[Bug]:
    return bugs.bugs(here.db, here.tree_id, states=tuple(BugState))


def _afresh(here: Place, bug: Bug) -> Callable[[], list[Due]]:
    """Both looks at one bug, whatever was decided about it."""
    first = iter([[Due(bug.note, Step.AGAIN, afresh=True)]])
    return lambda: (
        next(first, None)
        or [one for one in bugs.due(here.db, here.tree_id) if one.note.id == bug.note.id]
    )


def _taken(
    here: Place, due: Callable[[], Sequence[Due]], max_cost: float | None, *, limit: int
) -> None:
    """Raises what ended it where the last look came to nothing."""
    thinking.require_model(here.workspace)
    with thinking.open_models(here.workspace) as asked:
        _require_last(Calls(here, asked, max_cost).looks(due, limit=limit))


def _require_last(outcomes: Iterator[Outcome]) -> None:
    done, refused = thinking.all_of(outcomes)
    if refused is not None:
        raise refused
    if done and done[-1].error is not None:  # told already
        raise typer.Exit(done[-1].error.exit_code)
