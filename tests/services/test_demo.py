"""The demonstration desk."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from tickets.models import Ticket
from tickets.services.demo import TICKETS, fill_desk
from tickets.services.drift import find_drift

pytestmark = pytest.mark.django_db


class TestFillDesk:
    def test_makes_it(self) -> None:
        t = time.time()
        now = timezone.now()
        fill_desk(now=now)
        print("took", time.time() - t)
        assert Ticket.objects.count() == TICKETS
        assert find_drift(now=timezone.now()) == []
