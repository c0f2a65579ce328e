"""One public port: /live/ on the event loop, everything else on threads.

Sync views cost several times as much under ASGI, so pages go through the WSGI app; the live streams
are an ASGI app of their own, since Django's would keep a thread for each.
"""

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sla_support.settings")

from sla_support.wsgi import application as wsgi
from tickets.web.live import live

pages = WSGIMiddleware(cast(Any, wsgi), workers=int(os.environ.get("DESK_THREADS", "8")))


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await answer_lifespan(receive, send)
    elif scope["path"].startswith("/live/"):
        await live(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def answer_lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
