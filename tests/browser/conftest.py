"""A real Chromium in front of a real desk: its server, its worker with the ticker, its engines.

Chromium is Debian's (`apt install chromium`); DESK_CHROMIUM names another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.trial import TrialDesk, Visit
from tests.processes import Desk

if TYPE_CHECKING:
    from tickets.models import Agent


# Not for the whole run: Playwright keeps an event loop running in this thread, which other tests
# start for themselves.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    root = os.geteuid() == 0
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # These tests are not asynchronous; Django sees Playwright's loop and thinks they are.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("DESK_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"] if root else [],
        )
        yield browser
        browser.close()
        # Those opened beside Playwright's loop are not those that Django knows without it.
        connections.close_all()


@pytest.fixture
def desk(chromium: Browser, desk_processes: Desk) -> TrialDesk:
    """The desk's pages, served; start its worker with `desk.start_worker()`."""
    return TrialDesk(desk_processes)


@pytest.fixture
def visit(chromium: Browser, desk: TrialDesk) -> Iterator[Callable[..., Page]]:
    """Opens a browser of its own: `visit(alice)` signed in, `visit()` as a visitor.

    The test fails when a page reports an error; breaking the content security policy is one.
    """
    visits: list[Visit] = []

    def open_browser(agent: Agent | None = None, **options: object) -> Page:
        visits.append(Visit(chromium, desk, agent, **options))
        return visits[-1].page

    yield open_browser
    for opened in visits:
        opened.context.close()
    assert [problem for opened in visits for problem in opened.problems] == []


@pytest.fixture
def alice(transactional_db: None) -> Agent:
    return _agent("Alice Martin", "alice@desk.example")


@pytest.fixture
def bob(transactional_db: None) -> Agent:
    return _agent("Bob Weber", "bob@desk.example")


PASSWORD = "correct horse battery"


def _agent(name: str, email: str) -> Agent:
    # Models cannot be imported while the tests are being collected.
    from tests.factories import make_agent
    from tickets.models import Team

    return make_agent(name=name, email=email, password=PASSWORD, team=Team.objects.get())
