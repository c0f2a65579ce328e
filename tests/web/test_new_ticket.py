from __future__ import annotations

import pytest
from django.utils import timezone

from tests.factories import make_contact, make_customer, minutes
from tickets.models import Contact, Ticket


def typed(**overrides):
    fields = {
        "channel": "PHONE",
        "received_at": f"{timezone.now():%Y-%m-%dT%H:%M:%S}",
        "customer": "",
        "name": "Jane Doe",
        "phone": "+33 1 70 00 00 01",
        "email": "",
        "level": "URGENT",
        "subject": "Nothing is delivered",
        "text": "All messages are stuck.",
    }
    return {**fields, **overrides}


def open_ticket(client, **overrides):
    return client.post("/tickets/new/", typed(**overrides))


class TestNewTicket:
    def test_offers_now_as_received_at(self, as_alice):
        page = as_alice.get("/tickets/new/").content.decode()

        assert f'value="{timezone.now():%Y-%m-%dT%H:%M}' in page

    def test_opens_and_goes_to_the_ticket(self, as_alice, alice):
        customer = make_customer(name="Acme Logistics")

        response = open_ticket(as_alice, customer="acme logistics", channel="VOICEMAIL")

        ticket = Ticket.objects.get()
        assert response.status_code == 302
        assert response.url == f"/tickets/{ticket.number}/"
        assert ticket.customer == customer
        assert ticket.channel == Ticket.Channel.VOICEMAIL
        assert ticket.recorded_by == alice
        assert ticket.governing_level == "URGENT"
        assert ticket.unreturned_since == ticket.received_at

    def test_starts_the_clocks_when_it_was_received(self, as_alice):
        at = timezone.now().replace(microsecond=0) - minutes(25)

        open_ticket(as_alice, received_at=f"{at:%Y-%m-%dT%H:%M:%S}")

        clock = Ticket.objects.get().clocks.get(metric="ACTION")
        assert clock.due_at == at + minutes(30)

    def test_reads_received_at_in_the_agents_zone(self, as_alice, alice):
        alice.user.timezone = "Asia/Tokyo"
        alice.user.save(update_fields=["timezone"])

        open_ticket(as_alice, received_at="2026-11-02T09:00:00")

        assert Ticket.objects.get().received_at.isoformat() == "2026-11-02T00:00:00+00:00"

    def test_recognises_a_contact(self, as_alice):
        contact = make_contact(email="jane@acme.example")

        open_ticket(as_alice, email="Jane@acme.example", phone="")

        assert Ticket.objects.get().requester == contact

    def test_leaves_the_level_open_when_the_customer_did_not_say(self, as_alice):
        open_ticket(as_alice, level="")

        assert not Ticket.objects.get().urgency_proposals.exists()

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"received_at": "2999-01-01T00:00:00"}, "This lies in the future"),
            ({"received_at": "yesterday"}, "Enter a date and a time"),
            ({"customer": "Nobody we know"}, "No customer has this name"),
            ({"name": "", "phone": ""}, "Give a name, a telephone number or an e-mail address"),
            ({"email": "no address"}, "Enter the whole address"),
            ({"level": "PANIC"}, "Choose one of these"),
            ({"channel": "API"}, "Choose one of these"),
            ({"subject": "  "}, "Fill this in: it is empty."),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, as_alice, wrong, says):
        response = open_ticket(as_alice, **wrong)

        page = response.content.decode()
        assert response.status_code == 422
        assert says in page
        assert "All messages are stuck." in page
        assert not Ticket.objects.exists()
        assert not Contact.objects.exists()

    def test_refuses_an_address_of_another_customer_and_writes_nothing(self, as_alice):
        make_contact(email="jane@acme.example")
        make_customer(name="Kiwi Cabs")

        response = open_ticket(as_alice, email="jane@acme.example", customer="Kiwi Cabs")

        assert response.status_code == 422
        assert "belongs to" in response.content.decode()
        assert not Ticket.objects.exists()


class TestCustomers:
    def test_are_found_by_a_part_of_their_name(self, as_alice):
        make_customer(name="Acme Logistics")
        make_customer(name="Kiwi Cabs")

        options = as_alice.get("/customers/", {"customer": "logi"}).content.decode()

        assert 'value="Acme Logistics"' in options
        assert "Kiwi" not in options
