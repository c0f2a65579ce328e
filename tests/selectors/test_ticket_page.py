from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from tests.factories import make_agent, make_contact, make_customer, make_ticket, minutes
from tickets.models import Agent, Clock, Contact, Message, Team, Ticket
from tickets.selectors.ticket_page import TicketPage, get_ticket_page
from tickets.services.assignment import assign, take
from tickets.services.conversation import (
    add_note,
    log_call,
    record_bounce,
    record_customer_message,
    reply,
)
from tickets.services.intake import correct_received_at
from tickets.services.lifecycle import cancel, merge, solve, wait_for_customer


@pytest.fixture
def carl(db: None) -> Contact:
    return make_contact(name="Carl Customer", email="carl@acme.example")


@pytest.fixture
def ticket(carl: Contact, now: datetime) -> Ticket:
    return make_ticket(now=now, requester=carl, level="URGENT")


def page_of(ticket: Ticket, agent: Agent, now: datetime) -> TicketPage:
    return get_ticket_page(user=agent.user, number=ticket.number, now=now)


def texts(page: TicketPage) -> list[str]:
    return [entry.text for entry in page.timeline]


class TestTimeline:
    @pytest.fixture
    def worked(
        self, ticket: Ticket, alice: Agent, bob: Agent, carl: Contact, now: datetime
    ) -> Ticket:
        take(ticket=ticket, agent=alice, now=now + minutes(3))
        assign(ticket=ticket, assignee=bob, agent=alice, now=now + minutes(4))
        add_note(ticket=ticket, agent=bob, text="Route 7 is down.", now=now + minutes(6))
        reply(ticket=ticket, agent=bob, text="We are on it.", now=now + minutes(7))
        wait_for_customer(ticket=ticket, agent=bob, now=now + minutes(8))
        record_customer_message(
            ticket=ticket, contact=carl, text="Thanks.", at=now + minutes(9), now=now + minutes(9)
        )
        log_call(
            ticket=ticket,
            agent=bob,
            outcome=Message.CallOutcome.REACHED,
            text="Told him the route.",
            at=now + minutes(5),
            now=now + minutes(10),
        )
        solve(ticket=ticket, agent=bob, now=now + minutes(11))
        return ticket

    def test_tells_what_happened_in_the_order_it_happened(
        self, worked: Ticket, alice: Agent, now: datetime
    ) -> None:
        page = page_of(worked, alice, now + minutes(12))

        assert texts(page) == [
            "Carl Customer reported it (Phone)",
            "Carl Customer proposed “Urgent” (said in the message)",
            "Alice Agent took it on",
            "Alice Agent assigned it to Bob Agent",
            "Bob Agent called: reached",
            "Bob Agent wrote a note",
            "Bob Agent replied",
            "Bob Agent set the status to “Waiting on customer”",
            "Carl Customer wrote",
            "What had been recorded of the promises was corrected",
            "Bob Agent solved it",
        ]

    def test_tells_messages_from_facts(self, worked: Ticket, alice: Agent, now: datetime) -> None:
        page = page_of(worked, alice, now + minutes(12))

        assert [entry.look for entry in page.timeline] == [
            *("customer", "urgency", "system", "system", "call", "note", "reply"),
            *("system", "customer", "system", "system"),
        ]
        spoken = [entry.message.text for entry in page.timeline if entry.message]
        assert spoken[1:] == ["Told him the route.", "Route 7 is down.", "We are on it.", "Thanks."]

    def test_shows_the_mail_that_carries_a_reply(
        self, ticket: Ticket, alice: Agent, now: datetime
    ) -> None:
        reply(ticket=ticket, agent=alice, text="We are on it.", now=now)

        delivery = page_of(ticket, alice, now).timeline[-1].delivery

        assert delivery is not None
        assert (delivery.address, delivery.state) == ("carl@acme.example", "QUEUED")

    def test_says_that_a_reply_came_back(self, ticket: Ticket, alice: Agent, now: datetime) -> None:
        message = reply(ticket=ticket, agent=alice, text="We are on it.", now=now)
        record_bounce(message=message, at=now + minutes(1), now=now + minutes(1))

        *_others, entry, corrected = page_of(ticket, alice, now + minutes(2)).timeline

        assert entry.text == "The reply came back undelivered: it does not count as a response"
        assert entry.message is None
        assert [(c.label, c.before, c.after) for c in corrected.changes] == [
            ("Response met", now, None)
        ]

    def test_moves_the_first_message_with_a_corrected_instant(
        self, ticket: Ticket, alice: Agent, now: datetime
    ) -> None:
        earlier = now - minutes(20)
        correct_received_at(ticket=ticket, received_at=earlier, agent=alice, now=now)

        page = page_of(ticket, alice, now)

        assert [entry.at for entry in page.timeline[:2]] == [earlier, earlier]
        (corrected,) = [e for e in page.timeline if e.kind == "RECEIVED_CORRECTED"]
        assert [(c.before, c.after) for c in corrected.changes] == [(now, earlier)]
        (planned,) = [e for e in page.timeline if e.kind == "CLOCKS_PLANNED"]
        assert [(c.label, c.before, c.after) for c in planned.changes] == [
            ("Action", now + minutes(30), now + minutes(10)),
            ("Response", now + minutes(120), now + minutes(100)),
        ]

    def test_names_the_lag_of_a_flag_and_who_was_told(self, carl: Contact) -> None:
        from django.utils import timezone

        now = timezone.now()
        lead = make_agent(name="Lena Lead")
        team = Team.objects.create(name="Night", lead=lead)
        ticket = make_ticket(
            now=now, requester=carl, received_at=now - minutes(31), level="URGENT", team=team
        )

        page = page_of(ticket, lead, now)

        (flag,) = [entry for entry in page.timeline if entry.look == "breach"]
        assert flag.text == "Action: deadline missed"
        assert flag.at == now - minutes(1)
        assert flag.lag == flag.recorded_at - flag.at
        assert [(told.name, told.state_label) for told in flag.told] == [("Lena Lead", "Queued")]
        assert not flag.is_late

    def test_says_when_something_was_typed_in_later(self, carl: Contact, alice: Agent) -> None:
        from django.utils import timezone

        now = timezone.now()
        ticket = make_ticket(now=now, requester=carl, received_at=now - minutes(9), agent=alice)

        entry = page_of(ticket, alice, now).timeline[0]

        assert entry.text == "Carl Customer reported it (Phone); Alice Agent typed it in"
        assert entry.is_late

    def test_speaks_the_readers_language_for_levels(
        self, ticket: Ticket, alice: Agent, now: datetime
    ) -> None:
        with translation.override("fr"):
            page = page_of(ticket, alice, now)

        assert page.urgency.levels[1].name == "Non urgent"

    def test_names_the_ticket_it_was_merged_into(
        self, ticket: Ticket, alice: Agent, carl: Contact, now: datetime
    ) -> None:
        other = make_ticket(now=now, requester=carl)
        merge(ticket=ticket, into=other, agent=alice, now=now)

        assert texts(page_of(ticket, alice, now))[-1] == (
            f"Alice Agent merged it into #{other.number}; its open promises end here"
        )
        assert texts(page_of(other, alice, now))[-1] == (
            f"Alice Agent merged #{ticket.number} into it: {ticket.subject}"
        )


