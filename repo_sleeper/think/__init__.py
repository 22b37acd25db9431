"""6 Context, prompt, reply, grounding: one thought."""

from __future__ import annotations
