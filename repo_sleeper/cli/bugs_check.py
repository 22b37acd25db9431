"""Both second looks at one likely bug, at a person's wish."""

from __future__ import annotations

from repo_sleeper.cli import bugs_view, output, thinking
from repo_sleeper.cli.bugs_past import CheckedOut
from repo_sleeper.cli.place import Place
from repo_sleeper.daemon import rounds, verbs
from repo_sleeper.errors import UsageError
from repo_sleeper.llm.model import Model
from repo_sleeper.store import bugs
from repo_sleeper.store.bugs import BugState, Due, Step


def recheck(prefix: str, *, json: bool) -> None:
    """Look again, as far as the budget and the model let us.

    What was decided before holds until a new look has come to something.
    """
    with thinking.writing() as here:
        bug = bugs.bug(here.db, here.tree_id, prefix, past=CheckedOut(here))
        if bug.state is BugState.DISMISSED:
            hint = f"{bugs_view.restore_hint(bug)}; then it can be looked at"
            raise UsageError(f"{bug.note.id} is dismissed", hint=hint)
        bugs_view.require_code(bug)
        thinking.require_model(here.workspace)
        with thinking.open_models(here.workspace) as asked:
            _look(here, Due(bug.note, Step.AGAIN, afresh=True), asked.again())
        found = bugs.bug(here.db, here.tree_id, bug.note.id)
    bugs_view.show_whole(found, json=json)


def _look(here: Place, first: Due, model: Model) -> None:
    settings = here.workspace.settings
    due: Due | None = first
    while due is not None:
        output.say(f"{due.step.value}: {due.note.title}")
        verbs.activity(here.workspace.socket_file)  # the daemon leaves the model to us
        outcome = rounds.check_round(here.tree, settings, due, rounds.asking(settings, model))
        if outcome.error is not None:
            raise outcome.error
        due = _due(here, first.note.id)


def _due(here: Place, note_id: str) -> Due | None:
    due = bugs.due(here.db, here.tree_id)
    return next((one for one in due if one.note.id == note_id), None)
