"""The cast in front of the pages: an agent, a manager, and somebody who is no agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tickets.models import Agent, Ticket


@pytest.fixture(autouse=True)
def fresh_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page shows what this test did to the timers, not what an earlier one did."""
    from tickets.web import context

    monkeypatch.setattr(context, "KEPT_FOR", 0.0)
    monkeypatch.setattr(context, "_known", None)


# Models cannot be imported while the tests are being collected, so the factories are not either.
@pytest.fixture
def alice(db: None) -> Agent:
    from tests.factories import make_agent

    return make_agent(name="Alice Martin", email="alice@desk.example")


@pytest.fixture
def mona(db: None) -> Agent:
    from tests.factories import make_agent

    return make_agent(name="Mona Keller", email="mona@desk.example", role="MANAGER")


@pytest.fixture
def as_alice(alice: Agent) -> Client:
    client = Client()
    client.force_login(alice.user)
    return client


@pytest.fixture
def as_stranger(db: None) -> Client:
    """Signed in, but on nobody's staff."""
    from tests.factories import make_user

    client = Client()
    client.force_login(make_user(name="Eve Other"))
    return client


@pytest.fixture
def ticket(db: None) -> Ticket:
    from tests.factories import make_ticket

    return make_ticket()


@pytest.fixture
def urgent_ticket(db: None) -> Ticket:
    """The customer asked for “Urgent” when it was received, ten minutes ago."""
    from datetime import timedelta

    from django.utils import timezone

    from tests.factories import make_ticket

    now = timezone.now()
    return make_ticket(now=now, received_at=now - timedelta(minutes=10), level="URGENT")


@pytest.fixture
def post(as_alice: Client) -> Any:
    """Posts to a page of a ticket as Alice: `post(ticket, "replies", text="…")`."""
    from django.urls import reverse

    def send(ticket: Ticket, name: str, /, noun: str = "", **data: Any) -> Any:
        arguments = [ticket.number, noun] if noun else [ticket.number]
        return as_alice.post(reverse(f"tickets:{name}", args=arguments), data)

    return send
