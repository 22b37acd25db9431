"""Reads along in a stream of server-sent events: did the provider end it, or was it cut?"""

from __future__ import annotations

import re

KIND = "text/event-stream"

# What each protocol says last. Inside a JSON string the quotes would be escaped, so no answer
# about these words can be taken for them.
_END = re.compile(
    rb'^data:\s*\[DONE\]|"finish_?[rR]eason"\s*:\s*"|"type"\s*:\s*"message_stop"|"done"\s*:\s*true'
)
_USAGE = re.compile(rb'"usage(?:Metadata)?"\s*:\s*\{')
# In one piece a provider may count in other words: Ollama's. What an answer quotes is escaped.
_COUNTED = re.compile(rb'(?<!\\)"(?:usage\w*|\w*[tT]okens?\w*|\w*eval_count)"\s*:')
_ERROR = re.compile(rb'^data:\s*(\{\s*"error"\s*:.*)')
_LONGEST = 1024 * 1024  # bytes of one event; more is no event


class Events:
    """What the bytes of a stream have said so far.

    `begun` when there is a stream at all, `ended` when the provider said that it is done,
    `counted` when it told the usage; `error` is the JSON of an error it sent instead of going on.
    """

    def __init__(self) -> None:
        self.begun = False
        self.ended = False
        self.counted = False
        self.error = ""
        self._rest = b""

    def read(self, chunk: bytes) -> None:
        """The next bytes, cut anywhere."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._line(line)
        self._rest = self._rest[:_LONGEST]

    def whole(self, body: bytes) -> None:
        """An answer in one piece. All of it is looked at: the usage comes after the words."""
        self.counted = _COUNTED.search(body) is not None

    def close(self) -> None:
        """There is no more; a last line need not have an end."""
        self._line(self._rest)
        self._rest = b""

    def _line(self, line: bytes) -> None:
        self.ended = self.ended or _END.search(line) is not None
        self.counted = self.counted or _USAGE.search(line) is not None
        found = _ERROR.match(line)
        if found:
            self.error = found[1].decode("utf-8", "replace")
