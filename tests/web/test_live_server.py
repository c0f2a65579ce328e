"""The stream through the real server: beside the pages, and when the server is told to stop."""

from __future__ import annotations

import signal
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from tests.factories import make_agent, make_ticket
from tests.processes import Desk


def open_stream(address: str) -> tuple[HTTPConnection, HTTPResponse]:
    client = Client()
    client.force_login(make_agent().user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(
        "GET", "/live/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
    )
    return connection, connection.getresponse()


def hear(stream: HTTPResponse, event: str) -> str:
    """The data of the next `event`."""
    while stream.readline() != f"event: {event}\n".encode():
        pass
    return stream.readline().decode()


class TestServer:
    def test_tells_changes_on_the_port_of_the_pages_and_stops_when_told(
        self, desk_processes: Desk
    ) -> None:
        web, address = desk_processes.web()
        connection, stream = open_stream(address)
        hear(stream, "ready")

        ticket = make_ticket()
        assert hear(stream, "tickets") == f'data: {{"numbers":[{ticket.number}]}}\n'

        web.send(signal.SIGTERM)
        assert stream.read().endswith(b"\n\n") or stream.isclosed()
        web.popen.wait(5)
        connection.close()
        assert "Traceback" not in web.output
