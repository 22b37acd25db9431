"""`sleeper eval`: replays this repository's own commits and says what asking would have found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

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

    measured_too = {
        "--anticipation": anticipation,
        "--suspicion": suspicion,
        "--staleness": staleness,
    }
    of_replays = {"--plot": plot is not None, "--exact": exact, "--keep-notes": keep_notes}
    _require_one(measured_too, of_replays)
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
        output.say(f"wrote {plot}")
    measured = lift.lifts(found)
    off = _switched(workspace, measured, keep=keep_notes)
    if json:
        output.print_json({**report.as_json([found]), "note_kinds_off": off})
    else:
        output.out(report.table([found]).rstrip("\n"))
        output.out("\n" + "\n".join(lift.lines(measured, kept=keep_notes)))


def _require_one(measures: Mapping[str, bool], of_replays: Mapping[str, bool]) -> None:
    """Raises UsageError for more than one measure, and for what none of them would look at."""
    from repo_sleeper.errors import UsageError

    wanted = [name for name, given in measures.items() if given]
    unused = [name for name, given in of_replays.items() if given]
    if len(wanted) > 1:
        raise UsageError(
            f"{' and '.join(wanted)} are measured one at a time", hint="give one of them"
        )
    if wanted and unused:
        raise UsageError(
            f"{unused[0]} is for the replay of questions, not for {wanted[0]}",
            hint="leave one of them out",
        )


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

    try:
        with _progress() as progress:
            found = anticipation.anticipate(workspace.repo, points=points, progress=progress)
    except KeyboardInterrupt:
        output.say("sleeper: interrupted; of this measure nothing is kept")
        raise
    if not found.points:
        _nothing_to_replay(found.commits, fewest=anticipation.FEWEST)
    if json:
        output.print_json(anticipation.as_json(found))
    else:
        output.out(anticipation.table(found))


def _suspect(workspace: Workspace, *, fixes: int, json: bool) -> None:
    """At the parent of so many fixes: was what they mended among the most suspect?"""
    from repo_sleeper.cli import output
    from repo_sleeper.evaluate import suspected, suspicion

    with _workshop(workspace, "suspicion") as workshop, _progress() as progress:
        found = suspicion.suspect(
            workspace.repo, fixes=fixes, shelf=suspicion.shelf_in(workshop), progress=progress
        )
    if not found.fixes:
        _no_fixes(suspicion.FEWEST_BEFORE)
    if json:
        output.print_json(suspected.as_json([found]))
    else:
        output.out(suspected.table([found]))


def _age(workspace: Workspace, *, edits: int, json: bool) -> None:
    """Over so many edits: were stale notes told, or notes lost without a cause?"""
    import time

    from repo_sleeper.cli import output
    from repo_sleeper.evaluate import staleness

    with _workshop(workspace, "staleness") as workshop, _progress() as progress:
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


def _nothing_to_replay(commits: int, *, fewest: int) -> NoReturn:
    from repo_sleeper.cli import output
    from repo_sleeper.errors import NotFoundError

    there = f"only {output.count(commits, 'commit')}" if commits else "no commits"
    raise NotFoundError(
        f"there is nothing to replay: {there} without merges",
        hint=f"this is measured from {fewest} commits on",
    )


def _no_fixes(fewest: int) -> NoReturn:
    from repo_sleeper.errors import NotFoundError

    raise NotFoundError(
        "there are no fixes to measure on",
        hint=f"a fix is a commit whose subject says so, of code, after {fewest} others",
    )


def _replayed(workspace: Workspace, plan: Plan) -> Replay:
    import time

    from repo_sleeper.evaluate.replay import replay

    with _workshop(workspace, plan.mode.value) as workshop, _progress() as progress:
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
def _workshop(workspace: Workspace, measure: str) -> Iterator[Path]:
    """Where a measure keeps what it has done; only one at a time may."""
    from repo_sleeper.daemon import locks
    from repo_sleeper.daemon.workspace import require_store
    from repo_sleeper.errors import SetupError

    require_store(workspace)
    with locks.held(workspace.state_dir / "eval.lock", wait=0.0) as ours:
        if not ours:
            raise SetupError(
                "another evaluation of this repository is running", hint="wait for it to end"
            )
        folder = workspace.state_dir / "eval"
        with _interruptible(folder / f"interrupted-{measure}"):
            yield folder


@contextmanager
def _interruptible(mark: Path) -> Iterator[None]:
    """Says what becomes of the work when Ctrl-C ends it, and the next time that it was of use."""
    from repo_sleeper.cli import output

    if mark.exists():
        output.say("sleeper: going on where it was interrupted, as far as that still holds")
        mark.unlink(missing_ok=True)
    try:
        yield
    except KeyboardInterrupt:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.touch(mode=0o600)
        output.say("sleeper: interrupted; what was measured is kept, and the next run goes on")
        raise


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
        named = file.with_suffix(".svg") if file.name and not file.is_dir() else file / "found.svg"
        raise UsageError(
            f"a plot is drawn as SVG, and {file} is no name for one", hint=f"--plot {named}"
        )
    if file.is_dir():
        raise UsageError(f"{file} cannot be written: it is a folder")
    if not file.parent.is_dir():
        raise UsageError(f"{file} cannot be written: there is no folder {file.parent}")


def _draw(found: Replay, file: Path) -> None:
    from repo_sleeper.errors import UsageError
    from repo_sleeper.evaluate import plot

    try:
        file.write_text(plot.svg([found]), "utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
