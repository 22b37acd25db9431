"""One repository as a user has it: where its state lives, its settings, its store."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from repo_sleeper import config, git, trust
from repo_sleeper.config import Settings
from repo_sleeper.daemon import locks
from repo_sleeper.daemon.disk import full_disk, told_if_full
from repo_sleeper.digest import sha256
from repo_sleeper.errors import (
    ForeignStoreError,
    NotInitialisedError,
    OlderStoreError,
    SetupError,
    StoreError,
)
from repo_sleeper.git import Repository
from repo_sleeper.store.database import Database, open_database, read_database

_ID_BYTES = 16
_ID_LIMIT = 100  # an identity is 32 characters; whatever is longer is not one
_NO_MODEL = "no-model"


class Workspace(NamedTuple):
    """A repository with the settings that hold in it. Every work tree of it shares the state.

    `untrusted` says why the repository's own settings do not count; then no model is asked,
    because those settings may be what keeps something from being sent. `model_forbidden` says
    that this repository was set up to have none, whatever the person's settings name for others.
    """

    repo: Repository
    settings: Settings
    env: Mapping[str, str]
    untrusted: str = ""
    model_forbidden: bool = False

    @property
    def state_dir(self) -> Path:
        """Everything we keep for this repository, inside git's own directory."""
        return self.repo.state_dir

    @property
    def database_file(self) -> Path:
        """The one database."""
        return self.state_dir / "sleeper.db"

    @property
    def id_file(self) -> Path:
        """Says which store this is; the user's own state says whether they created it."""
        return self.state_dir / "store-id"

    @property
    def no_model_file(self) -> Path:
        """Is there where this repository was set up without a model. It holds nothing.

        Whoever puts it there can only keep something from being sent, so it needs no trust.
        """
        return self.state_dir / _NO_MODEL

    @property
    def daemon_lock(self) -> Path:
        """Held by the daemon for as long as it lives."""
        return self.state_dir / "daemon.lock"

    @property
    def store_lock(self) -> Path:
        """Held by whoever reconciles: the daemon for life, a command for a moment."""
        return self.state_dir / "store.lock"

    @property
    def asking_lock(self) -> Path:
        """Shared by the commands that ask a model for notes: their calls are not lost."""
        return self.state_dir / "asking.lock"

    @property
    def log_file(self) -> Path:
        """What the daemon has to say."""
        return self.state_dir / "daemon.log"

    @property
    def spool(self) -> Path:
        """Where the commit hook leaves a line for us."""
        return self.state_dir / "spool"

    @property
    def socket_file(self) -> Path:
        """Where the daemon listens, whatever the environment it was started in."""
        written = locks.inscribed(self.daemon_lock).get("socket")
        if isinstance(written, str) and _is_private_socket(written):
            return Path(written)
        return self.own_socket_file

    @property
    def own_socket_file(self) -> Path:
        """Where a daemon listens that starts here; short however long the repository's path."""
        name = sha256(os.fsencode(self.repo.common_dir)).hexdigest()[:16]
        return config.runtime_dir() / f"{name}.sock"


def open_workspace(
    start: Path, env: Mapping[str, str], overrides: Mapping[str, object] | None = None
) -> Workspace:
    """The repository around `start` and its settings; it need not be initialised."""
    return of_repository(git.discover(start), env, overrides)


def of_repository(
    repo: Repository, env: Mapping[str, str], overrides: Mapping[str, object] | None = None
) -> Workspace:
    """The workspace of a repository that is known already, with its settings as they are now."""
    settings = config.load(repo, env=env, overrides=overrides or {})
    untrusted = trust.why_untrusted(repo)
    forbidden = is_model_forbidden(repo)
    if untrusted or forbidden:
        settings = config.without_model(settings)
    return Workspace(repo, settings, env, untrusted=untrusted, model_forbidden=forbidden)


