"""A browser's end of the live stream, spoken to the ASGI application directly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from tickets.web.live import live


@dataclass
class Told:
    event: str
    id: int
    numbers: list[int]


@dataclass
class LiveBrowser:
    session_key: str = ""
    path: str = "/live/"
    query: str = ""
    method: str = "GET"
    host: str = "testserver"
    headers: dict[str, str] = field(default_factory=dict)
    #: A browser that does not read: what is sent to it is not taken.
    is_stuck: bool = False
    status: int | None = None
    answer: dict[str, str] = field(default_factory=dict)
    is_closed: bool = False
    text: str = ""
    _told: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def scope(self) -> dict[str, Any]:
        headers = {"host": self.host, **self.headers}
        if self.session_key:
            headers["cookie"] = f"{settings.SESSION_COOKIE_NAME}={self.session_key}"
        return {
            "type": "http",
            "method": self.method,
            "path": self.path,
            "query_string": self.query.encode(),
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        }

    async def call(self) -> LiveBrowser:
        """For answers that end by themselves."""
        await asyncio.wait_for(live(self.scope, self._receive, self._send), 5)
        return self

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[LiveBrowser]:
        task = asyncio.create_task(live(self.scope, self._receive, self._send))
        try:
            yield self
        finally:
            self._gone.set()
            self.is_stuck = False
            await asyncio.wait_for(task, 5)

    async def hear(self, seconds: float = 5) -> Told:
        return await asyncio.wait_for(self._told.get(), seconds)

    async def until_closed(self) -> None:
        async with asyncio.timeout(5):
            while not self.is_closed:
                await asyncio.sleep(0.01)

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        while self.is_stuck:
            await asyncio.sleep(0.01)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answer = {name.decode(): text.decode() for name, text in message["headers"]}
            return
        self.text += message["body"].decode()
        self.is_closed = not message["more_body"]
        while "\n\n" in self.text:
            block, self.text = self.text.split("\n\n", 1)
            self._take(block)

    def _take(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in fields:
            numbers = json.loads(fields["data"])["numbers"]
            self._told.put_nowait(Told(fields["event"], int(fields["id"]), numbers))
