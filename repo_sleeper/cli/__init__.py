"""The commands a person types; wiring only."""

from __future__ import annotations
