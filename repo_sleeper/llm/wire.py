"""Watches every HTTP exchange of the worker: bound host, no redirect, bounded answer."""

from __future__ import annotations

import sys
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from repo_sleeper.llm import sse
from repo_sleeper.llm.sse import Events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

MAX_BYTES = 4 * 1024 * 1024
KEPT = 4000  # characters of a body that are kept for a message
_OK = 200
_REDIRECTS = range(300, 400)
_GZIP = 32 + zlib.MAX_WBITS  # zlib or gzip, whichever it is
_LEAVES = "send_request_headers.started"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(slots=True)
class Wire:
    """What is seen of the call under way. One call at a time, so one of these is enough."""

    host: str = ""
    loopback_only: bool = False
    proxy: str = ""
    deadline: float = float("inf")
    streaming: bool = False
    rehearsing: bool = False  # nothing may be sent
    leaving: Callable[[], None] = lambda: None  # told once a call, before its request leaves
    asking: bool = False
    left: bool = False
    events: Events = field(default_factory=Events)
    facts: dict[str, Any] = field(default_factory=dict)

    def begin(self, *, deadline: float, streaming: bool = False) -> None:
        """Forget the last call. Only one that streams is passed on before it is complete."""
        self.deadline = deadline
        self.streaming = streaming
        self.events = Events()
        self.facts = {}
        self.left = False

    def leave(self) -> None:
        """The next thing that happens may cost something: say so before it does."""
        if not self.left and not self.rehearsing:
            self.left = True
            self.leaving()

    def heard(self, event: str, _: Mapping[str, Any]) -> None:
        """What httpcore is about to do; up to here the request is still in this process."""
        if event.endswith(_LEAVES):
            self.leave()

    def check(self, host: str) -> None:
        """Stop before a name is looked up or reached that this worker may not talk to."""
        if self.loopback_only:
            bound = host in _LOOPBACK or host.startswith("127.")
        else:
            bound = not self.host or host == (self.proxy or self.host)
        self._refuse(host, unless=bound)

    def check_target(self, host: str) -> None:
        """Behind a proxy only the request itself says where it is going."""
        if self.proxy:
            self._refuse(host, unless=not self.host or host == self.host)

    def _refuse(self, host: str, *, unless: bool) -> None:
        if not unless:
            self.facts.update(note="unbound", message=f"{host} is not the host this key is for")
            raise PermissionError(f"{host} is not bound")


def proxy_host(address: str) -> str:
    """The host that connections really go to when there is a proxy."""
    return (urlsplit(address).hostname or "").lower()


def guard(wire: Wire) -> None:
    """Let nothing in this process resolve or reach another host; it cannot be undone."""

    def hook(event: str, args: tuple[Any, ...]) -> None:  # pragma: no cover [never traced]
        if event == "socket.getaddrinfo" and args[0]:
            host = args[0].decode() if isinstance(args[0], bytes) else str(args[0])
            wire.check(host.lower())
        elif event == "socket.connect" and isinstance(args[1], tuple):
            if wire.loopback_only:
                wire.check(str(args[1][0]))
            if not wire.asking:  # some library of its own, which does not say when it sends
                wire.leave()

    sys.addaudithook(hook)


def watch(wire: Wire) -> None:
    """Put ourselves between httpx, which litellm and the openai client use, and the network."""
    import httpx

    original = httpx.HTTPTransport.handle_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if wire.rehearsing:
            raise httpx.ConnectError("a rehearsal is not sent", request=request)
        request.headers["accept-encoding"] = "identity"
        # Seconds or hours lie between two calls. On a connection that the provider has given up
        # meanwhile a request is lost, and has to be counted as if it had been answered.
        request.headers["connection"] = "close"
        wire.facts.update(asked=True)
        wire.check_target(request.url.host.lower())
        request.extensions = {**request.extensions, "trace": wire.heard}
        wire.asking = True
        try:
            response = original(self, request)
        except Exception as error:
            never = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            wire.facts.update(sent=wire.facts.get("sent", False) or not never)
            raise
        finally:
            wire.asking = False
        wire.facts.update(sent=True)
        if wire.streaming and _is_stream(response):
            return _passed_on(wire, request, response)
        try:
            return _bounded(wire, request, response)
        finally:
            response.close()

    # Not client_session and HTTPHandler alone: this is the one place all of them pass.
    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]


def _is_stream(response: httpx.Response) -> bool:
    plain = response.headers.get("content-encoding", "identity").lower() == "identity"
    kind = response.headers.get("content-type", "")
    return response.status_code == _OK and kind.startswith(sse.KIND) and plain


def _passed_on(wire: Wire, request: httpx.Request, response: httpx.Response) -> httpx.Response:
    import httpx

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from _overheard(wire, response)

        def close(self) -> None:
            response.close()

    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name not in {"content-length", "transfer-encoding"}
    ]
    return httpx.Response(_OK, headers=headers, stream=Stream(), request=request)


def _overheard(wire: Wire, response: httpx.Response) -> Iterator[bytes]:
    """The bytes as they come, looked at on the way. litellm takes a cut stream for a whole one."""
    import httpx

    size = 0
    wire.events.begun = True
    try:
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > MAX_BYTES:
                wire.facts.update(note="too-large", message=f"more than {MAX_BYTES:,} bytes")
                raise httpx.RemoteProtocolError("answer too large")
            if time.monotonic() > wire.deadline:
                wire.facts.update(note="late")
                raise httpx.ReadTimeout("answer too slow")
            wire.events.read(chunk)
            yield chunk
    finally:
        wire.events.close()


def _bounded(wire: Wire, request: httpx.Request, response: httpx.Response) -> httpx.Response:
    import httpx

    if response.status_code in _REDIRECTS:
        wire.facts.update(note="redirect", status=response.status_code)
        raise httpx.RemoteProtocolError("redirect refused")
    body = _read(wire, response)
    wire.events.whole(body)
    kept = body[:KEPT].decode("utf-8", "replace")
    kind = response.headers.get("content-type", "")
    wire.facts.update(
        status=response.status_code,
        body=kept,
        html="html" in kind or kept.lstrip()[:15].lower().startswith(("<!doctype", "<html")),
        retry_after=response.headers.get("retry-after", ""),
    )
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name not in {"content-encoding", "content-length", "transfer-encoding"}
    ]
    return httpx.Response(response.status_code, headers=headers, content=body, request=request)


def _read(wire: Wire, response: httpx.Response) -> bytes:
    import httpx

    encoding = response.headers.get("content-encoding", "identity").lower()
    unpack = zlib.decompressobj(_GZIP) if encoding in {"gzip", "deflate", "x-gzip"} else None
    body = b""
    for chunk in response.iter_raw():
        body += unpack.decompress(chunk, MAX_BYTES) if unpack else chunk
        if len(body) >= MAX_BYTES:
            wire.facts.update(note="too-large", message=f"more than {MAX_BYTES:,} bytes")
            raise httpx.RemoteProtocolError("answer too large")
        if time.monotonic() > wire.deadline:
            raise httpx.ReadTimeout("answer too slow")
    return body
