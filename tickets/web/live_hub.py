"""The one task of this process that hears of changes, and the streams it tells them to.

A stream holds neither thread nor database connection: the hub reads for all of them, in a thread
of its own pool, over a connection that goes back after each look. The bell (Redis) makes it quick,
a look every second makes it sure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import redis.asyncio as redis
from django.conf import settings
from django.db import connection

from tickets.selectors.changes import EventTail
from tickets.services.bell import CHANNEL
from tickets.web.live_viewers import Viewer, still_signed_in

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: Seconds between looks when no bell rings, and between signs of life to the browsers.
LOOK_EVERY = 1.0
HEARTBEAT_EVERY = 15.0
#: Seconds to go on without a stream: the only agent is between two pages.
LINGER = 30.0
#: More tickets than this at once: the pages are told to look for themselves.
NUMBERS_AT_ONCE = 200
#: Messages that may wait for one slow browser before they are replaced by one "look yourself".
WAITING_AT_MOST = 64

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns, done in one of a few threads; its database connection is given back."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _and_let_go, work)


def _and_let_go(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connection.close()


def message(event: str, *, mark: int, numbers: Iterable[int] = ()) -> bytes:
    """A Server-Sent Event; `mark` is where a browser that was cut off reads on."""
    data = json.dumps({"numbers": list(numbers)}, separators=(",", ":"))
    return f"id: {mark}\nevent: {event}\ndata: {data}\n\n".encode()


def tell(numbers: list[int] | None, *, mark: int) -> bytes:
    """ "These tickets changed", or "look yourself" when nobody knows or there are too many."""
    if numbers is None or len(numbers) > NUMBERS_AT_ONCE:
        return message("reset", mark=mark)
    return message("tickets", mark=mark, numbers=numbers)


class Stream:
    """One open page: what still has to be written to it."""

    __slots__ = ("_waiting", "_wake", "is_over", "viewer")

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.is_over = False
        self._waiting: list[bytes] = []
        self._wake = asyncio.Event()

    def put(self, text: bytes, *, instead: bytes) -> None:
        """Hand over `text`; when too much waits already, `instead` replaces all of it."""
        if len(self._waiting) >= WAITING_AT_MOST:
            self._waiting = [instead]
        else:
            self._waiting.append(text)
        self._wake.set()

    def end(self) -> None:
        self.is_over = True
        self._wake.set()

    async def take(self) -> bytes:
        """All that waits, as soon as there is something; empty when the stream is over."""
        await self._wake.wait()
        self._wake.clear()
        text, self._waiting = b"".join(self._waiting), []
        return text


class Hub:
    """Runs while there are streams, and a little longer. Made for one event loop."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping: asyncio.TimerHandle | None = None
        self._is_ready = asyncio.Event()
        self._tail = EventTail()
        self.is_closing = False

    @property
    def mark(self) -> int:
        return self._tail.mark

    async def join(self, viewer: Viewer) -> Stream:
        """A stream that is told of everything from now on."""
        stream = Stream(viewer)
        self._streams.add(stream)
        if self._stopping is not None:
            self._stopping.cancel()
        if self._task is None:
            self._is_ready.clear()
            self._tail = EventTail()
            self._task = asyncio.create_task(self._run())
        await self._is_ready.wait()
        if self.is_closing:
            stream.end()
        return stream

    def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        if not self._streams:
            loop = asyncio.get_running_loop()
            self._stopping = loop.call_later(LINGER, self._stop)

    def _stop(self) -> None:
        if self._task is not None and not self._streams:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """End every stream: the process is about to stop."""
        self.is_closing = True
        for stream in self._streams:
            stream.end()

    async def _run(self) -> None:
        bell = Bell()
        beat_at = time.monotonic() + HEARTBEAT_EVERY
        try:
            while True:
                await self._look()
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + HEARTBEAT_EVERY
                    await self._beat()
                await bell.wait(LOOK_EVERY)
        finally:
            await bell.close()

    async def _look(self) -> None:
        tail = self._tail
        try:
            numbers = await in_thread(lambda: tail.read(at=time.monotonic()))
        except Exception:
            # The database is away: the next look catches up, nothing is lost.
            logger.warning("Live pages: the timeline could not be read.", exc_info=True)
            return
        if numbers:
            self._broadcast(tell(numbers, mark=self.mark))
        self._is_ready.set()

    def _broadcast(self, text: bytes) -> None:
        instead = message("reset", mark=self.mark)
        for stream in self._streams:
            stream.put(text, instead=instead)

    async def _beat(self) -> None:
        """A sign of life to everybody, and the end for whoever may not listen any more."""
        streams = list(self._streams)
        viewers = {stream.viewer for stream in streams}
        with contextlib.suppress(Exception):  # the database is away: ask again at the next beat
            known = await in_thread(lambda: still_signed_in(viewers))
            for stream in streams:
                if stream.viewer not in known:
                    stream.end()
        self._broadcast(message("beat", mark=self.mark))


class Bell:
    """The listening end of `services.bell`: may be deaf at times, never raises."""

    def __init__(self) -> None:
        self._client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
        self._channel: Any = None

    async def wait(self, seconds: float) -> None:
        """Returns when the bell rings, at the latest after `seconds`."""
        started = time.monotonic()
        try:
            channel = await self._listen()
            heard = await channel.get_message(ignore_subscribe_messages=True, timeout=seconds)
            while heard is not None:  # one look answers all that rang before it
                heard = await channel.get_message(ignore_subscribe_messages=True, timeout=0)
        except (redis.RedisError, OSError, TimeoutError):
            await self._forget()
            await asyncio.sleep(max(0.0, seconds - (time.monotonic() - started)))

    async def _listen(self) -> Any:
        if self._channel is None:
            channel = self._client.pubsub()
            await channel.subscribe(CHANNEL)
            self._channel = channel
        return self._channel

    async def _forget(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            with contextlib.suppress(Exception):
                await channel.aclose()

    async def close(self) -> None:
        await self._forget()
        with contextlib.suppress(Exception):
            await self._client.aclose()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
