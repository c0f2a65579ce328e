from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import make_contact, make_customer, make_ticket, minutes
from tickets.models import Agent, Calendar, Clock, Ticket, UrgencyProposal
from tickets.selectors.why import Why, get_why
from tickets.services import urgency
from tickets.services.urgency import Voice

Side, Door = UrgencyProposal.Side, UrgencyProposal.Door


def why(ticket: Ticket, agent: Agent, now: datetime, metric: str = "RESPONSE") -> Why:
    return get_why(user=agent.user, number=ticket.number, metric=metric, cycle=1, now=now)


def customer_says(ticket: Ticket, level: str, now: datetime) -> None:
    voice = Voice(side=Side.CUSTOMER, door=Door.PORTAL, contact=ticket.requester)
    urgency.propose(ticket=ticket, level=level, voice=voice, now=now)


class TestWhy:
    def test_adds_up_to_the_target_with_every_closed_stretch_named(
        self, alice: Agent, now: datetime
    ) -> None:
        holiday = (now + timedelta(days=1)).date().isoformat()
        calendar = Calendar.objects.create(
            name="Office",
            timezone="Europe/Paris",
            hours={
                "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
                "closed": [holiday],
            },
            holiday_names={holiday: "Founders' Day"},
        )
        customer = make_customer(calendar=calendar)
        ticket = make_ticket(now=now, requester=make_contact(customer=customer))

        ledger = why(ticket, alice, now)

        assert (ledger.zone, ledger.level_name) == ("Europe/Paris", "Non-urgent")
        assert ledger.hours_label == "in business hours (Office v1)"
        assert ledger.counted_from == now
        assert [(s.reason, s.counted) for s in ledger.stretches] == [
            ("open", timedelta(hours=2)),
            ("outside business hours", timedelta(0)),
            ("holiday: Founders' Day", timedelta(0)),
            ("outside business hours", timedelta(0)),
            ("open", timedelta(hours=6)),
        ]
        assert ledger.stretches[0].start == now
        assert ledger.stretches[-1].end == ledger.due_at
        assert ledger.stretches[-1].total == ledger.target == timedelta(hours=8)
        assert [move.text for move in ledger.moves] == ["Start plus target"]

    def test_counts_from_the_raise_that_set_the_deadline(self, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(now=now)
        customer_says(ticket, "URGENT", now + minutes(10))

        ledger = why(ticket, alice, now + minutes(20))

        assert ledger.counted_from == now + minutes(10)
        assert ledger.due_at == now + minutes(130)
        assert ledger.hours_label == "round the clock"
        assert ledger.stretches[-1].total == ledger.target == minutes(120)
        assert [move.is_moved for move in ledger.moves] == [True, True]
        assert ledger.moves[-1].before == now + timedelta(days=1)

    def test_counts_from_the_start_after_a_lowering(self, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(now=now, level="URGENT")
        customer_says(ticket, "NON_URGENT", now + minutes(10))

        ledger = why(ticket, alice, now + minutes(20))

        assert ledger.counted_from == now
        assert ledger.stretches[-1].total == ledger.target == timedelta(hours=8)

    def test_of_a_clock_that_does_not_exist(self, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(now=now)

        with pytest.raises(Clock.DoesNotExist):
            why(ticket, alice, now, metric="RESOLUTION")
        with pytest.raises(Ticket.DoesNotExist):
            get_why(user=alice.user, number=0, metric="ACTION", cycle=1, now=now)
