"""The daemon's log: five files of a megabyte, every line without secrets or control characters."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from repo_sleeper import redact

_FILES = 5
_BYTES = 1_000_000
LOGGER = logging.getLogger("repo_sleeper")


class _Discreet(logging.Formatter):
    """Formats like its parent, then takes out what must not be kept or shown."""

    def format(self, record: logging.LogRecord) -> str:
        text, _ = redact.redact(super().format(record))
        return redact.clean(text)


@contextmanager
def logging_to(file: Path, *, echo: bool = False) -> Iterator[None]:
    """Log there for a block; `echo` says it on stderr too, for a daemon in the foreground."""
    handlers: list[logging.Handler] = [
        RotatingFileHandler(file, maxBytes=_BYTES, backupCount=_FILES - 1, encoding="utf-8")
    ]
    if echo:
        handlers.append(logging.StreamHandler(sys.stderr))
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    logging.raiseExceptions = False  # a full disk must not end the daemon through its log
    for handler in handlers:
        handler.setFormatter(_Discreet("%(asctime)s %(levelname)s %(message)s"))
        LOGGER.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()
