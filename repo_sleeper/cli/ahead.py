"""Sends git off before this process imports what reads its answers: it has two cores to run on."""

from __future__ import annotations

from contextlib import suppress

from repo_sleeper.errors import SleeperError


def set_out() -> None:
    """Begin what a reconcile here will ask; a daemon that lives asks for itself.

    Whatever is wrong with the place is found again, and told, by who needs the answers.
    """
    from repo_sleeper import git
    from repo_sleeper.cli import place
    from repo_sleeper.daemon import locks

    with suppress(SleeperError, OSError):
        repo = place.repository()
        has_store = (repo.state_dir / "sleeper.db").exists()
        if has_store and not locks.is_held(repo.state_dir / "daemon.lock"):
            git.ask_ahead(repo)
