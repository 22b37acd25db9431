"""`sleeper init`: set everything up in this repository, or take it all away again."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.options import finite


def init(  # noqa: PLR0913 -- the options, each by name
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model, as litellm names it.")
    ] = None,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="No model in this repository: structure only.")
    ] = False,
    api_base: Annotated[
        str | None, typer.Option("--api-base", metavar="URL", help="Where the model is asked.")
    ] = None,
    daily_cap: Annotated[
        float | None,
        typer.Option(
            "--daily-cap", min=0, callback=finite, metavar="USD", help="At most, per day."
        ),
    ] = None,
    no_daemon: Annotated[bool, typer.Option("--no-daemon", help="Start no daemon.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Put the store aside and index anew.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take away everything that init made.")
    ] = False,
) -> None:
    """Set up this repository: index, notes, hook, model, daemon. Doing it twice is fine."""
    from repo_sleeper.cli.wizard import Choice

    choice = Choice(model=model, no_model=no_model, api_base=api_base, daily_cap=daily_cap)
    if remove:
        from repo_sleeper.cli import removal

        removal.remove(yes=yes, alone=choice == Choice() and not (no_daemon or rebuild))
        return
    from repo_sleeper.cli import setup

    setup.set_up(choice, ask=not yes, daemon=not no_daemon, rebuild=rebuild)
