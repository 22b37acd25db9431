from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from repo_sleeper import git, trust
from repo_sleeper.daemon import locks, process, rounds, verbs
from repo_sleeper.daemon import workspace as workspaces
from repo_sleeper.daemon.life import AlreadyRunningError, live
from repo_sleeper.daemon.verbs import Message, Server
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.errors import (
    DaemonError,
    ForeignStoreError,
    NotInitialisedError,
    SetupError,
    StoreError,
)
from tests.conftest import GitRepo


@pytest.fixture
def workspace(repo: GitRepo) -> Iterator[Workspace]:
    repo.commit("first", a_py="x = 1\n")
    trust.grant(git.discover(repo.root))
    found = workspaces.open_workspace(repo.root, dict(os.environ))
    workspaces.create_store(found)
    workspaces.write_store(found).close()
    yield found
    process.stop(found)


# --- the store --------------------------------------------------------------------------------


def test_a_store_is_made_once_and_private(repo: GitRepo) -> None:
    workspace = workspaces.open_workspace(repo.root, {})
    with pytest.raises(NotInitialisedError):
        workspaces.require_store(workspace)

    assert workspaces.create_store(workspace)
    assert not workspaces.create_store(workspace)
    assert workspace.state_dir.stat().st_mode & 0o777 == 0o700
    assert workspace.id_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("written", ["", "x" * 200, "é", "0123456789abcdef"])
def test_an_identity_that_is_not_ours_is_foreign(workspace: Workspace, written: str) -> None:
    workspace.id_file.write_text(written)

    with pytest.raises(ForeignStoreError):
        workspaces.read_store(workspace)


def test_an_identity_that_is_no_file_is_foreign(workspace: Workspace) -> None:
    workspace.id_file.unlink()
    workspace.id_file.mkdir()

    with pytest.raises(ForeignStoreError):
        workspaces.write_store(workspace)
    workspace.id_file.rmdir()
    with pytest.raises(ForeignStoreError):
        workspaces.write_store(workspace)


def test_a_git_directory_that_cannot_hold_it_is_said(repo: GitRepo) -> None:
    workspace = workspaces.open_workspace(repo.root, {})
    workspace.state_dir.write_text("in the way")

    with pytest.raises(SetupError, match="cannot be written"):
        workspaces.create_store(workspace)


def test_state_that_may_not_be_looked_at_is_said_and_no_model_is_asked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.stat

    def refuse(path: Path, **how: bool) -> os.stat_result:
        if path.parent == workspace.state_dir:
            raise PermissionError(13, "Permission denied")
        return real(path, **how)

    monkeypatch.setattr(Path, "stat", refuse)  # root may look at anything: no real refusal

    with pytest.raises(StoreError, match="cannot be read: Permission denied"):
        workspaces.require_store(workspace)
    assert workspaces.is_model_forbidden(workspace.repo)


def test_an_old_store_is_put_aside_whole(workspace: Workspace) -> None:
    moved = workspaces.put_aside(workspace, stamp="now")

    assert {file.name for file in moved} == {"aside-now-sleeper.db", "aside-now-store-id"}
    assert not workspaces.is_initialised(workspace)


# --- starting and stopping --------------------------------------------------------------------


def test_a_daemon_starts_once_and_stops(workspace: Workspace) -> None:
    first = process.start(workspace)
    assert not first.already
    assert process.start(workspace) == process.Started(first.pid, already=True)
    assert process.state(workspace, limit=5).pid == first.pid

    assert process.restart(workspace).pid != first.pid
    assert process.stop(workspace)
    assert not process.stop(workspace)
    assert not process.state(workspace).running


def test_only_one_may_live(workspace: Workspace) -> None:
    process.start(workspace)

    with pytest.raises(AlreadyRunningError):
        live(workspace, ready=lambda: None)


def test_a_command_that_never_lets_go_of_the_store_is_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repo_sleeper.daemon.life._WRITER_S", 0.0)

    with locks.held(workspace.store_lock), pytest.raises(DaemonError, match="writing"):
        live(workspace, ready=lambda: None)
    assert not locks.is_held(workspace.daemon_lock)


