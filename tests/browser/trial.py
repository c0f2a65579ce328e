"""The desk under test and a visit to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.processes import Desk, Process

if TYPE_CHECKING:
    from tickets.models import Agent


class TrialDesk:
    def __init__(self, processes: Desk) -> None:
        self._processes = processes
        self.web, self.address = processes.web()

    def start_worker(self) -> Process:
        """The worker with the ticker; it delivers mail as well."""
        return self._processes.worker(queues="timers,mail_out,bulk")

    def cut(self) -> None:
        """The server dies, and every stream with it."""
        self.web.kill()

    def restore(self) -> None:
        """A server at the same address."""
        self.web, _address = self._processes.web(int(self.address.rsplit(":", 1)[1]))


class Visit:
    """One browser window, and what it had to complain of."""

    def __init__(
        self, browser: Browser, desk: TrialDesk, agent: Agent | None, **options: Any
    ) -> None:
        self.problems: list[str] = []
        self.context = browser.new_context(
            base_url=desk.address, locale="en-GB", timezone_id="Europe/Paris", **options
        )
        if agent is not None:
            self.context.add_cookies([session_cookie(agent, desk.address)])
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # Not problems of a page: a server that is down on purpose, a page asked for that does not
        # exist, and what has no address (the accessibility rules measure with styles of their own).
        where = message.location["url"]
        is_expected = "net::ERR_" in message.text or where in ("", self.page.url)
        if message.type in ("error", "warning") and not is_expected:
            self.problems.append(f"{message.text} ({where})")


def session_cookie(agent: Agent, address: str) -> Any:
    client = Client()
    client.force_login(agent.user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}
