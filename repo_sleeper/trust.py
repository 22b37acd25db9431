"""Remembers whose settings count, bound to what they were, and which stores are ours."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
from pathlib import Path

from repo_sleeper.digest import sha256
from repo_sleeper.errors import ConfigError
from repo_sleeper.places import Checkout, user_state_dir

SETTINGS_FILE = ".sleeper.toml"
MAX_BYTES = 64 * 1024

_ABSENT = "absent"
_STORE_ID = re.compile(r"[A-Za-z0-9-]{8,100}")
_NOT = "it is not trusted"
_GONE = f"{SETTINGS_FILE} is gone since it was trusted"
_REASONS = {
    "settings": f"{SETTINGS_FILE} changed since it was trusted",
    "root_inode": "another folder is at this place now",
    "git_inode": "another .git is at this place now",
    "git_dir": ".git leads somewhere else now",
    "common_dir": ".git leads somewhere else now",
}


def is_trusted(repo: Checkout) -> bool:
    """Whether the repository's own settings count, exactly as they are now."""
    return not why_untrusted(repo)


def why_untrusted(repo: Checkout) -> str:
    """Why its settings do not count, in words; "" when they do.

    Bound to the place, to the folders at that place and to the bytes of the settings file, so
    that neither a pull nor another repository moved here inherits anything.
    """
    try:
        granted = json.loads(_record(repo).read_bytes())
        present = _identity(repo)
    except (OSError, ValueError):
        return _NOT
    except ConfigError as error:
        return str(error)
    if not isinstance(granted, dict):
        return _NOT
    changed = [key for key in present if granted.get(key) != present[key]]
    if changed == ["settings"] and present["settings"] == _ABSENT:
        return _GONE
    return _REASONS.get(changed[0], _NOT) if changed else ""


def advice(repo: Checkout) -> str:
    """What to do where its settings do not count."""
    if os.path.lexists(repo.root / SETTINGS_FILE):
        return f"look at {SETTINGS_FILE}, then `sleeper trust`"
    return f"`sleeper trust` goes on without {SETTINGS_FILE}"


def grant(repo: Checkout) -> None:
    """Let the repository's settings count, as they are now."""
    record = _record(repo)
    record.parent.mkdir(mode=0o700, exist_ok=True)
    draft = record.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        json.dump(_identity(repo), out)
    draft.replace(record)


def revoke(repo: Checkout) -> None:
    """Forget the decision; doing so twice is fine."""
    _record(repo).unlink(missing_ok=True)


def remember_store(store_id: str) -> None:
    """Note that this user created the store, so that it may be opened later."""
    if knows_store(store_id):
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    descriptor = os.open(_stores(), flags, 0o600)
    with os.fdopen(descriptor, "a", encoding="ascii") as out:
        out.write(f"{store_id}\n")


def forget_store(store_id: str) -> None:
    """The store is gone. Its id is blotted out where it stands: another may be noted meanwhile."""
    if not knows_store(store_id):
        return
    descriptor = os.open(_stores(), os.O_RDWR | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb+", buffering=0) as stores:
        place = stores.read().find(store_id.encode())
        os.pwrite(stores.fileno(), b" " * len(store_id), place)


def knows_store(store_id: str) -> bool:
    """Whether this user created the store; a stranger's is never opened."""
    if not _STORE_ID.fullmatch(store_id):
        return False
    with contextlib.suppress(FileNotFoundError):
        return store_id in _stores().read_text("ascii", "replace").split()
    return False


def settings_bytes(repo: Checkout) -> bytes | None:
    """The bytes of the repository's settings file, None when there is none.

    Raises ConfigError, without a word of its content, when it is anything but a small plain file.
    """
    return read_plain(repo.root / SETTINGS_FILE, label=SETTINGS_FILE, follow=False)


def read_plain(file: Path, *, label: str, follow: bool) -> bytes | None:
    """A settings file's bytes; None when absent. Never waits on a pipe, never reads a device."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(file, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        reason = "is a symbolic link" if is_link else (error.strerror or "").lower()
        raise ConfigError(f"{label}: {reason}", hint="make it a regular file") from error
    try:
        return _plain_bytes(descriptor, label)
    finally:
        os.close(descriptor)


def _plain_bytes(descriptor: int, label: str) -> bytes:
    import stat

    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{label}: not a regular file", hint="make it a regular file")
    if found.st_size > MAX_BYTES:
        raise ConfigError(
            f"{label}: {found.st_size:,} bytes is too large for settings",
            hint=f"at most {MAX_BYTES // 1024} KB",
        )
    return os.read(descriptor, MAX_BYTES)


def _identity(repo: Checkout) -> dict[str, str]:
    # Not st_dev: it changes across reboots on btrfs, overlay and network file systems.
    root = Path(os.path.realpath(repo.root))
    content = settings_bytes(repo)
    return {
        "root": str(root),
        "root_inode": str(root.lstat().st_ino),
        "git_inode": str((root / ".git").lstat().st_ino),
        "git_dir": os.path.realpath(repo.git_dir),
        "common_dir": os.path.realpath(repo.common_dir),
        "settings": _ABSENT if content is None else sha256(content).hexdigest(),
    }


def _record(repo: Checkout) -> Path:
    name = sha256(os.fsencode(os.path.realpath(repo.root))).hexdigest()[:32]
    return user_state_dir() / "trust" / f"{name}.json"


def _stores() -> Path:
    return user_state_dir() / "stores"
