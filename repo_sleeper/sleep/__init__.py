"""5 When to think, about what, and within which budget."""

from __future__ import annotations
