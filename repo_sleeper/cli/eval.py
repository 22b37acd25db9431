"""`sleeper eval`: replays this repository's own commits and says what asking would have found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repo_sleeper.cli.options import Json

if TYPE_CHECKING:
    from repo_sleeper.daemon.workspace import Workspace
    from repo_sleeper.evaluate.lift import Lift
    from repo_sleeper.evaluate.results import Limits, Plan, Replay


def evaluate(  # noqa: PLR0913 -- the options, each by name
    *,
    commits: Annotated[
        int, typer.Option("--commits", "-n", min=1, max=2000, help="How many commits to replay.")
    ] = 100,
    exact: Annotated[
        bool, typer.Option("--exact", help="Ask the index at each commit's parent: slower.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the result as SVG.")
    ] = None,
    anticipation: Annotated[
        bool,
        typer.Option("--anticipation", help="Measure how well the next edits are foreseen."),
    ] = False,
    suspicion: Annotated[
        bool,
        typer.Option("--suspicion", help="Measure whether fixes were where bugs were suspected."),
    ] = False,
    staleness: Annotated[
        bool,
        typer.Option("--staleness", help="Measure whether notes notice edits: exit 1 if not."),
    ] = False,
    keep_notes: Annotated[
        bool, typer.Option("--keep-notes", help="Use every kind of note, whether it helps or not.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure on its own history how well asking finds what changes.

    Replays commits: would asking their subject have found what they changed?
    """
    from repo_sleeper.cli import output, place
    from repo_sleeper.evaluate import lift, report
    from repo_sleeper.evaluate.results import Mode, Plan

    workspace = place.here()
    if anticipation:
        _anticipate(workspace, points=commits, json=json)
        return
    if suspicion:
        _suspect(workspace, fixes=commits, json=json)
        return
    if staleness:
        _age(workspace, edits=commits, json=json)
        return
    if plot is not None:
        _check_drawable(plot)
    mode = Mode.EXACT if exact else Mode.FAST
    plan = Plan(count=commits, mode=mode, limits=_limits(workspace))
    found = _replayed(workspace, plan)
    if plot is not None:
        _draw(found, plot)
    measured = lift.lifts(found)
    off = _switched(workspace, measured, keep=keep_notes)
    if json:
        output.print_json({**report.as_json([found]), "note_kinds_off": off})
    else:
        output.out(report.table([found]).rstrip("\n"))
        output.out("\n" + "\n".join(lift.lines(measured, kept=keep_notes)))


def _switched(workspace: Workspace, measured: Sequence[Lift], *, keep: bool) -> list[str]:
    """Leave kinds of notes that do not help out of contexts here, unless all are to stay.

    What was found before of a kind that too few questions were shown this time still holds.
    """
    from repo_sleeper.daemon.workspace import write_store
    from repo_sleeper.store import note_kinds

    with closing(write_store(workspace)) as db:
        before = note_kinds.switched_off(db) - {one.kind for one in measured}
        unhelpful = {one.kind for one in measured if not one.helps}
        off = set() if keep else before | unhelpful
        note_kinds.switch_off(db, off)
    return sorted(kind.value for kind in off)


def _anticipate(workspace: Workspace, *, points: int, json: bool) -> None:
    """At so many points of the past: were the next edits where most were expected?"""
    from repo_sleeper.cli import output
    from repo_sleeper.evaluate import anticipation

    with _progress() as progress:
        found = anticipation.anticipate(workspace.repo, points=points, progress=progress)
    if json:
        output.print_json(anticipation.as_json(found))
    else:
        output.out(anticipation.table(found))


def _suspect(workspace: Workspace, *, fixes: int, json: bool) -> None:
    """At the parent of so many fixes: was what they mended among the most suspect?"""
    from repo_sleeper.cli import output
    from repo_sleeper.evaluate import suspected, suspicion

    with _workshop(workspace) as workshop, _progress() as progress:
        found = suspicion.suspect(
            workspace.repo, fixes=fixes, shelf=suspicion.shelf_in(workshop), progress=progress
        )
    if json:
        output.print_json(suspected.as_json([found]))
    else:
        output.out(suspected.table([found]))


def _age(workspace: Workspace, *, edits: int, json: bool) -> None:
    """Over so many edits: were stale notes told, or notes lost without a cause?"""
    import time

    from repo_sleeper.cli import output
    from repo_sleeper.evaluate import staleness

    with _workshop(workspace) as workshop, _progress() as progress:
        found = staleness.measure(
            workspace.repo,
            workshop=workshop,
            edits=edits,
            limits=_limits(workspace),
            clock=time.time,
            progress=progress,
        )
    if json:
        output.print_json(staleness.as_json(found))
    else:
        output.out(staleness.table(found))
    if not found.is_good:
        raise typer.Exit(1)


def _replayed(workspace: Workspace, plan: Plan) -> Replay:
    import time

    from repo_sleeper.evaluate.replay import replay

    with _workshop(workspace) as workshop, _progress() as progress:
        return replay(
            workspace.repo, workshop=workshop, plan=plan, clock=time.time, progress=progress
        )


def _limits(workspace: Workspace) -> Limits:
    from repo_sleeper.evaluate.results import Limits

    settings = workspace.settings
    return Limits(
        max_bytes=settings.index.max_file_kb * 1024,
        ignore=settings.index.ignore,
        max_commits=settings.history.max_commits,
    )


@contextmanager
def _workshop(workspace: Workspace) -> Iterator[Path]:
    """Where a replay keeps what it has done; only one at a time may."""
    from repo_sleeper.daemon import locks
    from repo_sleeper.daemon.workspace import require_store
    from repo_sleeper.errors import SetupError

    require_store(workspace)
    with locks.held(workspace.state_dir / "eval.lock", wait=0.0) as ours:
        if not ours:
            raise SetupError(
                "another evaluation of this repository is running", hint="wait for it to end"
            )
        yield workspace.state_dir / "eval"


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar for a person who looks on; what was done before an interruption is kept anyway."""
    from repo_sleeper.cli import output

    if not output.is_terminal(sys.stderr):
        yield None
        return
    from rich.progress import Progress  # 80 ms: only where something is drawn

    with Progress(console=output.console(sys.stderr), transient=True) as bar:
        task = bar.add_task("replaying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _check_drawable(file: Path) -> None:
    """Refuse before the work what could not be written after it."""
    from repo_sleeper.errors import UsageError

    if file.suffix.lower() != ".svg":
        raise UsageError(
            f"a plot is drawn as SVG, and {file.name} is no name for one",
            hint=f"--plot {file.with_suffix('.svg')}",
        )
    if not file.parent.is_dir():
        raise UsageError(f"{file} cannot be written: there is no folder {file.parent}")


def _draw(found: Replay, file: Path) -> None:
    from repo_sleeper.errors import UsageError
    from repo_sleeper.evaluate import plot

    try:
        file.write_text(plot.svg([found]), "utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
