"""Hosts whose clocks differ by a moment, and people who waited for one another."""

from __future__ import annotations

import pytest

from tests.factories import make_ticket, minutes
from tests.services.reading import clock
from tickets.models import Ticket, UrgencyProposal
from tickets.services.conversation import add_note, reply
from tickets.services.drift import find_drift
from tickets.services.lifecycle import cancel, reopen, solve
from tickets.services.urgency import Voice, agree, propose

pytestmark = pytest.mark.django_db

MOMENT = minutes(0.01)


def test_what_a_host_ahead_recorded_is_not_forgotten(now, alice):
    ticket = make_ticket(level="URGENT", now=now)
    ahead = now + minutes(1)
    reply(ticket=ticket, agent=alice, text="On it.", now=ahead)

    add_note(ticket=ticket, agent=alice, text="Hm.", now=now)

    assert clock(ticket, "RESPONSE").met_at == ahead


def test_agreeing_follows_the_proposal(now, alice):
    ticket = make_ticket(now=now - minutes(1))
    door = UrgencyProposal.Door.PHONE
    customer = Voice(side=UrgencyProposal.Side.CUSTOMER, door=door, contact=ticket.requester)
    provider = Voice(side=UrgencyProposal.Side.PROVIDER, door=door, agent=alice)
    propose(ticket=ticket, level="URGENT", voice=customer, now=now)

    agree(ticket=ticket, voice=provider, now=now - MOMENT)

    ticket.refresh_from_db()
    assert ticket.governing_level == "URGENT"
    assert not ticket.urgency_proposals.filter(state="OPEN").exists()


def test_whoever_solved_first_is_reopened_second(now, alice):
    ticket = make_ticket(now=now - minutes(1))
    solve(ticket=ticket, agent=alice, now=now)

    reopened = reopen(ticket=ticket, agent=alice, now=now - MOMENT)

    assert reopened.status == Ticket.Status.OPEN
    assert find_drift(now=now) == []


def test_an_answer_is_not_taken_back_by_a_close_that_waited_for_it(now, alice):
    ticket = make_ticket(level="URGENT", now=now - minutes(1))
    reply(ticket=ticket, agent=alice, text="On it.", now=now)

    cancel(ticket=ticket, reason=Ticket.CancelReason.SPAM, agent=alice, now=now - MOMENT)

    assert clock(ticket, "RESPONSE").met_at == now
    assert clock(ticket, "RESPONSE").cancelled_at is None


def test_an_act_on_a_host_behind_is_not_before_the_receipt(now, alice):
    ticket = make_ticket(level="URGENT", now=now)

    add_note(ticket=ticket, agent=alice, text="Hm.", now=now - MOMENT)

    assert clock(ticket, "ACTION").met_at == now
