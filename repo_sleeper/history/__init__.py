"""2b Commits into rows, and what they say of churn and co-change."""

from __future__ import annotations
