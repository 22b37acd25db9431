"""8 evaluate: replays a repository's own history and measures what recall would have found."""

from __future__ import annotations
