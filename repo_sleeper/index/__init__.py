"""2 Syntax: languages, tags, the killable parser, the reconcile."""

from __future__ import annotations
