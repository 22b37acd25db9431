"""`sleeper trust`: let this repository's own settings count, or take that back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from repo_sleeper.config import Settings
    from repo_sleeper.config.rules import Value
    from repo_sleeper.git import Repository


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
        _tell_daemon(repo)
        output.say(
            f"{repo.root} is no longer trusted: no model is asked, its settings do not count"
        )
        return
    wanted = config.repository_values(repo)  # a mistake is told here, and nothing is trusted
    settings = _granted(repo)
    _tell_daemon(repo)
    output.say(f"the settings of {repo.root} count as they are now")
    for key, value in sorted(wanted.items()):
        output.say(f"  {_told(key, value, settings)}")


def _granted(repo: Repository) -> Settings:
    """The settings that hold with the repository's; where they cannot go together, none do."""
    from repo_sleeper import config, trust
    from repo_sleeper.errors import ConfigError

    trust.grant(repo)
    try:
        return config.load(repo, env=os.environ)
    except ConfigError:
        trust.revoke(repo)
        raise


def _told(key: str, asked: Value, settings: Settings) -> str:
    """What holds now, and what the file asks for where that is something else."""
    from repo_sleeper.config.writing import as_toml

    group, _, name = key.partition(".")
    held = getattr(getattr(settings, group), name)
    added = isinstance(asked, tuple) and isinstance(held, tuple) and set(asked) <= set(held)
    if held == asked or added:
        return f"{key} = {as_toml(asked)}"
    wanted = f"it asks for {as_toml(asked)}, but may only narrow what you allow"
    return f"{key} = {as_toml(held)} ({wanted})"


def _tell_daemon(repo: Repository) -> None:
    """Have a daemon, if there is one, read the settings now instead of within a minute."""
    from repo_sleeper.config import Settings
    from repo_sleeper.daemon import verbs
    from repo_sleeper.daemon.workspace import Workspace

    anywhere = Workspace(repo=repo, settings=Settings(), env={})  # where it listens is no setting
    verbs.activity(anywhere.socket_file)
