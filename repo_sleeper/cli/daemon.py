"""`sleeper daemon`: start, stop, look at and follow the process that watches."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.group import group
from repo_sleeper.cli.options import Json

app = group("status", "The process that watches and thinks.")


@app.command()
def start() -> None:
    """Start it, and return when it answers."""
    from repo_sleeper.cli import output, place
    from repo_sleeper.daemon import process

    started = process.start(place.here())
    how = "was running already" if started.already else "is ready"
    output.say(f"daemon {how} (pid {started.pid})")


@app.command()
def stop() -> None:
    """End it, with its children, within five seconds."""
    from repo_sleeper.cli import output, place
    from repo_sleeper.daemon import process

    stopped = process.stop(place.here())
    output.say("daemon stopped" if stopped else "no daemon was running")


@app.command()
def restart() -> None:
    """End it if it runs, and start a new one."""
    from repo_sleeper.cli import output, place
    from repo_sleeper.daemon import process

    output.say(f"daemon is ready (pid {process.restart(place.here()).pid})")


@app.command()
def status(*, json: Json = False) -> None:
    """Say whether it runs and what it does. Exit 3 when it does not run."""
    from repo_sleeper.cli import daemon_view, place
    from repo_sleeper.daemon import process, workspace

    here = place.here()
    workspace.require_store(here)
    found = process.state(here)
    daemon_view.show(found, json=json)
    if not found.running:
        raise typer.Exit(3)


@app.command()
def logs(
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for more.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many lines.")] = 40,
) -> None:
    """Print the last lines of its log."""
    from repo_sleeper.cli import daemon_view, place

    daemon_view.print_log(place.here().log_file, lines=lines, follow=follow)


@app.command()
def run() -> None:
    """Be the daemon in the foreground. For systemd, containers, or to watch it work."""
    from repo_sleeper.cli import place
    from repo_sleeper.daemon.life import live

    live(place.here(), ready=lambda: None, echo=True)  # its log, which is shown, says so
