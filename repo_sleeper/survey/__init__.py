"""4 Notes that need no model."""

from __future__ import annotations
