"""Two people at the same moment: nothing is lost, nothing is done twice, nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.factories import make_agent, make_contact, make_ticket, minutes
from tests.services.reading import clock, timeline
from tickets.models import Contact, Event, Ticket
from tickets.services.assignment import take
from tickets.services.conversation import add_note, log_call, record_bounce, reply
from tickets.services.customers import identify_contact
from tickets.services.drift import find_drift
from tickets.services.errors import Unable
from tickets.services.lifecycle import merge, solve
from tickets.services.timers import claim_due_clocks

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Run each step on a connection of its own, all let go together; refusals are returned."""
    barrier = Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        try:
            barrier.wait(10)
            return step()
        except Unable as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


class TestTwoAtOnce:
    def test_both_notes_are_kept_and_the_first_one_met_the_clock(self, now):
        ticket = make_ticket(level="URGENT", now=now)
        agents = [make_agent() for _ in range(6)]

        at_once(
            *(
                lambda agent=agent, n=n: add_note(
                    ticket=ticket, agent=agent, text="Seen.", now=now + minutes(n)
                )
                for n, agent in enumerate(agents)
            )
        )

        assert timeline(ticket).count(Event.Kind.NOTED) == 6
        assert clock(ticket, "ACTION").met_at == now
        assert find_drift(now=now + minutes(10)) == []

    def test_one_of_two_solutions_is_refused(self, now):
        ticket = make_ticket(now=now)
        alice, bob = make_agent(), make_agent()

        outcomes = at_once(
            lambda: solve(ticket=ticket, agent=alice, now=now),
            lambda: solve(ticket=ticket, agent=bob, now=now),
        )

        assert sum(isinstance(outcome, Unable) for outcome in outcomes) == 1
        assert timeline(ticket).count(Event.Kind.SOLVED) == 1

    def test_merging_two_tickets_into_each_other_leaves_one_open(self, now):
        one = make_ticket(now=now)
        other = make_ticket(requester=one.requester, now=now)
        agent = make_agent()

        outcomes = at_once(
            lambda: merge(ticket=one, into=other, agent=agent, now=now),
            lambda: merge(ticket=other, into=one, agent=agent, now=now),
        )

        assert sum(isinstance(outcome, Unable) for outcome in outcomes) == 1
        assert Ticket.objects.filter(status=Ticket.Status.CLOSED).count() == 1

    def test_different_steps_do_not_undo_each_other(self, now):
        ticket = make_ticket(channel=Ticket.Channel.VOICEMAIL, level="URGENT", now=now)
        alice, bob = make_agent(), make_agent()

        at_once(
            lambda: take(ticket=ticket, agent=alice, now=now),
            lambda: log_call(ticket=ticket, agent=bob, outcome="REACHED", text="", at=now, now=now),
            lambda: reply(ticket=ticket, agent=bob, text="As promised.", now=now),
        )

        ticket.refresh_from_db()
        assert (ticket.assignee, ticket.unreturned_since) == (alice, None)
        assert ticket.next_due_at is None

    def test_a_bounce_reported_twice_counts_once(self, now):
        message = reply(ticket=make_ticket(now=now), agent=make_agent(), text="On it.", now=now)

        at_once(*[lambda: record_bounce(message=message, at=now, now=now)] * 4)

        assert timeline(message.ticket).count(Event.Kind.REPLY_BOUNCED) == 1

    def test_two_mails_of_a_newcomer_make_one_contact(self):
        address = make_contact().email.replace("contact", "newcomer")

        at_once(*[lambda: identify_contact(email=address, name="Nora")] * 4)

        assert Contact.objects.filter(email=address).count() == 1


class TestAgainstTheTimers:
    def test_answers_and_claims_at_once_flag_each_clock_once(self, now):
        agent = make_agent()
        tickets = [
            make_ticket(level="URGENT", received_at=now - minutes(29.995), now=now)
            for _ in range(8)
        ]

        at_once(
            *(
                lambda ticket=ticket: reply(ticket=ticket, agent=agent, text="Hello.", now=now)
                for ticket in tickets
            ),
            *[lambda: [claim_due_clocks() for _ in range(20)]] * 2,
        )

        for ticket in tickets:
            assert clock(ticket, "ACTION").met_at == now
            assert timeline(ticket).count(Event.Kind.CLOCK_BREACHED) <= 1
        assert find_drift(now=now + minutes(1)) == []
