"""7 Retrieve, rank, pack: the few notes and places that answer a question."""

from __future__ import annotations
