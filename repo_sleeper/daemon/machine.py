"""What the machine is doing: load, battery, free disk, the daemon's own size."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_IS_MAC = sys.platform == "darwin"
_IS_LINUX = sys.platform == "linux"
_DEVICES = Path("/dev")
_SUPPLIES = Path("/sys/class/power_supply")


def load_per_core() -> float:
    """Runnable processes over the last minute, per core."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return 0.0


def on_battery(supplies: Path = _SUPPLIES) -> bool | None:
    """Whether the machine runs on its battery; None when it cannot be known."""
    if _IS_MAC:  # pragma: no cover (macOS)
        told = subprocess.run(
            ["/usr/bin/pmset", "-g", "batt"], capture_output=True, text=True, check=False, timeout=5
        )
        return "'Battery Power'" in told.stdout
    try:
        found = [_supply(folder) for folder in sorted(supplies.iterdir())]
    except OSError:
        return None
    known = [state for state in found if state is not None]
    return any(known) if known else None


def _supply(folder: Path) -> bool | None:
    """True for a battery being emptied, False for one that is not, None for anything else."""
    try:
        if (folder / "type").read_text("ascii").strip() != "Battery":
            return None
        if _is_peripheral(folder):
            return None
        return (folder / "status").read_text("ascii").strip() == "Discharging"
    except (OSError, UnicodeDecodeError):
        return None


def _is_peripheral(folder: Path) -> bool:
    # The battery of a mouse says nothing about the machine.
    scope = folder / "scope"
    return scope.exists() and scope.read_text("ascii").strip() == "Device"


def last_typed(devices: Path = _DEVICES, *, user: int | None = None) -> float | None:
    """When a key was last pressed in a terminal of this person; None where there is none.

    A terminal's access time is that of its input; Linux rounds it to eight seconds.
    """
    mine = os.getuid() if user is None else user
    times = []
    for pattern in ("pts/[0-9]*", "tty[0-9]*", "ttys[0-9]*"):
        for terminal in devices.glob(pattern):
            with suppress(OSError):
                found = terminal.stat()
                times += [found.st_atime] if found.st_uid == mine else []
    return max(times, default=None)


def free_bytes(folder: Path) -> int:
    """Room left on the disk of this folder; 0 when it cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def memory_mb() -> float:
    """Resident memory of this process."""
    if _IS_LINUX:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    import resource  # pragma: no cover (not Linux: the peak is the best there is)

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # pragma: no cover