class TestClocks:
    def test_show_what_is_used_and_left(self, ticket: Ticket, alice: Agent, now: datetime) -> None:
        take(ticket=ticket, agent=alice, now=now + minutes(10))

        action, response = page_of(ticket, alice, now + minutes(30)).current_clocks

        assert (action.metric, action.state, action.spare) == ("ACTION", "MET", minutes(20))
        assert action.used_share == pytest.approx(1 / 3)
        assert (response.metric, response.state) == ("RESPONSE", "RUNNING")
        assert response.used_share == pytest.approx(1 / 4)
        assert response.remaining_business is None
        assert response.hours_label == "round the clock"

    def test_tell_business_time_left(self, carl: Contact, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(now=now, requester=carl)

        action, _response = page_of(ticket, alice, now + timedelta(days=1)).current_clocks

        # 13:00 UTC is 15:00 in Paris: two hours on Wednesday, six of Thursday, all gone by 15:00.
        assert action.due_at == now + timedelta(days=1)
        assert action.remaining_business is None
        earlier = page_of(ticket, alice, now + timedelta(hours=12)).current_clocks[0]
        assert earlier.remaining_business == timedelta(hours=6)
        assert earlier.hours_label == "in business hours (Business hours v1)"

    def test_of_earlier_reports_stand_apart(
        self, ticket: Ticket, alice: Agent, carl: Contact, now: datetime
    ) -> None:
        reply(ticket=ticket, agent=alice, text="Fixed.", now=now + minutes(5))
        solve(ticket=ticket, agent=alice, now=now + minutes(6))
        again = now + minutes(60)
        record_customer_message(ticket=ticket, contact=carl, text="Again!", at=again, now=again)

        page = page_of(ticket, alice, again)

        assert [(c.cycle, c.metric) for c in page.current_clocks] == [
            (2, "ACTION"),
            (2, "RESPONSE"),
        ]
        assert [(c.cycle, c.state) for c in page.earlier_clocks] == [(1, "MET"), (1, "MET")]
        assert [why.cycle for why in page.why] == [2, 2]

    def test_that_were_cancelled_say_why(self, ticket: Ticket, alice: Agent, now: datetime) -> None:
        cancel(ticket=ticket, reason=Ticket.CancelReason.SPAM, agent=alice, now=now)

        page = page_of(ticket, alice, now)

        assert {clock.cancel_reason for clock in page.current_clocks} == {"Spam"}
        assert (page.can_write, page.can_solve, page.can_reopen) == (False, False, False)
        assert page.urgency.steps == page.urgency.customer_steps == ()


class TestCustomerPanel:
    def test_lists_other_open_tickets_by_deadline(self, alice: Agent, now: datetime) -> None:
        acme = make_customer(name="Acme")
        carl, cora = make_contact(customer=acme), make_contact(customer=acme)
        ticket = make_ticket(now=now, requester=carl)
        later = make_ticket(now=now, requester=cora)
        sooner = make_ticket(now=now, requester=cora, level="URGENT")
        closed = make_ticket(now=now, requester=cora)
        cancel(ticket=closed, reason=Ticket.CancelReason.SPAM, agent=alice, now=now)
        make_ticket(now=now)

        panel = page_of(ticket, alice, now).customer

        assert (panel.contact, panel.customer) == (carl, acme)
        assert panel.others == (sooner, later)
        assert not panel.has_more


class TestCost:
    def test_is_nine_queries_with_a_hundred_messages(
        self,
        ticket: Ticket,
        alice: Agent,
        carl: Contact,
        now: datetime,
        django_assert_max_num_queries,
    ) -> None:
        for n in range(50):
            at = now + minutes(n)
            record_customer_message(ticket=ticket, contact=carl, text="And?", at=at, now=at)
            reply(ticket=ticket, agent=alice, text="Soon.", now=at)
        page_of(ticket, alice, now)

        with django_assert_max_num_queries(9):
            page = page_of(ticket, alice, now + minutes(99))

        assert len([entry for entry in page.timeline if entry.message]) == 101
        assert Clock.objects.filter(ticket=ticket).count() == 2
