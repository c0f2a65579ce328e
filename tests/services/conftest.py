from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

if TYPE_CHECKING:
    from tickets.models import Agent


@pytest.fixture
def now() -> datetime:
    return timezone.now()


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
