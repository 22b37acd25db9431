"""`sleeper init --remove`: every trace goes, but for settings a person has written."""

from __future__ import annotations

import shutil
import sys
from contextlib import closing, suppress

from repo_sleeper import config, git, trust
from repo_sleeper.cli import output, place, setup, wizard
from repo_sleeper.daemon import process
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.domain.notes import Origin
from repo_sleeper.errors import GitError, SetupError, SleeperError, UsageError
from repo_sleeper.git import Repository
from repo_sleeper.integrations import git_hook
from repo_sleeper.store import code, notes, upkeep

_UNREADABLE = (SleeperError, upkeep.DamageError)  # a store in no state to be read can go too


def remove(*, yes: bool, alone: bool = True) -> None:
    """Daemon, hook, store, trust and untouched settings; says what went and what stays.

    Not `alone` is who asks for other things as well: which of them is meant nobody can tell.
    """
    if not alone:
        raise UsageError("--remove goes with no other option than --yes", hint="take them away")
    repo = place.repository()
    workspace = Workspace(repo=repo, settings=config.load(None, env={}), env={})
    if not yes and sys.stdin.isatty():
        _ask(workspace)
    repositories = _work_trees(workspace)  # the store knows them, and it is about to go
    told = ["daemon stopped"] if process.stop(workspace) else []
    told.append(git_hook.remove(repo))
    told.append(_without_store(workspace))
    for one in repositories:
        told.append(_without_settings(one))
        trust.revoke(one)
    output.say("\n".join(line for line in told if line))


def _work_trees(workspace: Workspace) -> list[Repository]:
    """This work tree, and those that shared its store and are still there."""
    found = [workspace.repo]
    with suppress(*_UNREADABLE), closing(workspaces.read_store(workspace)) as db:
        for tree in code.trees(db):
            with suppress(SleeperError, OSError):
                found += [git.discover(tree.root)] if tree.root != workspace.repo.root else []
    return found


def _ask(workspace: Workspace) -> None:
    paid = _thought_notes(workspace)
    what = f"{output.count(paid, 'note')} of a model and everything else" if paid else "everything"
    if not wizard.confirm(f"Remove {what} sleeper keeps about {workspace.repo.root}?"):
        raise UsageError("nothing was removed")


def _thought_notes(workspace: Workspace) -> int:
    """How many notes of a model go: those of all work trees, which share the store."""
    try:
        with closing(workspaces.read_store(workspace)) as db:
            every = (notes.list_notes(db, one.id, origin=Origin.MODEL) for one in code.trees(db))
            return len({note.id for some in every for note in some})
    except _UNREADABLE:
        return 0


def _without_store(workspace: Workspace) -> str:
    state = workspace.state_dir
    if state.is_symlink() or not state.is_dir():
        return f"there was no {state}"
    paid, store_id = _thought_notes(workspace), workspaces.store_id_of(workspace)
    try:
        shutil.rmtree(state)
    except OSError as error:
        raise SetupError(
            f"{state} cannot be removed: {error.strerror}", hint="remove it by hand"
        ) from error
    trust.forget_store(store_id)
    return f"removed {state}" + (f", with {output.count(paid, 'note')} of a model" if paid else "")


def _without_settings(repo: Repository) -> str:
    file = repo.root / trust.SETTINGS_FILE
    try:
        if file.read_bytes() != setup.settings_text().encode():
            return f"kept {file}: it was changed"
        if any(one.path == trust.SETTINGS_FILE for one in git.tracked(repo)):
            return f"kept {file}: git tracks it"
        file.unlink()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"kept {file}: {error.strerror}"
    except GitError as error:
        return f"kept {file}: {error}"
    return f"removed {file}"
