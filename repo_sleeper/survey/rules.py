"""The number of the rules that the survey counts by; apart, because each round asks for it."""

from __future__ import annotations

RULES = "16"  # another one counts again, though nothing has changed
