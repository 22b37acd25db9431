"""A daemon's life: take the locks, open the store, say that we are here, serve, leave in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from repo_sleeper import __version__
from repo_sleeper.daemon import holders, locks
from repo_sleeper.daemon.disk import told_if_full
from repo_sleeper.daemon.locks import Lock
from repo_sleeper.daemon.logbook import LOGGER, logging_to
from repo_sleeper.daemon.models import ModelMaker, configured_model
from repo_sleeper.daemon.recovery import recovered
from repo_sleeper.daemon.service import Service
from repo_sleeper.daemon.verbs import Server
from repo_sleeper.daemon.workspace import Workspace, require_store, write_store
from repo_sleeper.errors import DaemonError
from repo_sleeper.store import upkeep

_WRITER_S = 60.0  # how long a command may hold the store while we start
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class AlreadyRunningError(DaemonError):
    """Another daemon holds the lock: whoever wanted one has one."""


def live(
    workspace: Workspace,
    *,
    ready: Callable[[], None],
    echo: bool = False,
    make_model: ModelMaker = configured_model,
) -> None:
    """Be the daemon of this repository until told to end. `ready` is called once we answer."""
    require_store(workspace)
    with (
        told_if_full(workspace.state_dir),
        _private_files(),
        _lock_for_life(workspace) as lock,
        locks.held(workspace.store_lock, wait=_WRITER_S) as ours,
        logging_to(workspace.log_file, echo=echo),
    ):
        if not ours:
            raise DaemonError(
                "another sleeper command has been writing for a minute",
                hint="wait for it to end, then start again",
            )
        _serve(workspace, lock, ready=ready, make_model=make_model)


@contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _lock_for_life(workspace: Workspace) -> Iterator[Lock]:
    # Half a second, because whoever asks whether it is held holds it for a moment themselves.
    lock = locks.take(workspace.daemon_lock, wait=0.5)
    if lock is None:
        raise AlreadyRunningError("a daemon is running already", hint="`sleeper daemon status`")
    lock.inscribe(holders.inscription(workspace))
    try:
        yield lock
    finally:
        lock.release()


def _serve(
    workspace: Workspace, lock: Lock, *, ready: Callable[[], None], make_model: ModelMaker
) -> None:
    with closing(write_store(workspace)) as db:
        found = recovered(workspace, db)
        service = Service(workspace, db, make_model=make_model)
        server = Server(workspace.own_socket_file, service.answer)
        service.is_reachable = server.is_reachable
        service.is_in_place = _in_place(workspace, lock)
        with _ended_by_signals(service):
            server.start()
            LOGGER.info("daemon %s ready, pid %d", __version__, os.getpid())
            if found:
                LOGGER.info("read %d replies that were paid for before a crash", len(found))
            ready()
            try:
                service.run()
                upkeep.checkpoint(db)
            finally:
                server.close()


def _in_place(workspace: Workspace, lock: Lock) -> Callable[[], bool]:
    """Whether our lock and our database are still the ones that others find."""
    database = locks.identity(workspace.database_file)
    return lambda: (
        lock.is_at(workspace.daemon_lock) and locks.is_still(workspace.database_file, database)
    )


@contextmanager
def _ended_by_signals(service: Service) -> Iterator[None]:
    def end(number: int, _frame: Any) -> None:
        service.end(signal.Signals(number).name)

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
