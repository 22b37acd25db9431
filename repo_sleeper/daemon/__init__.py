"""The process that watches, and the loop that wires the stages."""

from __future__ import annotations
