"""The killable child: contents come in on stdin, rows go out on stdout."""

from __future__ import annotations

import marshal
import os
import resource
import signal
import sys
import time
from typing import Any, BinaryIO

from repo_sleeper.index.channel import HEADER
from repo_sleeper.index.reading import read_rows

RECYCLE = 75  # exit code: nothing is wrong, only fat
_ADDRESS_SPACE = 1 << 30
_FILES_MAX = 500
_FAT_KB = 160_000
# A parent that has something to do keeps two parsers busy: it goes first, on two cores too.
_NICE = 5


def main() -> int:
    """Answer until stdin ends. Each file has so many seconds; then the kernel ends the process.

    An alarm needs no one to be alive: neither this program, which may hang in a grammar, nor the
    parent, whose death also ends stdin. So no orphan stays.
    """
    limit_s = float(sys.argv[1])
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's ^C is the parent's to answer
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    done = 0
    while (request := _read(source)) is not None:
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        reply = _answer(*request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(sink, reply)
        done += 1
        if done % _FILES_MAX == 0 and _resident_kb() > _FAT_KB:
            return RECYCLE
    return 0


def _answer(language: str, path: str, data: bytes) -> tuple[str, Any]:
    _misbehave(path)
    try:
        return "rows", tuple(read_rows(data, language))
    except Exception as error:  # noqa: BLE001 -- one odd file must not end the others' parser
        return "error", type(error).__name__


def _misbehave(path: str) -> None:
    """Tests name a file to hang or to crash on; nothing else sets these."""
    if path == os.environ.get("SLEEPER_TEST_HANG_ON"):
        while True:
            time.sleep(60)
    if path == os.environ.get("SLEEPER_TEST_CRASH_ON"):
        os.abort()


def _read(source: BinaryIO) -> tuple[str, str, bytes] | None:
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    body = source.read(size)
    return marshal.loads(body) if len(body) == size else None  # noqa: S302 -- from our parent


def _write(sink: BinaryIO, reply: tuple[str, Any]) -> None:
    body = marshal.dumps(reply)
    sink.write(HEADER.pack(len(body)))
    sink.write(body)
    sink.flush()


def _resident_kb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


if __name__ == "__main__":
    import gc

    gc.disable()  # rows are trees without cycles: looking for some costs a tenth of the time
    sys.exit(main())
