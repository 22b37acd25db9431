"""Small JSON verbs over a private unix socket: how a command speaks with the daemon."""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from repo_sleeper import __version__
from repo_sleeper.errors import DaemonError, SleeperError

PROTOCOL = 1
PING_S = 0.3  # a daemon that cannot say "here" in this time is not waited for
_LINE_LIMIT = 64 * 1024
_CALLERS = 16  # at once; whoever comes on top waits in the socket's queue

Message = dict[str, Any]
Answer = Callable[[Message], Message]


class RefusedError(DaemonError):
    """The daemon answers, and says why it did not do what it was asked for."""


# --- the command's side -----------------------------------------------------------------------


def ping(socket_file: Path, *, limit: float = PING_S) -> Message | None:
    """Who answers, with version and pid; None when nobody does in time."""
    try:
        return ask(socket_file, {"verb": "ping"}, limit=limit)
    except DaemonError:
        return None


def reconcile(
    socket_file: Path, root: Path, *, limit: float, derive: bool = True
) -> Message | None:
    """Have the daemon look at a work tree now; None when it did not finish in time.

    Raises RefusedError when it says why it could not.
    `derive=False` is content with an index that is up to date; the survey follows soon.
    """
    calls = _calls_ahead.pop(root, None)
    try:
        calls = calls or _look_calls(socket_file, root, derive=derive)
        _answer_to(calls[0], limit=PING_S)
        return _answer_to(calls[1], limit=limit)
    except RefusedError:
        raise
    except (DaemonError, OSError):
        return None


def reconcile_ahead(socket_file: Path, root: Path, *, derive: bool) -> None:
    """Have the daemon begin what `reconcile` will ask for, while we do something else."""
    with suppress(OSError):
        _calls_ahead[root] = _look_calls(socket_file, root, derive=derive)


_calls_ahead: dict[Path, tuple[socket.socket, socket.socket]] = {}


def _look_calls(
    socket_file: Path, root: Path, *, derive: bool
) -> tuple[socket.socket, socket.socket]:
    """Whether it is there, which is told at once, and to look, which may take long."""
    there = _call(socket_file, {"verb": "ping"}, limit=PING_S)
    look = {"verb": "reconcile", "root": os.fspath(root), "derive": derive}
    return there, _call(socket_file, look, limit=PING_S)


def activity(socket_file: Path) -> None:
    """Tell a daemon, if there is one, that a person is at work."""
    try:
        ask(socket_file, {"verb": "activity"}, limit=PING_S)
    except DaemonError:
        return


def listener(socket_file: Path) -> int:
    """The process that listens there, as the system knows it; 0 when there is none."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.settimeout(PING_S)
            caller.connect(os.fspath(socket_file))
            return _peer(caller)[0]
    except OSError:
        return 0


def ask(socket_file: Path, message: Mapping[str, Any], *, limit: float) -> Message:
    """One question, one answer. Raises DaemonError for silence, nonsense and refusals alike."""
    try:
        caller = _call(socket_file, message, limit=limit)
    except OSError as error:
        raise DaemonError(f"the daemon does not answer: {error}") from error
    return _answer_to(caller, limit=limit)


def _call(socket_file: Path, message: Mapping[str, Any], *, limit: float) -> socket.socket:
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        caller.settimeout(limit)
        caller.connect(os.fspath(socket_file))
        caller.sendall(_encoded({"protocol": PROTOCOL, "version": __version__, **message}))
    except BaseException:
        caller.close()
        raise
    return caller


def _answer_to(caller: socket.socket, *, limit: float) -> Message:
    try:
        with caller:
            caller.settimeout(limit)
            answer = _decoded(_line(caller))
    except OSError as error:
        raise DaemonError(f"the daemon does not answer: {error}") from error
    if not answer.get("ok"):
        raise RefusedError(
            str(answer.get("error", "the daemon refused")), hint=str(answer.get("hint", ""))
        )
    return answer


# --- the daemon's side ------------------------------------------------------------------------


class Server:
    """Listens until closed; every caller gets a thread for its one question."""

    def __init__(self, socket_file: Path, answer: Answer) -> None:
        self._file = socket_file
        self._answer = answer
        self._places = threading.BoundedSemaphore(_CALLERS)
        self._wake_read, self._wake_write = os.pipe()
        self._listener = _listening(socket_file)
        self._inode = socket_file.lstat().st_ino
        self._thread = threading.Thread(target=self._listen, name="verbs", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def is_reachable(self) -> bool:
        """Whether the socket others would find is still ours; a logout may sweep it away."""
        try:
            return self._file.lstat().st_ino == self._inode
        except OSError:
            return False

    def close(self) -> None:
        """Stop listening and take the socket away, unless it is another's by now."""
        if self.is_reachable():
            self._file.unlink(missing_ok=True)
        os.write(self._wake_write, b".")
        self._thread.join()
        self._listener.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._wake_read in ready:
                    return
                self._accept()

    def _accept(self) -> None:
        try:
            caller, _ = self._listener.accept()
        except OSError:
            return  # gone again before we looked
        self._places.acquire()
        threading.Thread(target=self._serve, args=(caller,), name="caller", daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        try:
            with caller:
                caller.settimeout(5.0)
                if _is_same_user(caller):
                    caller.sendall(_encoded(self._answered(_line(caller))))
        except OSError:
            pass  # the caller did not wait for the answer
        finally:
            self._places.release()

    def _answered(self, line: bytes) -> Message:
        try:
            return {"ok": True, **self._answer(_decoded(line))}
        except SleeperError as error:
            return {"ok": False, "error": str(error), "hint": error.hint}


def _listening(socket_file: Path) -> socket.socket:
    """A socket nobody else may open. A file left by a dead daemon is in nobody's use: we hold
    the lock."""
    socket_file.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(socket_file))
        socket_file.chmod(0o600)
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise DaemonError(
            f"cannot listen on {socket_file}: {error.strerror or error}",
            hint="set XDG_RUNTIME_DIR to a short, private folder",
        ) from error
    return listener


def _is_same_user(caller: socket.socket) -> bool:
    return _peer(caller)[1] == os.geteuid()


def _peer(peer: socket.socket) -> tuple[int, int]:
    """Process and user at the other end."""
    if sys.platform != "linux":
        # The folder of the socket is private, so there is nobody else; 0, 2 is LOCAL_PEERPID.
        return peer.getsockopt(0, 2), os.geteuid()
    layout = "3i"
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(layout))
    pid, uid, _ = struct.unpack(layout, raw)
    return int(pid), int(uid)


# --- the line both speak ----------------------------------------------------------------------


def _line(peer: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n") and len(received) <= _LINE_LIMIT:
        piece = peer.recv(_LINE_LIMIT)
        if not piece:
            break
        received += piece
    return received


def _encoded(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=True, default=str).encode() + b"\n"


def _decoded(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise DaemonError("that was not a message")
    return message
