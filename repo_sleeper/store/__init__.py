"""3 The only door to SQLite."""

from __future__ import annotations
