from __future__ import annotations

import re

from django.urls import reverse
from django.utils import timezone

from tests.factories import make_contact, make_customer, make_ticket, minutes
from tickets.models import Message, Ticket
from tickets.services import conversation
from tickets.services.lifecycle import solve


def page_of(client, ticket: Ticket, query: str = "") -> str:
    return client.get(reverse("tickets:ticket", args=[ticket.number]) + query).content.decode()


class TestTicketPage:
    def test_shows_both_clocks_with_state_and_due_instant(self, as_alice, urgent_ticket):
        page = page_of(as_alice, urgent_ticket)

        assert "Act: Running" in page
        assert "Respond: Running" in page
        assert len(re.findall(r'data-due="', page)) == 2

    def test_shows_five_minutes_left_of_thirty_after_twenty_five(self, as_alice):
        now = timezone.now()
        ticket = make_ticket(now=now, received_at=now - minutes(25), level="URGENT")

        page = page_of(as_alice, ticket)

        assert re.search(r'data-seconds-below="3600"[^>]*>(5 m 00 s|4 m 5\d s)<', page)

    def test_explains_each_deadline(self, as_alice, ticket):
        page = page_of(as_alice, ticket)

        assert "Why these deadlines?" in page
        assert "8 h in business hours" in page
        assert page.count("Counted?") == 2

    def test_tells_a_note_from_a_reply(self, alice, as_alice, ticket):
        now = timezone.now()
        conversation.add_note(ticket=ticket, agent=alice, text="Between us.", now=now)
        conversation.reply(ticket=ticket, agent=alice, text="Dear customer.", now=now)

        page = page_of(as_alice, ticket)

        assert re.search(r"entry--note(?s:.)*?never sees this(?s:.)*?Between us\.", page)
        assert re.search(r"entry--reply(?s:.)*?Dear customer\.", page)

    def test_says_how_late_a_breach_was_flagged(self, as_alice):
        now = timezone.now()
        ticket = make_ticket(now=now, received_at=now - minutes(45), level="URGENT")

        page = page_of(as_alice, ticket)

        assert "Act: Breached" in page
        assert "past the deadline" in page
        assert "flagged 15 m after" in page

    def test_names_the_time_at_the_customers(self, as_alice):
        customer = make_customer(timezone="Asia/Tokyo")

        page = page_of(as_alice, make_ticket(requester=make_contact(customer=customer)))

        assert "Time there" in page
        assert "JST" in page

    def test_lists_the_customers_other_open_tickets(self, as_alice, ticket):
        other = make_ticket(requester=ticket.requester, subject="The other one")

        page = page_of(as_alice, ticket)

        assert "Other open tickets of this customer" in page
        assert "The other one" in page
        assert f"#{other.number}" in page

    def test_lists_the_callers_other_tickets_while_the_customer_is_not_known(self, as_alice):
        caller = make_contact(customer=None)
        ticket = make_ticket(requester=caller)
        make_ticket(requester=caller, subject="The other one")

        page = page_of(as_alice, ticket)

        assert "Other open tickets of this person" in page
        assert "The other one" in page

    def test_keeps_the_composer_as_it_was_last_used(self, as_alice, ticket):
        assert 'value="note" checked' in page_of(as_alice, ticket, "?composer=note")
        assert 'value="reply" checked' in page_of(as_alice, ticket, "?composer=nonsense")

    def test_offers_no_composer_on_a_closed_ticket(self, post, as_alice, ticket):
        post(ticket, "cancellation", reason="SPAM")

        page = page_of(as_alice, ticket)

        assert 'id="composer"' not in page
        assert "Closed: spam" in page
        assert "Cancelled" in page

    def test_asks_nobody_to_settle_the_urgency_of_a_closed_ticket(
        self, post, as_alice, urgent_ticket
    ):
        assert "We must agree or counter" in page_of(as_alice, urgent_ticket)
        post(urgent_ticket, "cancellation", reason="SPAM")

        page = page_of(as_alice, urgent_ticket)

        assert "Proposed by customer" in page
        assert "We must agree or counter" not in page
        assert "Until then" not in page

    def test_waits_for_nobody_while_nothing_is_proposed(self, as_alice, ticket):
        page = page_of(as_alice, ticket)

        assert "Default level, nothing proposed" in page
        assert "Until then" not in page

    def test_offers_to_reopen_what_is_solved(self, alice, as_alice, ticket):
        solve(ticket=ticket, agent=alice, now=timezone.now())

        page = page_of(as_alice, ticket)

        assert reverse("tickets:resolution_removal", args=[ticket.number]) in page

    def test_reads_times_in_the_agents_zone(self, alice, as_alice, ticket):
        alice.user.timezone = "Asia/Tokyo"
        alice.user.save(update_fields=["timezone"])

        page = page_of(as_alice, ticket)

        assert "Times in Asia/Tokyo" in page
        assert re.search(r"received <time[^>]*>\d\d:\d\d JST", re.sub(r"\s+", " ", page))

    def test_takes_at_most_twelve_queries_for_a_hundred_messages(
        self, alice, as_alice, ticket, django_assert_max_num_queries
    ):
        Message.objects.bulk_create(
            Message(ticket=ticket, kind="NOTE", agent=alice, text=f"Note {n}", at=timezone.now())
            for n in range(60)
        )
        for n in range(40):
            conversation.reply(ticket=ticket, agent=alice, text=f"Reply {n}", now=timezone.now())
        page_of(as_alice, ticket)  # the level names of a version of the terms are read once

        with django_assert_max_num_queries(12):
            page_of(as_alice, ticket)
