"""1 What is on disk: the scan is the truth, the watcher makes it prompt."""

from __future__ import annotations