def test_a_daemon_that_is_alive_and_mute_is_not_doubled(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_MUTE_S", 0.1)

    with locks.held(workspace.daemon_lock), pytest.raises(DaemonError, match="does not answer"):
        process.start(workspace)


def test_a_start_that_does_not_end_is_not_waited_for_for_ever(workspace: Workspace) -> None:
    starting = locks.held(workspace.state_dir / "start.lock")
    with starting, pytest.raises(DaemonError, match="another start"):
        process.start(workspace, limit=0.0)


def test_whoever_is_beaten_to_the_lock_waits_for_the_winner(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(workspace.socket_file, lambda _: {"pid": 42})
    taken = []

    def beaten(*_: object, **__: object) -> dict[str, bool]:
        taken.append(locks.take(workspace.daemon_lock))
        server.start()
        return {"taken": True}

    monkeypatch.setattr(process, "_spawned", beaten)
    monkeypatch.setattr(process, "_answering", lambda _: None)

    assert process.start(workspace) == process.Started(42, already=True)
    server.close()
    assert taken[0] is not None
    taken[0].release()


def test_a_daemon_that_is_just_dying_is_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = iter([True, True, False])
    really = locks.is_held
    monkeypatch.setattr(locks, "is_held", lambda path: next(held, None) or really(path))

    assert not process.start(workspace).already


def test_an_older_daemon_makes_room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    process.start(workspace)
    old = process.state(workspace, limit=5).pid
    monkeypatch.setattr(process, "__version__", "99.0.0")

    assert process._answering(workspace) is None
    assert not locks.is_held(workspace.daemon_lock)
    assert old


def test_a_daemon_that_is_slow_to_start_is_given_up(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_detached", lambda *_: None)

    with pytest.raises(DaemonError, match="ended while starting"):
        process.start(workspace)

    kept: list[int] = []
    monkeypatch.setattr(process, "_detached", lambda _, write_end: kept.append(os.dup(write_end)))
    workspace.log_file.write_text("first\nthe last line\n")
    with pytest.raises(DaemonError, match="not ready within 0 s: the last line"):
        process.start(workspace, limit=0.01)
    os.close(kept[0])


def test_why_a_daemon_cannot_start_is_told_by_itself(workspace: Workspace) -> None:
    workspace.database_file.write_bytes(b"junk" * 1000)

    with pytest.raises(DaemonError, match="cannot be opened") as caught:
        process.start(workspace)
    assert "rebuild" in caught.value.hint


def test_a_daemon_that_hears_but_does_not_end_is_told_by_signal(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.start(workspace)
    monkeypatch.setattr(process, "_asked", lambda _: False)

    assert process.stop(workspace)


def test_a_process_that_is_not_the_holder_is_not_signalled(workspace: Workspace) -> None:
    lock = locks.take(workspace.daemon_lock)
    assert lock is not None
    lock.inscribe('{"pid": 1, "born": "never"}')
    with pytest.raises(DaemonError, match="does not end"):
        process.stop(workspace, limit=0.05)

    lock.inscribe("not json")
    with pytest.raises(DaemonError, match="pid 0"):
        process.stop(workspace, limit=0.05)
    lock.release()


@pytest.mark.parametrize("mode", [0o600, 0o660])
def test_a_socket_is_where_the_lock_says_if_it_is_private_and_held(
    workspace: Workspace, private_home: Path, mode: int
) -> None:
    place = private_home / "s.sock"
    lock = locks.take(workspace.daemon_lock)
    assert lock is not None
    lock.inscribe(json.dumps({"socket": str(place)}))
    assert workspace.socket_file == workspace.own_socket_file
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        place.chmod(mode)
        expected = place if mode == 0o600 else workspace.own_socket_file
        assert workspace.socket_file == expected

        lock.release()
        assert workspace.socket_file == workspace.own_socket_file


@pytest.mark.parametrize("written", ["[]", "{", "{}", '{"socket": 1}', '{"socket": "a\\u0000"}'])
def test_a_lock_that_names_no_socket_changes_nothing(workspace: Workspace, written: str) -> None:
    with locks.held(workspace.daemon_lock):
        workspace.daemon_lock.write_text(written)

        assert workspace.socket_file == workspace.own_socket_file


def test_a_lock_that_cannot_be_made_is_an_error_with_a_reason(workspace: Workspace) -> None:
    workspace.daemon_lock.mkdir()

    with pytest.raises((StoreError, DaemonError), match="cannot be opened"):
        live(workspace, ready=lambda: None)


def test_a_question_waits_for_no_daemon_to_let_go_of_the_store(workspace: Workspace) -> None:
    with (
        locks.held(workspace.daemon_lock),
        locks.held(workspace.store_lock),
        rounds.with_lock(workspace, wait=1000.0) as ours,
    ):
        assert not ours
    with rounds.with_lock(workspace) as ours:
        assert ours


def test_the_last_word_of_a_log(tmp_path: Path) -> None:
    assert process.last_line(tmp_path / "absent") == ""
    (tmp_path / "empty").write_text("")
    assert process.last_line(tmp_path / "empty") == ""


def test_verbs_are_answered_beside_a_slow_one(workspace: Workspace) -> None:
    enough = threading.Event()

    def answer(message: Message) -> Message:
        if message["verb"] == "reconcile":
            enough.wait(5)
        return {"pid": 1}

    server = Server(workspace.socket_file, answer)
    server.start()
    slow = threading.Thread(
        target=verbs.reconcile, args=(workspace.socket_file, Path("/")), kwargs={"limit": 10}
    )
    slow.start()
    assert verbs.ping(workspace.socket_file, limit=5) is not None
    enough.set()
    slow.join()
    server.close()