def is_model_forbidden(repo: Repository) -> bool:
    """Whether this repository was set up to have no model; so it is where that cannot be seen."""
    try:
        (repo.state_dir / _NO_MODEL).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def forbid_model(workspace: Workspace, *, forbid: bool) -> None:
    """Keep the choice of no model for this repository, or take it back."""
    file = workspace.no_model_file
    try:
        if not forbid:
            file.unlink(missing_ok=True)
        elif not os.path.lexists(file):
            _write_private(file, "")
    except OSError as error:
        raise full_disk(error, workspace.state_dir) or SetupError(
            f"{file} cannot be written: {error.strerror}",
            hint="it keeps the choice of no model for this repository",
        ) from error


def settings_mark(workspace: Workspace) -> tuple[object, ...]:
    """Other than before where a file was written that decides which settings hold here."""
    own, theirs = config.user_config_file(), workspace.repo.root / trust.SETTINGS_FILE
    return tuple(_mark(file) for file in (own, theirs, workspace.no_model_file))


def _mark(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size


def is_initialised(workspace: Workspace) -> bool:
    """Whether there is a store at all, whoever made it."""
    try:
        return workspace.id_file.exists() or workspace.database_file.exists()
    except OSError as error:
        raise StoreError(
            f"{workspace.state_dir} cannot be read: {error.strerror}",
            hint=f'if it was made under sudo: sudo chown -R "$USER" {workspace.state_dir}',
        ) from error


def require_store(workspace: Workspace) -> None:
    """Raise unless there is a store here that this user created."""
    if not is_initialised(workspace):
        raise NotInitialisedError(
            f"sleeper is not set up in {workspace.repo.root}", hint="run `sleeper init` first"
        )
    store_id = store_id_of(workspace)
    if not store_id or not trust.knows_store(store_id):
        raise ForeignStoreError(
            f"the notes in {workspace.state_dir} were not made by you, so they are not read",
            hint="`sleeper init --rebuild` puts them aside and starts your own",
        )


def read_store(workspace: Workspace) -> Database:
    """The store for reading; one that an older sleeper left is brought up to date first.

    A daemon that lives is the older sleeper: whoever reads is told to restart it.
    """
    require_store(workspace)
    with told_if_full(workspace.state_dir):
        try:
            return read_database(workspace.database_file)
        except OlderStoreError:
            if locks.is_held(workspace.daemon_lock):
                raise
            open_database(workspace.database_file).close()
            return read_database(workspace.database_file)


def write_store(workspace: Workspace) -> Database:
    """The store for writing, created or migrated as needed."""
    require_store(workspace)
    with told_if_full(workspace.state_dir):
        return open_database(workspace.database_file)


def create_store(workspace: Workspace) -> bool:
    """Make the private folder and its identity; False when they are there already."""
    if is_initialised(workspace):
        require_store(workspace)
        return False
    try:
        workspace.state_dir.mkdir(mode=0o700, exist_ok=True)
        workspace.state_dir.chmod(0o700)
        workspace.spool.mkdir(mode=0o700, exist_ok=True)
        store_id = os.urandom(_ID_BYTES).hex()
        trust.remember_store(store_id)
        _write_private(workspace.id_file, store_id)
    except OSError as error:
        raise full_disk(error, workspace.state_dir) or SetupError(
            f"{workspace.state_dir} cannot be written: {error.strerror}",
            hint="sleeper keeps its index inside the repository's git directory",
        ) from error
    return True


def put_aside(workspace: Workspace, *, stamp: str) -> list[Path]:
    """Rename the database and identity so that a new store can be made; nothing is deleted."""
    moved = []
    for name in ("sleeper.db", "sleeper.db-wal", "sleeper.db-shm", "store-id"):
        old = workspace.state_dir / name
        if old.exists():
            # "aside" comes first: SQLite would take a -wal beside a new database for its own
            moved.append(old.rename(workspace.state_dir / f"aside-{stamp}-{name}"))
    return moved


def _is_private_socket(path: str) -> bool:
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    is_private = not stat.S_IMODE(found.st_mode) & 0o077
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid() and is_private


def store_id_of(workspace: Workspace) -> str:
    """The identity of the store on disk, or "" when nobody of ours can have written it."""
    try:
        found = workspace.id_file.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _ID_LIMIT:
            return ""
        return workspace.id_file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(f"{text}\n")
