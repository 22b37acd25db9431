"""Whether nobody is working, and if somebody is, why we think so."""

from __future__ import annotations


def why_awake(  # noqa: PLR0911, PLR0913 -- each reason in its order; each figure by name
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
    hours: str = "",
    minute: int = 0,
    typed_ago: float | None = None,
) -> str:
    """The first reason not to think now, in words; empty when we may.

    Times are of one clock. `battery` and `load_per_core` are None where the machine does not
    tell; then they keep nobody awake. `minute` is that of the local day, `typed_ago` the seconds
    since somebody typed into a terminal of theirs.
    """
    # A clock set back makes the past look like the future; that is activity just now.
    quiet, unasked = max(now - last_activity, 0.0), max(now - last_ask, 0.0)
    if operation:
        return f"a {operation} is in progress"
    if unasked < quiet_s:
        return f"asked {unasked:.0f} s ago (waits for {quiet_s:.0f} s)"
    if quiet < quiet_s:
        return f"files changed {quiet:.0f} s ago (waits for {quiet_s:.0f} s)"
    if typed_ago is not None and typed_ago < quiet_s:
        return f"a key was pressed {max(typed_ago, 0.0):.0f} s ago (waits for {quiet_s:.0f} s)"
    if not within(hours, minute):
        return f"it is not the time: idle.hours is {hours}"
    if battery and not on_battery:
        return "on battery"
    if load_per_core is not None and load_per_core > max_load:
        return f"the machine is busy: load {load_per_core:.2f} per core (limit {max_load:.2f})"
    return ""


def within(hours: str, minute: int) -> bool:
    """Whether a minute of the day is in one of these spans; without any span it always is."""
    return not hours or any(_spans(span, minute) for span in hours.split(","))


def _spans(span: str, minute: int) -> bool:
    start, end = (_minute(time) for time in span.strip().split("-"))
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end  # over midnight


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)
