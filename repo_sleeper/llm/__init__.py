"""The Model protocol and the caged worker that alone imports litellm."""

from __future__ import annotations
