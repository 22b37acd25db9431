"""Sleep-time compute for code: notes made while you rest, answers when you ask."""

from __future__ import annotations

__version__ = "0.1.0"
