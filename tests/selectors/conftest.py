from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

if TYPE_CHECKING:
    from tickets.models import Agent


@pytest.fixture
def now() -> datetime:
    """A Wednesday in June, 13:00 UTC: the afternoon in Paris, business hours left and right.

    It lies ahead: what is planned there is still undecided by the database's clock.
    """
    june = datetime(timezone.now().year + 1, 6, 10, 13, tzinfo=UTC)
    return june + timedelta(days=(2 - june.weekday()) % 7)


@pytest.fixture
def alice(db: None) -> Agent:
    return _agent("Alice Agent", "alice@desk.example")


@pytest.fixture
def bob(db: None) -> Agent:
    return _agent("Bob Agent", "bob@desk.example")


def _agent(name: str, email: str) -> Agent:
    # Models cannot be imported while the tests are being collected.
    from tests.factories import make_agent

    return make_agent(name=name, email=email)
