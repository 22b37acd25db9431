"""`sleeper trust`: let this repository's own settings count, or take that back."""

from __future__ import annotations

from typing import Annotated

import typer


def trust(
    *, revoke: Annotated[bool, typer.Option("--revoke", help="Take it back.")] = False
) -> None:
    """Let .sleeper.toml count as it is now; a change asks again."""
    from repo_sleeper import config
    from repo_sleeper import trust as trusted
    from repo_sleeper.cli import output, place

    repo = place.repository()
    if revoke:
        trusted.revoke(repo)
        output.say(f"{repo.root} is no longer trusted: its settings do not count")
        return
    wanted = config.repository_values(repo)  # a mistake is told here, and nothing is trusted
    trusted.grant(repo)
    output.say(f"the settings of {repo.root} count as they are now")
    for key, value in sorted(wanted.items()):
        output.say(f"  {key} = {value}")
