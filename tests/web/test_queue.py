from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_contact, make_customer, make_ticket, minutes
from tickets.models import Ticket
from tickets.selectors.queue_views import View
from tickets.services.assignment import take
from tickets.services.lifecycle import solve
from tickets.templatetags.views import VIEWS


def numbers(response) -> list[int]:
    return [row.ticket.number for row in response.context["page"].rows]


class TestQueue:
    def test_shows_the_next_deadline_first(self, as_alice):
        now = timezone.now()
        later = make_ticket(now=now, level="URGENT")
        earlier = make_ticket(now=now, received_at=now - minutes(20), level="URGENT")

        response = as_alice.get("/")

        assert response.status_code == 200
        assert numbers(response) == [earlier.number, later.number]

    def test_says_the_state_in_a_word_with_the_countdown(self, as_alice):
        now = timezone.now()
        make_ticket(now=now, received_at=now - minutes(25.5), level="URGENT")
        make_ticket(now=now, received_at=now - minutes(42), level="URGENT")

        page = as_alice.get("/").content.decode()

        assert "Due soon" in page
        assert "Act: breached <time" in page
        assert "data-past" in page

    def test_marks_a_voicemail_to_return(self, as_alice):
        make_ticket(channel=Ticket.Channel.VOICEMAIL)

        assert "Voicemail to return" in as_alice.get("/").content.decode()

    def test_tells_agreed_urgency_from_proposed(self, as_alice, post, urgent_ticket):
        assert "not agreed yet" in as_alice.get("/").content.decode()

        post(urgent_ticket, "urgency_step", noun="agreement", side="PROVIDER", level="URGENT")

        assert "not agreed yet" not in as_alice.get("/").content.decode()

    def test_keeps_each_view_in_the_url(self, alice, as_alice):
        now = timezone.now()
        mine, free, solved = make_ticket(now=now), make_ticket(now=now), make_ticket(now=now)
        take(ticket=mine, agent=alice, now=now)
        solve(ticket=solved, agent=alice, now=now)

        assert numbers(as_alice.get("/?view=mine")) == [mine.number]
        assert numbers(as_alice.get("/?view=unassigned")) == [free.number]
        assert numbers(as_alice.get("/?view=solved")) == [solved.number]

    def test_knows_every_view_of_the_selector_and_no_other(self):
        assert {code for code, _name, _icon in VIEWS} == set(View.values)

    def test_does_not_know_an_invented_view(self, as_alice):
        assert as_alice.get("/?view=everything").status_code == 404

    @pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999999999999999", "٣"])
    def test_takes_a_page_that_is_none_for_the_first(self, as_alice, ticket, page):
        response = as_alice.get("/", {"page": page})

        assert response.status_code == 200
        assert numbers(response) == [ticket.number]

    def test_turns_pages_within_the_view(self, alice, as_alice):
        now = timezone.now()
        requester = make_contact()
        for _ in range(51):
            make_ticket(now=now, requester=requester)

        first = as_alice.get("/?view=unassigned")
        second = as_alice.get("/?view=unassigned&page=2")

        assert len(numbers(first)) == 50
        assert "view=unassigned&amp;page=2" in first.content.decode()
        assert len(numbers(second)) == 1

    @pytest.mark.parametrize("view", View.values)
    def test_says_what_to_do_next_when_empty(self, as_alice, view):
        page = as_alice.get("/", {"view": view}).content.decode()

        assert 'class="notice"' in page
        assert 'class="button" href=' in page

    def test_takes_at_most_eight_queries(self, as_alice, django_assert_max_num_queries):
        make_tickets(12)
        as_alice.get("/")  # the level names of a version of the terms are read once

        with django_assert_max_num_queries(8):
            as_alice.get("/")

    def test_stays_small(self, as_alice):
        make_tickets(50)

        html = as_alice.get("/").content

        assert len(gzip.compress(html)) <= 25_000


class TestRow:
    def test_is_the_row_of_the_page(self, as_alice, ticket):
        row = as_alice.get(reverse("tickets:row", args=[ticket.number])).content.decode()

        assert row.strip().startswith("<tr")
        assert f'id="ticket-{ticket.number}"' in row
        assert "<html" not in row

    def test_shows_what_changed_meanwhile(self, alice, as_alice, ticket):
        take(ticket=ticket, agent=alice, now=timezone.now())

        row = as_alice.get(reverse("tickets:row", args=[ticket.number])).content.decode()

        assert "Alice Martin" in row


class TestHostileText:
    def test_is_shown_and_never_run(self, as_alice):
        bad = "<script>alert(1)</script>"
        contact = make_contact(name=bad, email="", customer=make_customer(name=bad))
        ticket = make_ticket(subject=bad, text=bad, requester=contact)

        for path in ("/", reverse("tickets:ticket", args=[ticket.number]), "/tickets/new/"):
            page = as_alice.get(path).content.decode()

            assert bad not in page
            assert "&lt;script&gt;alert(1)" in page


def make_tickets(count: int) -> None:
    now = timezone.now()
    for number in range(count):
        make_ticket(
            now=now,
            received_at=now - timedelta(minutes=7 * number),
            subject=f"Delivery reports of campaign {number} do not arrive any more",
            level="URGENT" if number % 2 else None,
            channel=list(Ticket.Channel)[number % 6],
        )
