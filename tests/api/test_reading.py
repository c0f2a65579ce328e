from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.api.asking import TICKETS, check_problem
from tests.factories import make_ticket
from tickets.models import Ticket
from tickets.selectors.queue import list_queue
from tickets.selectors.queue_views import View
from tickets.services.assignment import take
from tickets.services.conversation import add_note, log_call, reply
from tickets.services.urgency import Voice, propose

pytestmark = pytest.mark.django_db


class TestQueue:
    def test_has_the_order_of_the_page(self, api, alice):
        now = timezone.now()
        for age, level in ((10, None), (100, None), (5, "URGENT"), (28, "URGENT")):
            received_at = now - timedelta(minutes=age)
            make_ticket(now=now, received_at=received_at, level=level)
        make_ticket(now=now, channel=Ticket.Channel.VOICEMAIL, level="URGENT")

        answer = api.get(TICKETS).json()

        page = list_queue(user=alice.user, view=View.ALL, page=1, now=now)
        assert len(page.rows) == 5
        assert [row["number"] for row in answer["results"]] == [
            row.ticket.number for row in page.rows
        ]
        assert (answer["view"], answer["page"], answer["count"]) == ("all", 1, "5")

    def test_has_views(self, api, alice, ticket):
        assert api.get(TICKETS, {"view": "mine"}).json()["results"] == []

        take(ticket=ticket, agent=alice, now=timezone.now())

        row = api.get(TICKETS, {"view": "mine"}).json()["results"][0]
        assert row["assignee"] == {"name": "Alice Martin", "email": "alice@desk.example"}

    def test_has_pages_that_lead_to_each_other(self, api):
        for _ in range(51):
            make_ticket()

        first = api.get(TICKETS)
        second = api.get(f"{TICKETS}?view=all&page=2")

        assert first.headers["Link"] == f'<{TICKETS}?view=all&page=2>; rel="next"'
        assert first.json()["has_next"]
        assert second.headers["Link"] == f'<{TICKETS}?view=all&page=1>; rel="prev"'
        assert len(second.json()["results"]) == 1
        assert not second.json()["has_next"]

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("view=secret", "view"),
            ("view=%00", "view"),
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=9999999", "page"),
            ("page=%D9%A1", "page"),
            ("page=1&page=x", "page"),
        ],
    )
    def test_refuses_a_query_it_does_not_understand(self, api, query, parameter):
        problem = check_problem(api.get(f"{TICKETS}?{query}"), 400, "invalid")

        assert problem["errors"][0]["parameter"] == parameter

    def test_costs_as_many_queries_whatever_its_length(self, api, django_assert_num_queries):
        make_ticket()
        api.get(TICKETS)
        for _ in range(20):
            make_ticket()

        with django_assert_num_queries(6):
            api.get(TICKETS)


class TestTicket:
    def test_says_what_was_promised_and_what_became_of_it(self, api, alice):
        now = timezone.now()
        received_at = now - timedelta(minutes=45)
        ticket = make_ticket(now=now, received_at=received_at, level="URGENT")
        add_note(ticket=ticket, agent=alice, text="Looking.", now=now)

        clocks = api.get(f"{TICKETS}{ticket.number}/").json()["clocks"]

        action, response = clocks
        due_at = received_at + timedelta(minutes=30)
        assert (action["metric"], action["cycle"], action["state"]) == ("ACTION", 1, "MET_LATE")
        assert instant(action["started_at"]) == received_at
        assert instant(action["due_at"]) == instant(action["breached_at"]) == due_at
        assert instant(action["noticed_at"]) > due_at
        assert instant(action["met_at"]) == now
        assert action["overshoot_seconds"] == 15 * 60
        assert action["target_seconds"] == 30 * 60
        assert action["cancelled_at"] is None
        assert (response["metric"], response["state"]) == ("RESPONSE", "RUNNING")
        assert response["met_at"] is None

    def test_says_who_holds_it_how_urgent(self, api, alice, ticket):
        voice = Voice(side="PROVIDER", door="WORKSPACE", agent=alice)
        propose(ticket=ticket, level="URGENT", voice=voice, now=timezone.now())

        urgency = api.get(f"{TICKETS}{ticket.number}/").json()["urgency"]

        assert urgency == {
            "level": "URGENT",
            "name": "Urgent",
            "is_agreed": False,
            "customer_proposal": None,
            "provider_proposal": "URGENT",
        }

    def test_tells_instants_in_utc_whatever_the_agents_zone(self, api, alice):
        alice.user.timezone = "Asia/Kolkata"
        alice.user.save(update_fields=["timezone"])
        received_at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        ticket = make_ticket(now=timezone.now(), received_at=received_at)

        answer = api.get(f"{TICKETS}{ticket.number}/").json()

        assert answer["received_at"] == "2026-03-01T12:00:00Z"

    def test_is_not_sent_twice_to_whoever_has_it(self, api, alice, ticket):
        address = f"{TICKETS}{ticket.number}/"
        first = api.get(address)
        etag = first.headers["ETag"]

        again = api.get(address, headers={"If-None-Match": etag})
        take(ticket=ticket, agent=alice, now=timezone.now())
        changed = api.get(address, headers={"If-None-Match": etag})

        assert first.headers["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "Cookie"} <= set(first.headers["Vary"].split(", "))
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
        assert changed.status_code == 200
        assert changed.headers["ETag"] != etag

    def test_costs_three_queries(self, api, ticket, django_assert_num_queries):
        address = f"{TICKETS}{ticket.number}/"
        api.get(address)

        with django_assert_num_queries(3):
            api.get(address)


class TestTimeline:
    def test_tells_all_in_order_and_marks_notes(self, api, alice, ticket):
        now = timezone.now()
        add_note(ticket=ticket, agent=alice, text="Between us.", now=now)
        reply(ticket=ticket, agent=alice, text="It works again.", now=now)
        log_call(ticket=ticket, agent=alice, outcome="REACHED", text="Told.", at=now, now=now)

        entries = api.get(f"{TICKETS}{ticket.number}/timeline/").json()["results"]

        said = [
            (entry["kind"], entry["message"]["kind"], entry["message"]["text"])
            for entry in entries
            if entry["message"]
        ]
        assert said == [
            ("RECEIVED", "PUBLIC", "Since this morning nothing arrives."),
            ("NOTED", "NOTE", "Between us."),
            ("REPLIED", "PUBLIC", "It works again."),
            ("CALL_LOGGED", "CALL", "Told."),
        ]
        assert entries[1]["actor"] == entries[1]["message"]["author"] == "Alice Martin"
        assert entries[-1]["message"]["call_outcome"] == "REACHED"

    def test_costs_as_many_queries_whatever_its_length(
        self, api, alice, ticket, django_assert_num_queries
    ):
        address = f"{TICKETS}{ticket.number}/timeline/"
        api.get(address)
        for n in range(10):
            add_note(ticket=ticket, agent=alice, text=str(n), now=timezone.now())

        with django_assert_num_queries(6):
            api.get(address)


def instant(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)
