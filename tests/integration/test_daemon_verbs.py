from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repo_sleeper import __version__
from repo_sleeper.daemon import verbs
from repo_sleeper.daemon.verbs import Message, Server
from repo_sleeper.errors import DaemonError

Answer = Callable[[Message], Message]


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path short enough for a socket."""
    return tmp_path_factory.mktemp("s") / "s.sock"


@pytest.fixture
def served(place: Path) -> Iterator[Callable[[Answer], Path]]:
    servers = []

    def serve(answer: Answer) -> Path:
        server = Server(place, answer)
        server.start()
        servers.append(server)
        return place

    yield serve
    for server in servers:
        server.close()


def _echo(message: Message) -> Message:
    return {"heard": message}


def _refuse(_: Message) -> Message:
    raise DaemonError("not today", hint="tomorrow")


def test_a_question_is_answered_and_says_who_asks(served: Callable[[Answer], Path]) -> None:
    answer = verbs.ask(served(_echo), {"verb": "status"}, limit=5)

    assert answer["heard"] == {"verb": "status", "protocol": 1, "version": __version__}


def test_a_refusal_arrives_with_its_hint(served: Callable[[Answer], Path]) -> None:
    with pytest.raises(DaemonError, match="not today") as caught:
        verbs.ask(served(_refuse), {"verb": "stop"}, limit=5)
    assert caught.value.hint == "tomorrow"


def test_a_reconcile_that_is_refused_says_why(served: Callable[[Answer], Path]) -> None:
    def refuse(message: Message) -> Message:
        return _refuse(message) if message["verb"] == "reconcile" else {}

    with pytest.raises(verbs.RefusedError, match="not today"):
        verbs.reconcile(served(refuse), Path("/repo"), limit=5)


def test_where_nobody_listens_nobody_is_waited_for(place: Path) -> None:
    assert verbs.ping(place) is None
    assert verbs.reconcile(place, Path("/repo"), limit=5) is None
    verbs.activity(place)


def test_a_socket_left_by_the_dead_is_replaced(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    assert verbs.ping(place) is None

    server = Server(place, _echo)
    server.start()
    assert verbs.ping(place, limit=5) is not None
    server.close()


def test_whoever_accepts_and_is_silent_is_not_waited_for(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(place))
        mute.listen()
        assert verbs.ping(place, limit=0.05) is None


def test_a_reconcile_that_takes_too_long_is_given_up(served: Callable[[Answer], Path]) -> None:
    enough = threading.Event()

    def slow(message: Message) -> Message:
        if message["verb"] == "reconcile":
            enough.wait(5)
        return {}

    assert verbs.reconcile(served(slow), Path("/repo"), limit=0.05) is None
    enough.set()


def test_a_reconcile_begun_ahead_is_not_asked_for_again(
    served: Callable[[Answer], Path],
) -> None:
    heard: list[Message] = []

    def note(message: Message) -> Message:
        heard.append(message)
        return {}

    place = served(note)
    root = Path("/repo")

    verbs.reconcile_ahead(place, root, derive=False)
    answer = verbs.reconcile(place, root, limit=5, derive=False)

    assert answer is not None
    looks = [message for message in heard if message["verb"] == "reconcile"]
    assert [look["derive"] for look in looks] == [False]
    assert verbs.reconcile(place, root, limit=5) is not None  # another is a new one
    assert [message["verb"] for message in heard].count("reconcile") == 2


def test_where_nobody_listens_nothing_is_begun_ahead(place: Path) -> None:
    verbs.reconcile_ahead(place, Path("/repo"), derive=True)

    assert verbs.reconcile(place, Path("/repo"), limit=5) is None


def test_a_reconcile_names_its_work_tree(served: Callable[[Answer], Path]) -> None:
    root = Path("/caf\udce9")

    answer = verbs.reconcile(served(_echo), root, limit=5)

    assert answer is not None
    assert answer["heard"]["root"] == os.fspath(root)


@pytest.mark.parametrize("line", [b"not json\n", b"[]\n", b"\n", b"x" * 70_000 + b"\n"])
def test_nonsense_is_refused_and_the_server_lives(
    served: Callable[[Answer], Path], line: bytes
) -> None:
    place = served(_echo)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(5)
        caller.connect(str(place))
        caller.sendall(line)
        assert b'"ok": false' in caller.recv(4096)

    assert verbs.ping(place, limit=5) is not None


def test_a_caller_that_hangs_up_harms_nobody(served: Callable[[Answer], Path]) -> None:
    place = served(_echo)
    for _ in range(40):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(place))

    assert verbs.ping(place, limit=5) is not None


def test_only_this_user_may_connect(served: Callable[[Answer], Path]) -> None:
    assert stat.S_IMODE(served(_echo).stat().st_mode) == 0o600


def test_a_caller_of_another_user_gets_no_answer(
    served: Callable[[Answer], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = served(_echo)
    monkeypatch.setattr("repo_sleeper.daemon.verbs.os.geteuid", lambda: 4_000_000)

    assert verbs.ping(place, limit=5) is None


def test_a_socket_that_was_swept_away_is_noticed(place: Path) -> None:
    server = Server(place, _echo)
    server.start()
    assert server.is_reachable()
    place.unlink()
    assert not server.is_reachable()
    server.close()


def test_a_closed_server_leaves_no_socket(place: Path) -> None:
    server = Server(place, _echo)
    server.start()
    server.close()
    assert not place.exists()


def test_a_path_too_long_for_a_socket_is_an_error_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(DaemonError, match="cannot listen"):
        Server(tmp_path / ("x" * 120), _echo)
