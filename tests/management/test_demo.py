from __future__ import annotations

import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from tests.factories import make_customer
from tickets.models import Customer, Ticket, User
from tickets.services.demo import fill_desk

pytestmark = pytest.mark.django_db


def run() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


class TestDemo:
    def test_prints_the_sign_ins_and_fills_a_desk_once(self) -> None:
        text = run()

        assert [line.split()[1] for line in text.splitlines()] == [
            "alice@desk.example",
            "mona@desk.example",
            "adam@desk.example",
        ]
        count = Ticket.objects.count()
        with pytest.raises(CommandError, match="something in this desk already"):
            run()
        assert Ticket.objects.count() == count

    def test_leaves_a_desk_with_customers_alone(self) -> None:
        make_customer(name="A real one")

        with pytest.raises(CommandError, match="something in this desk already"):
            run()

        assert Customer.objects.count() == 1

    def test_is_for_trial_desks_only(self, settings: Any) -> None:
        settings.DESK_TRIAL = False

        with pytest.raises(CommandError, match="trial desk only"):
            run()

        assert not User.objects.exists()

    def test_tells_the_same_week_for_the_same_seed(self) -> None:
        now = timezone.now()
        weeks = []
        for seed in (7, 7, 8):
            with transaction.atomic():
                fill_desk(now=now, seed=seed)
                weeks.append(list(Ticket.objects.order_by("pk").values_list("subject", "channel")))
                transaction.set_rollback(True)

        assert weeks[0] == weeks[1] != weeks[2]

    def test_takes_less_than_four_seconds_of_work(self) -> None:
        begun = time.process_time()

        fill_desk(now=timezone.now())

        assert time.process_time() - begun < 4
