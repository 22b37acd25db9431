"""The steps of `sleeper init`; each says what it made, and makes nothing twice."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from repo_sleeper import config, trust
from repo_sleeper.cli import output, place, wizard
from repo_sleeper.cli.wizard import Choice
from repo_sleeper.daemon import locks, process, rounds, verbs
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.errors import DaemonError, UsageError
from repo_sleeper.git import Repository
from repo_sleeper.integrations import git_hook
from repo_sleeper.store import code, history, notes

Progress = Callable[[int, int], None]

_STAMP = "%Y%m%d-%H%M%S"
_INDEX_S = 600.0
_WRITER_S = 60.0


def set_up(choice: Choice, *, ask: bool, daemon: bool, rebuild: bool) -> None:
    """Everything, in order; the report at the end names what there is now and how to remove it."""
    repo = place.repository()
    asks = ask and sys.stdin.isatty()
    made = [_settings_file(repo)]
    made.append(_trusted(repo, ask=asks))
    made += wizard.choose(choice, ask=asks)
    workspace = place.here()
    if rebuild:
        made.append(_put_aside(workspace))
    made.append(_store(workspace))
    made.append(f"hook      {git_hook.install(repo, spool=workspace.spool)}")
    made.append(f"index     {_indexed(workspace)}")
    made.append(f"daemon    {_started(workspace) if daemon else 'not started (--no-daemon)'}")
    output.say("\n".join(made))
    output.say(_how_to_go_on(workspace))


# --- files ------------------------------------------------------------------------------------


def _settings_file(repo: Repository) -> str:
    file = repo.root / trust.SETTINGS_FILE
    try:
        descriptor = _created(file)
    except FileExistsError:
        return f"settings  {file} is there already"
    except OSError as error:
        return f"settings  none written: {error.strerror}"
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(settings_text())
    return f"settings  wrote {file}; every setting in it is a comment to begin with"


def _created(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)


def settings_text() -> str:
    """The example with its settings as comments: a default written down would hide the person's.

    A repository may lower a budget, so an active default would lower what they allow elsewhere.
    """
    return "".join(
        line if line.startswith(("#", "[", "\n")) else f"# {line}"
        for line in config.example_text().splitlines(keepends=True)
    )


def _trusted(repo: Repository, *, ask: bool) -> str:
    """Trust what the repository asks for; a person is shown it first, if it asks for anything."""
    if trust.is_trusted(repo):
        return "trust     its settings count already"
    asked_for = config.repository_values(repo)
    for key, value in sorted(asked_for.items()):
        output.say(f"  {trust.SETTINGS_FILE} sets {key} = {value!r}")
    if asked_for and ask and not wizard.confirm("Let these settings of the repository count?"):
        raise UsageError(
            "its settings are not trusted, so nothing was set up",
            hint=f"change {trust.SETTINGS_FILE}, then run `sleeper init` again",
        )
    trust.grant(repo)
    return "trust     its settings count as they are now"


def _store(workspace: Workspace) -> str:
    made = workspaces.create_store(workspace)
    return f"store     {'made' if made else 'is'} {workspace.state_dir}"


def _put_aside(workspace: Workspace) -> str:
    process.stop(workspace)
    moved = workspaces.put_aside(workspace, stamp=time.strftime(_STAMP))
    return f"rebuild   put aside {len(moved)} files of the old store, in {workspace.state_dir}"


# --- the index --------------------------------------------------------------------------------


def _indexed(workspace: Workspace) -> str:
    if locks.is_held(workspace.daemon_lock):
        verbs.reconcile(workspace.socket_file, workspace.repo.root, limit=_INDEX_S)
    else:
        _index_here(workspace)
    with closing(workspaces.read_store(workspace)) as db:
        tree_id = place.tree_of(db, workspace)
        counts, fresh = code.counts(db, tree_id), notes.fresh_counts(db, tree_id)[0]
        commits = history.commit_count(db)
    told = [
        output.count(counts.files, "file"),
        output.count(counts.symbols, "symbol"),
        output.count(commits, "commit"),
        output.count(fresh, "note"),
    ]
    return " · ".join(told)


def _index_here(workspace: Workspace) -> None:
    with (
        rounds.with_lock(workspace, wait=_WRITER_S) as ours,
        closing(workspaces.write_store(workspace)) as db,
        _progress() as progress,
    ):
        if not ours:
            raise DaemonError("another sleeper command is writing", hint="wait for it to end")
        rounds.reconcile_round(
            db, workspace.repo, workspace.settings, now=time.time(), progress=progress
        )


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal; a line at the start for everyone else."""
    if not output.is_terminal(sys.stderr):
        output.say("indexing ...")
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("indexing"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=output.console(sys.stderr), transient=True) as bar:
        task = bar.add_task("indexing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# --- the daemon -------------------------------------------------------------------------------


def _started(workspace: Workspace) -> str:
    started = process.start(workspace)
    return f"{'runs already' if started.already else 'started'} (pid {started.pid})"


def _how_to_go_on(workspace: Workspace) -> str:
    model = workspace.settings.model.name
    quiet = workspace.settings.idle.quiet_s
    thinks = (
        f"It thinks with {model} when you have been away for {quiet:.0f} s."
        if model
        else "No model is set: nothing leaves this machine. `sleeper init --model NAME` sets one."
    )
    return (
        f'\n{thinks}\n\n  sleeper ask "where is ...?"   a question\n'
        "  sleeper status                how things are\n"
        "  sleeper init --remove         take all of this away again"
    )
