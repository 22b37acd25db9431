"""One file per tool we plug into."""

from __future__ import annotations
