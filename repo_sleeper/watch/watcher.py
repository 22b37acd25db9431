"""A hint that something happened in the work tree; what happened is for the scan to say."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from repo_sleeper.domain.paths import path_from_bytes

# Opening and closing files must not be among these: the watcher's own walk opens folders, and
# after one overflow would keep overflowing for ever.
_EVENTS: list[type[FileSystemEvent]] = [
    FileModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
_LOGGERS = ("watchdog.observers.inotify_c", "watchdog.observers.inotify")
_RECOUNT_S = 20.0
_RECOUNT_PER_SECOND = 100.0  # of counting: it may take a hundredth of a core
_COUNTABLE_S = 2.0  # after a folder appeared: by then it and those beside it are watched, or never
_PROOF = "watched"
_PROOF_S = 2.0  # it takes 0.5 s where all is well
_OVERFLOW_SHOWN_S = 600.0
_FDINFO = Path("/proc/self/fdinfo")
_LIMIT_HINT = "raise fs.inotify.max_user_watches"
_HINTS = {errno.ENOSPC: _LIMIT_HINT, errno.EMFILE: "raise fs.inotify.max_user_instances"}


class Watcher:
    """Calls `on_event` with a path whenever anything happens below the root.

    The path is only for show; an empty one means that events were lost. Nothing here ever raises
    because of the file system: what does not work is told by `degraded`, and the regular scan
    finds what was missed. `on_event` is called from the watching thread and should only take note.

    `proof` is a folder of ours below the root: what is written there at the start should be
    announced. Where it is not (network and overlay file systems), nothing ever will be.
    """

    def __init__(
        self,
        root: Path,
        on_event: Callable[[str], None],
        *,
        proof: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = os.fsencode(root)
        self._on_event = on_event
        self._clock = clock
        self._observer: BaseObserver | None = None
        self._failure = ""
        self._files: frozenset[str] = frozenset()  # where the system says what we watch
        self._missing = ""
        self._counted_at: float | None = None
        self._recount_s = _RECOUNT_S
        self._new_folder_at: float | None = None  # since the last count
        self._overflowed_at: float | None = None
        self._proof = None if proof is None else os.fsencode(proof / _PROOF)
        self._proved_by: float | None = None  # until when we wait for it; None: nothing to wait for
        self._listener = _LogListener(self._lost_events)

    def start(self) -> None:
        """Begin; where the system allows no more watches, say so in `degraded` and go on."""
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._listener)
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.")
        others = _inotify_files()
        try:
            observer = Observer()  # takes one of the few instances a user may have
            observer.schedule(
                _Forwarder(self._seen, self._new_folder),
                os.fsdecode(self._root),
                recursive=True,
                event_filter=_EVENTS,
            )
            observer.start()
        except (OSError, RuntimeError) as error:
            self._failure = f"not watching ({_reason(error)}): changes are found by comparing files"
            return
        self._observer = observer
        self._files = _inotify_files() - others
        self._ask_for_proof()

    def _ask_for_proof(self) -> None:
        if self._proof is None:
            return
        self._proved_by = self._clock() + _PROOF_S
        try:
            os.close(os.open(self._proof, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            pass  # left by one that was killed; that it goes is told as well
        except OSError:
            self._proved_by = None  # where we cannot write we cannot know
            return
        with contextlib.suppress(OSError):
            os.unlink(self._proof)  # noqa: PTH108 -- bytes

    def stop(self) -> None:
        """End; safe to call at any time and twice."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(timeout=5)
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self._listener)

    @property
    def degraded(self) -> str:
        """Why changes may be noticed late; empty when all is well."""
        if self._failure:
            return self._failure
        if self._observer is None:
            return ""
        if not self._observer.is_alive():
            return "the watcher ended: changes are found by comparing files"
        return self._unwatched() or self._deafness() or self._overflow()

    @property
    def is_blind(self) -> bool:
        """Whether all or some of it is announced by nobody: only looking finds what changed."""
        ended = self._observer is not None and not self._observer.is_alive()
        return bool(self._failure) or ended or self._is_deaf() or bool(self._unwatched())

    def _deafness(self) -> str:
        if not self._is_deaf():
            return ""
        return "no changes are announced on this file system: all files are compared instead"

    def _is_deaf(self) -> bool:
        return self._proved_by is not None and self._clock() > self._proved_by

    def _overflow(self) -> str:
        at = self._overflowed_at
        if at is None or self._clock() - at > _OVERFLOW_SHOWN_S:
            return ""
        return "too many changes at once: some events were lost, all files were compared"

    def _unwatched(self) -> str:
        """Whether every folder has its watch; the library is silent when the limit is reached."""
        now = self._clock()
        if self._observer is not None and self._is_count_due(now):
            self._new_folder_at = None
            self._missing = _shortfall(_watches(self._files), self._root)
            self._counted_at = self._clock()
            self._recount_s = max(_RECOUNT_S, _RECOUNT_PER_SECOND * (self._counted_at - now))
        return self._missing

    def _is_count_due(self, now: float) -> bool:
        """At the start, and where folders appeared since: no other can be without a watch."""
        appeared = self._new_folder_at
        if appeared is not None and now - appeared < _COUNTABLE_S:
            return False
        if self._counted_at is None:
            return True
        is_in_doubt = bool(self._missing) or appeared is not None
        return is_in_doubt and now - self._counted_at >= self._recount_s

    def _new_folder(self) -> None:
        # Of many the first counts: where they never end, it must not be put off for ever.
        self._new_folder_at = self._new_folder_at or self._clock()

    def _lost_events(self) -> None:
        self._overflowed_at = self._clock()
        self._new_folder()  # as likely as not; and the library is about to watch all anew
        self._on_event("")

    def _seen(self, raw: bytes) -> None:
        self._proved_by = None  # whatever was announced, something is
        if raw != self._proof and raw.startswith(self._root + b"/"):
            path = raw[len(self._root) + 1 :]
            if not is_internal(path):
                self._on_event(path_from_bytes(path))


