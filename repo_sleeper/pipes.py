"""Pipes that hold much: who writes into one need not wait for who reads it later."""

from __future__ import annotations

import contextlib

_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031


def widen(end: int) -> None:
    """Make a pipe as large as the system lets us; as it is, it holds 64 KB."""
    with contextlib.suppress(ImportError, OSError):  # Linux only, and only within the quota
        import fcntl

        fcntl.fcntl(end, _F_SETPIPE_SZ, _BYTES)
