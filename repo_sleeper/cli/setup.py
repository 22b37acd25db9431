"""The steps of `sleeper init`; each says what it made, and makes nothing twice."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from repo_sleeper import config, trust
from repo_sleeper.cli import output, place, setup_view, wizard
from repo_sleeper.cli.wizard import Choice
from repo_sleeper.daemon import locks, reconciling
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.errors import ConfigError, DaemonError, SleeperError, StoreError, UsageError
from repo_sleeper.git import Repository
from repo_sleeper.index.hands import Hands
from repo_sleeper.integrations import git_hook
from repo_sleeper.store import extent, history, notes
from repo_sleeper.store.database import Database

Progress = Callable[[int, int], None]

_STAMP = "%Y%m%d-%H%M%S"
_INDEX_S = 600.0
_WRITER_S = 60.0
_FROM_ZERO = "spend starts at zero"


def set_up(choice: Choice, *, ask: bool, daemon: bool, rebuild: bool) -> None:
    """Everything, in order; the report at the end names what there is now and how to remove it."""
    repo = place.repository()
    asks = ask and sys.stdin.isatty()
    # First every answer, then every change: whoever leaves at a question leaves nothing behind.
    wanted = _wanted(repo, ask=asks)
    forbidden = workspaces.is_model_forbidden(repo)
    values = wizard.chosen(choice, ask=asks, forbidden=forbidden)
    wizard.write(values)
    made = [_settings_file(repo), _trusted(repo, wanted)]
    workspace = place.here()
    stored = _rebuilt(workspace) if rebuild else [_store(workspace)]
    workspace = _with_choice(workspace, values)
    made += [*setup_view.spending(workspace, values), *stored]
    made.append(f"hook      {git_hook.install(repo, spool=workspace.spool)}")
    made.append(f"index     {_indexed(workspace)}")
    made.append(f"daemon    {_started(workspace) if daemon else 'not started (--no-daemon)'}")
    output.say("\n".join(made))
    output.say(setup_view.how_to_go_on(workspace))


def _with_choice(workspace: Workspace, values: Mapping[str, object]) -> Workspace:
    """The same place, once its store keeps whether it is to have a model at all."""
    if "model.name" not in values:
        return workspace
    workspaces.forbid_model(workspace, forbid=not values["model.name"])
    return place.here()


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
    return (
        f"settings  wrote {file}; every setting in it is a comment to begin with\n"
        "          it may be committed; others must trust it themselves"
    )


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


class _Wanted(NamedTuple):
    """What the repository's file asks for, and why that can never count; "" when it can."""

    values: Mapping[str, object]
    wrong: str = ""


def _wanted(repo: Repository, *, ask: bool) -> _Wanted:
    """Shown to a person first, if it is anything that does not count already."""
    try:
        asked_for = config.repository_values(repo)
    except ConfigError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return _Wanted({}, f"{error}{hint}")
    if trust.is_trusted(repo):
        return _Wanted(asked_for)
    for key, value in sorted(asked_for.items()):
        output.say(f"  {trust.SETTINGS_FILE} sets {key} = {value!r}")
    if asked_for and ask and not wizard.confirm("Let these settings of the repository count?"):
        raise UsageError(
            "its settings are not trusted, so nothing was set up",
            hint=f"change {trust.SETTINGS_FILE}, then run `sleeper init` again",
        )
    return _Wanted(asked_for)


def _trusted(repo: Repository, wanted: _Wanted) -> str:
    """Trust what the repository asks for, unless no repository may ask for it."""
    if wanted.wrong:
        return f"trust     none of its settings count: {wanted.wrong}"
    if trust.is_trusted(repo):
        return "trust     its settings count already"
    trust.grant(repo)
    if not wanted.values:
        return "trust     nothing in it is set yet; a change must be trusted again"
    return "trust     its settings count as they are now"


# --- the store --------------------------------------------------------------------------------


def _store(workspace: Workspace) -> str:
    if workspaces.create_store(workspace):
        return f"store     made {workspace.state_dir}"
    if _has_database(workspace):
        return f"store     is {workspace.state_dir}"
    _stop_daemon(workspace)  # it still has the file that nobody else can see
    return f"store     its database was gone: made anew in {workspace.state_dir}, {_FROM_ZERO}"


def _stop_daemon(workspace: Workspace) -> None:
    from repo_sleeper.daemon import process  # 8 ms, and most often nothing is stopped or started

    process.stop(workspace)


def _has_database(workspace: Workspace) -> bool:
    file = workspace.database_file
    return file.is_symlink() or (file.exists() and file.stat().st_size > 0)


def _rebuilt(workspace: Workspace) -> list[str]:
    """A new store, with what was spent according to the old one, if that is ours."""
    _stop_daemon(workspace)
    ours = _is_ours(workspace)
    moved = workspaces.put_aside(workspace, stamp=time.strftime(_STAMP))
    files = output.count(len(moved), "file")
    told = f"rebuild   put aside {files} of the old store, in {workspace.state_dir}"
    lines = [told, _store(workspace)]
    old = [file for file in moved if file.name.endswith(workspace.database_file.name)]
    if old:
        lines.append(f"spend     {_spend_taken_over(workspace, old[0], ours=ours)}")
    return lines


def _is_ours(workspace: Workspace) -> bool:
    try:
        workspaces.require_store(workspace)
    except SleeperError:
        return False
    return True


def _spend_taken_over(workspace: Workspace, old: Path, *, ours: bool) -> str:
    if not ours:
        return f"{_FROM_ZERO}: the old store was not made by you"
    from repo_sleeper.store import spending

    with _writing(workspace) as db:
        try:
            calls = spending.take_over(db, old)
        except StoreError:
            return f"{_FROM_ZERO}: the old ledger cannot be read"
    return f"what was spent still counts: {output.count(calls, 'call')}"


# --- the index --------------------------------------------------------------------------------


def _indexed(workspace: Workspace) -> str:
    from repo_sleeper.cli import limits_view

    if locks.is_held(workspace.daemon_lock):
        from repo_sleeper.daemon import verbs

        verbs.reconcile(workspace.socket_file, workspace.repo.root, limit=_INDEX_S)
    else:
        _index_here(workspace)
    with closing(workspaces.read_store(workspace)) as db:
        tree_id = place.tree_of(db, workspace)
        counts, fresh = extent.counts(db, tree_id), notes.fresh_counts(db, tree_id)[0]
        commits = history.commit_count(db)
        unread = limits_view.unread(db, tree_id)
    told = [
        output.count(counts.files, "file"),
        output.count(counts.symbols, "symbol"),
        output.count(commits, "commit"),
        output.count(fresh, "note"),
    ]
    return " · ".join(told) + (f"\n          {unread}" if unread else "")


def _index_here(workspace: Workspace) -> None:
    with _writing(workspace) as db, _progress() as progress:
        hands = Hands(progress=progress)
        reconciling.reconcile_round(
            db, workspace.repo, workspace.settings, now=time.time(), hands=hands
        )


@contextmanager
def _writing(workspace: Workspace) -> Iterator[Database]:
    with (
        reconciling.with_lock(workspace, wait=_WRITER_S) as ours,
        closing(workspaces.write_store(workspace)) as db,
    ):
        if not ours:
            raise DaemonError("another sleeper command is writing", hint="wait for it to end")
        yield db


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
    from repo_sleeper.daemon import process

    started = process.start(workspace)
    return f"{'runs already' if started.already else 'started'} (pid {started.pid})"