class _Forwarder(FileSystemEventHandler):
    def __init__(self, seen: Callable[[bytes], None], new_folder: Callable[[], None]) -> None:
        self._seen = seen
        self._new_folder = new_folder

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, DirCreatedEvent | DirMovedEvent):
            self._new_folder()
        for path in (event.src_path, event.dest_path):
            if path:
                self._seen(os.fsencode(path))


class _LogListener(logging.Handler):
    """The library tells of lost events only in its log."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._lost()


def is_internal(path: bytes) -> bool:
    """Git's and our own bookkeeping, which is no activity; but commits, branches, the hook are."""
    if path != b".git" and not path.startswith(b".git/"):
        return False
    inner = path[5:]
    if inner.endswith(b".lock"):
        return True
    return inner not in (b"HEAD", b"packed-refs") and not inner.startswith(
        (b"refs/", b"sleeper/spool/")
    )


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    hint = f"; {_HINTS[error.errno]}" if error.errno in _HINTS else ""
    return f"{error.strerror or error}{hint}"


def _inotify_files() -> frozenset[str]:
    """Where the system tells what this process watches; nothing where it does not say."""
    try:
        names = os.listdir(_FDINFO)  # noqa: PTH208 -- only names are wanted
    except OSError:
        return frozenset()
    return frozenset(name for name in names if _watches_in(_FDINFO / name))


def _watches(files: Iterable[str]) -> int | None:
    """How many folders are watched according to these; None where there are none."""
    return sum(_watches_in(_FDINFO / name) for name in files) or None


def _watches_in(file: Path) -> int:
    try:
        return file.read_bytes().count(b"inotify wd:")
    except OSError:
        return 0


def _shortfall(watched: int | None, root: bytes) -> str:
    if watched is None:
        return ""
    folders = sum(1 for _ in os.walk(root))
    if folders - watched <= folders // 50:  # folders come and go while we count
        return ""
    return f"{watched} of {folders} folders watched: {_LIMIT_HINT}, until then files are compared"
