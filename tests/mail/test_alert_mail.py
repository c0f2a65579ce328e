"""The mail that tells an agent of a deadline."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from tests.factories import make_customer
from tests.mail.scene import make_support_agent, make_urgent_ticket, received_earlier
from tickets.models import Delivery
from tickets.services import conversation, urgency
from tickets.services.assignment import assign
from tickets.services.deliveries import send_due_deliveries

PARIS = ZoneInfo("Europe/Paris")

pytestmark = pytest.mark.django_db


def send_one():
    assert send_due_deliveries() == 1
    return mail.outbox[-1]


def html_of(message):
    return message.alternatives[0].content


class TestAWarning:
    def test_subject_says_when_what_whose_and_how_long(self, alice):
        acme = make_customer(name="Acme")
        ticket = make_urgent_ticket(minutes_ago=25, customer=acme)

        subject = send_one().subject

        due = timezone.localtime(ticket.clocks.get(metric="ACTION").due_at, PARIS)
        assert re.fullmatch(
            rf"\[due (\w+ \d+ \w+ )?{due:%H:%M} CES?T\] Act #{ticket.number} Acme: API down"
            r" \(Urgent, 5 min left\)",
            subject,
        )

    def test_body_keeps_the_order_of_the_reader_s_questions(self, alice):
        ticket = make_urgent_ticket(minutes_ago=25, text="Nothing arrives. " * 60)

        message = send_one()

        wanted = [
            "Deadline: Action, promised within 30 min",
            "Due: ",
            "5 min left, 83 % used",
            f"Customer: {ticket.customer} (Carl Cooper)",
            "Urgency: Urgent, proposed by the customer, not yet agreed",
            "Owner: Nobody yet; team Support",
            "Why you get this: Nobody is assigned",
            "Carl Cooper wrote",
            "Nothing arrives.",
            f"/tickets/{ticket.number}/\n",
            f"/tickets/{ticket.number}/#composer",
            f"/tickets/{ticket.number}/#why",
        ]
        assert _in_order(message.body, wanted)
        assert _in_order(html_of(message), ["promised within 30 min", "Carl Cooper wrote", "#why"])
        quoted = re.search(r"(Nothing arrives\. )+.*…", message.body).group()
        assert len(quoted) <= 501

    def test_headers_keep_robots_quiet_and_group_the_ticket(self, alice):
        ticket = make_urgent_ticket(minutes_ago=25)
        delivery = Delivery.objects.get()

        sent = send_one().message()

        assert sent["Message-ID"] == f"<alert.{delivery.uid}@127.0.0.1>"
        assert sent["References"] == f"<ticket-{ticket.number}@127.0.0.1>"
        assert sent["Auto-Submitted"] == "auto-generated"
        assert sent["X-Auto-Response-Suppress"] == "OOF, AutoReply"
        assert sent["List-Id"] == "<deadlines.127.0.0.1>"

    def test_speaks_the_recipient_s_language_and_zone(self, db):
        make_support_agent(timezone="Asia/Tokyo")
        ticket = make_urgent_ticket(minutes_ago=25)

        body = send_one().body

        due = ticket.clocks.get(metric="ACTION").due_at
        assert f"{due + timedelta(hours=9):%H:%M:%S} JST" in body

    def test_owner_and_reason_follow_the_assignment(self, alice):
        ticket = make_urgent_ticket(minutes_ago=5)
        assign(ticket=ticket, assignee=alice, agent=None, now=timezone.now())
        received_earlier(ticket, minutes_ago=25, agent=alice)

        body = send_one().body

        assert "Owner: Alice Adams" in body
        assert "Why you get this: The ticket is assigned to you." in body

    def test_agreed_urgency_and_an_open_proposal_both_show(self, alice):
        ticket = make_urgent_ticket(minutes_ago=5)
        step = {
            "ticket": ticket,
            "voice": urgency.Voice(side="PROVIDER", door="WORKSPACE", agent=alice),
            "now": timezone.now(),
        }
        urgency.agree(**step)
        urgency.propose(**step, level="NON_URGENT")
        received_earlier(ticket, minutes_ago=25, agent=alice)

        body = send_one().body

        assert "Urgency: Urgent, agreed · Provider proposes: Non-urgent" in body

    def test_strangers_text_stays_text(self, alice):
        make_urgent_ticket(
            minutes_ago=25,
            subject="Hi\r\nBcc: all@example.com",
            text="<script>alert(1)</script>\u202e",
            customer=make_customer(name="Evil\nBcc: x@example.com"),
        )

        message = send_one()

        sent = message.message()
        assert sent["Bcc"] is None
        assert "\n" not in message.subject
        assert "<script>" not in html_of(message)
        assert "&lt;script&gt;" in html_of(message)


class TestABreach:
    def test_says_missed_and_by_how_much(self, alice):
        make_urgent_ticket(minutes_ago=42)

        message = send_one()

        assert message.subject.startswith("[missed ")
        assert message.subject.endswith("(Urgent, 12 min over)")
        assert "Action deadline missed 12 min ago" in message.body

    def test_goes_out_even_when_it_was_met_late_meanwhile(self, alice):
        ticket = make_urgent_ticket(minutes_ago=42)
        conversation.add_note(ticket=ticket, agent=alice, text="On it.", now=timezone.now())

        assert "met late" in send_one().body

    def test_the_lead_hears_why(self, alice):
        lead = make_support_agent(email="lena@desk.example", name="Lena Lead")
        alice.team.lead = lead
        alice.team.save()
        ticket = make_urgent_ticket(minutes_ago=5)
        assign(ticket=ticket, assignee=alice, agent=None, now=timezone.now())
        received_earlier(ticket, minutes_ago=42, agent=alice)

        send_due_deliveries()

        to_lead = next(m for m in mail.outbox if m.to == ["lena@desk.example"])
        assert "You lead the team Support" in to_lead.body


class TestAWithdrawnBreach:
    def test_names_the_fact_who_recorded_it_and_when(self, alice):
        ticket = make_urgent_ticket(minutes_ago=42)
        send_one()
        now = timezone.now()
        conversation.log_call(
            ticket=ticket,
            agent=alice,
            outcome="REACHED",
            text="Called back at once.",
            at=now - timedelta(minutes=30),
            now=now,
        )

        message = send_one()

        assert message.subject.startswith(f"[not missed] Act #{ticket.number}")
        assert "What shows it: Call logged" in message.body
        assert "Recorded by: Alice Adams" in message.body
        assert "It was recorded: " in message.body
        assert message.message()["Auto-Submitted"] == "auto-generated"


class TestAWave:
    def test_more_than_three_waiting_for_one_person_become_one_table(self, alice):
        tickets = [make_urgent_ticket(minutes_ago=ago) for ago in (42, 28, 25, 17)]

        message = send_one()

        assert message.subject == "[4 deadlines] 1 missed, the others near"
        numbers = [f"#{ticket.number} " for ticket in tickets]
        assert _in_order(message.body, numbers)
        assert _in_order(html_of(message), numbers)
        assert set(Delivery.objects.values_list("state", "alert__state")) == {("SENT", "SENT")}

    def test_three_go_one_by_one(self, alice):
        for ago in (28, 25, 17):
            make_urgent_ticket(minutes_ago=ago)

        assert send_due_deliveries() == 3


def _in_order(text, parts):
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    return places == sorted(places)
