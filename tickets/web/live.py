"""GET /live/: Server-Sent Events that say which tickets changed, never what they say.

An ASGI application by itself and not a view: Django's handler keeps a thread for every request
that met a synchronous middleware, until its response ends, and these responses do not end.

    id: 1234                      every change up to this event was told
    event: tickets                these tickets changed
    data: {"numbers":[1001,1002]}

    event: reset                  too much changed, or too long ago: look yourself
    event: ready                  the stream stands; sent once, first
    event: beat                   a sign of life, which a comment would hide from the page

A browser that was cut off says where it was (`Last-Event-ID`, or `?after=`); a page that was just
drawn says when (`?since=`). Both are told what they missed before anything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest

from tickets.selectors.changes import list_changed_after, list_changed_since
from tickets.web.live_hub import Hub, Stream, hub, in_thread, message, tell
from tickets.web.live_viewers import identify_viewer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Milliseconds after which a browser that was cut off comes back.
RETRY = b"retry: 2000\n\n"

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def live(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The stream of a signed-in agent; anybody else is refused."""
    try:
        call = Call.read(scope)
    except (SuspiciousOperation, UnicodeDecodeError):
        return await _refuse(send, 400, b"Bad request")
    if call.path != "/live/":
        return await _refuse(send, 404, b"Not found")
    if call.method != "GET":
        return await _refuse(send, 405, b"Method not allowed", (b"allow", b"GET"))
    viewer = await in_thread(lambda: identify_viewer(call.session_key))
    if viewer is None:
        return await _refuse(send, 401, b"Sign in first")
    centre = hub()
    _end_with_process(centre)
    stream = await centre.join(viewer)
    try:
        await _serve(stream, call, centre, receive, send)
    finally:
        centre.leave(stream)


@dataclass(frozen=True, slots=True)
class Call:
    """The few words of a request that matter here; the request itself would be kept for hours."""

    method: str
    path: str
    session_key: str | None
    #: The last event this browser heard of, or when its page was drawn; as it says, unchecked.
    after: str
    since: str

    @classmethod
    def read(cls, scope: dict[str, Any]) -> Call:
        """Raises: SuspiciousOperation for a host that is not ours or what no browser sends."""
        request = ASGIRequest(scope, BytesIO())
        request.get_host()
        return cls(
            method=request.method or "",
            path=request.path,
            session_key=request.COOKIES.get(settings.SESSION_COOKIE_NAME),
            after=request.headers.get("Last-Event-ID") or request.GET.get("after", ""),
            since=request.GET.get("since", ""),
        )


async def _serve(stream: Stream, call: Call, centre: Hub, receive: Receive, send: Send) -> None:
    gone = asyncio.create_task(_end_when_gone(stream, receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _write(send, RETRY + await _greeting(call, centre))
        while not stream.is_over:
            await _write(send, await stream.take())
        await _write(send, b"", is_last=True)
    finally:
        gone.cancel()


async def _greeting(call: Call, centre: Hub) -> bytes:
    """What the browser missed, read after it was joined to the hub so that no moment is missed."""
    mark = centre.mark
    ready = message("ready", mark=mark)
    if not call.after and not call.since:
        return ready
    numbers = await in_thread(lambda: _missed(call))
    return ready if numbers == [] else ready + tell(numbers, mark=mark)


def _missed(call: Call) -> list[int] | None:
    """None: nobody knows, also when the browser says something that makes no sense."""
    try:
        if call.after:
            return list_changed_after(event_id=int(call.after))
        return list_changed_since(since=datetime.fromisoformat(call.since))
    except (ValueError, TypeError, OverflowError):
        return None


async def _end_when_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


async def _write(send: Send, text: bytes, *, is_last: bool = False) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": not is_last})


async def _refuse(send: Send, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    plain = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [plain, *headers]})
    await _write(send, text, is_last=True)


_watched: WeakSet[Hub] = WeakSet()


def _end_with_process(centre: Hub) -> None:
    """A server that is told to stop waits for its responses: these would keep it for ever."""
    if centre in _watched or threading.current_thread() is not threading.main_thread():
        return
    _watched.add(centre)
    for number in (signal.SIGTERM, signal.SIGINT):
        usual = signal.getsignal(number)
        if callable(usual):
            signal.signal(number, _ending(centre, asyncio.get_running_loop(), usual))


def _ending(
    centre: Hub, loop: asyncio.AbstractEventLoop, usual: Callable[..., Any]
) -> Callable[..., None]:
    def handle(number: int, frame: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(centre.close)
        usual(number, frame)

    return handle
