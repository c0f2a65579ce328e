"""Programs in front of the API: one of an agent's with a token, and others to be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rest_framework.test import APIClient

if TYPE_CHECKING:
    from tickets.models import Agent, Ticket


# Models cannot be imported while the tests are being collected, so the factories are not either.
@pytest.fixture
def alice(db: None) -> Agent:
    from tests.factories import make_agent

    return make_agent(name="Alice Martin", email="alice@desk.example")


@pytest.fixture
def token(alice: Agent) -> str:
    from tests.api.asking import make_token

    return make_token(alice)


@pytest.fixture
def api(token: str) -> APIClient:
    """Alice's program."""
    return APIClient(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def ticket(db: None) -> Ticket:
    from tests.factories import make_ticket

    return make_ticket()


@pytest.fixture
def open_ticket(api: APIClient) -> Any:
    """Opens a ticket as Alice's program: `open_ticket(key="1", subject="…")`."""
    from tests.api.asking import post_ticket

    def send(key: str | None = "first", **changes: Any) -> Any:
        return post_ticket(api, key=key, **changes)

    return send
