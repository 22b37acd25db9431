"""The commands a person types; wiring only."""

from __future__ import annotations

import gc

# Loading a command makes objects by the ten thousand, and all of them stay: looking through them
# again and again takes a fifteenth of the time of a command. A long one still collects.
GARBAGE = 50_000
gc.set_threshold(GARBAGE)
