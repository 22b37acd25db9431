"""Whether nobody is working, and if somebody is, why we think so."""

from __future__ import annotations


def why_awake(  # noqa: PLR0913 -- everything that is measured, each by name
    *,
    now: float,
    last_activity: float,
    last_ask: float,
    load_per_core: float | None,
    battery: bool | None,
    operation: str,
    quiet_s: float,
    max_load: float,
    on_battery: bool,
) -> str:
    """The first reason not to think now, in words; empty when we may.

    Times are of one clock. `battery` and `load_per_core` are None where the machine does not
    tell; then they keep nobody awake.
    """
    # A clock set back makes the past look like the future; that is activity just now.
    quiet, unasked = max(now - last_activity, 0.0), max(now - last_ask, 0.0)
    if operation:
        return f"a {operation} is in progress"
    if unasked < quiet_s:
        return f"asked {unasked:.0f} s ago (waits for {quiet_s:.0f} s)"
    if quiet < quiet_s:
        return f"files changed {quiet:.0f} s ago (waits for {quiet_s:.0f} s)"
    if battery and not on_battery:
        return "on battery"
    if load_per_core is not None and load_per_core > max_load:
        return f"the machine is busy: load {load_per_core:.2f} per core (limit {max_load:.2f})"
    return ""
