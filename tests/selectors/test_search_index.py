"""What a ticket is found by, and that it is kept in step by the database alone."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from tests.factories import make_contact, make_customer, make_ticket
from tests.selectors.rows import Rows
from tickets.models import Message, Ticket, TicketSearch, TicketToIndex
from tickets.services.conversation import add_note, log_call, reply
from tickets.services.search_index import index_tickets


class TestDocument:
    @pytest.mark.parametrize(
        ("written", "typed"),
        [
            ("Messages are not delivered", "deliver"),
            ("Messages are not delivered", "DELIVERING"),
            ("Les SMS ne sont pas livrés", "livrée"),
            ("La passerelle est déconnectée", "déconnecter"),
            ("La passerelle est déconnectée", "deconnectee"),
            ("LA PASSERELLE EST DÉCONNECTÉE", "déconnecté"),
            ("Reseau injoignable", "réseau"),
            ("Cafe\u0301 cre\u0300me", "café crème"),
            ("Straße gesperrt", "straße"),
            ("한국어 메시지", "메시지"),
            ("Error SMPP-0x45 from 10.0.0.7", "smpp-0x45"),
            ("Error SMPP-0x45 from 10.0.0.7", "10.0.0.7"),
            ("The desk of not", "the"),
            ("see https://status.example/incidents/7", "status.example"),
        ],
    )
    def test_has_words_in_either_language_and_without_accents(
        self, db: None, written: str, typed: str
    ) -> None:
        ticket = make_ticket(subject=written, text="-")

        assert matches(ticket, typed)

    def test_has_no_other_words(self, db: None) -> None:
        ticket = make_ticket(subject="Messages are not delivered", text="Since this morning.")

        assert not matches(ticket, "invoice")
        assert not matches(ticket, "delivered messages")

    def test_keeps_a_phrase_in_order_over_words_that_say_little(self, db: None) -> None:
        ticket = make_ticket(subject="Report of the delivery", text="-")

        assert matches(ticket, "report of the delivery")
        assert not matches(ticket, "delivery of the report")

    def test_has_number_tags_and_names(self, db: None) -> None:
        customer = make_customer(name="Société Générale du Fret")
        requester = make_contact(name="Zoë Müller", email="zoe@fret.example", customer=customer)
        ticket = make_ticket(requester=requester)
        Ticket.objects.filter(pk=ticket.pk).update(tags=["Routing", "VIP"])

        for typed in (str(ticket.number), "zoe", "muller", "zoe@fret.example", "fret", "vip"):
            assert matches(ticket, typed), typed


class TestTriggers:
    def test_take_in_what_is_said(self, alice, now: datetime) -> None:
        ticket = make_ticket(now=now)
        reply(ticket=ticket, agent=alice, text="Please restart the modem.", now=now)
        add_note(ticket=ticket, agent=alice, text="Smells of a fraudster.", now=now)
        log_call(ticket=ticket, agent=alice, outcome="REACHED", text="Cheerful.", at=now, now=now)

        for typed in ("modem", "fraudster", "cheerful"):
            assert matches(ticket, typed)

    def test_keep_notes_and_calls_apart(self, alice, now: datetime) -> None:
        ticket = make_ticket(now=now)
        reply(ticket=ticket, agent=alice, text="Please restart the modem.", now=now)
        add_note(ticket=ticket, agent=alice, text="Smells of a fraudster.", now=now)
        log_call(ticket=ticket, agent=alice, outcome="REACHED", text="Cheerful.", at=now, now=now)

        assert matches(ticket, "modem", weights="ABC")
        assert not matches(ticket, "fraudster", weights="ABC")
        assert not matches(ticket, "cheerful", weights="ABC")

    def test_follow_changes(self, db: None) -> None:
        ticket = make_ticket(subject="Frist", text="alpha")
        ticket.subject = "First"
        ticket.save(update_fields=["subject"])
        Message.objects.filter(ticket=ticket).update(text="beta")

        assert matches(ticket, "first")
        assert matches(ticket, "beta")
        assert not matches(ticket, "frist")
        assert not matches(ticket, "alpha")

    def test_leave_nothing_behind(self, rows: Rows) -> None:
        ticket = rows.make(subject="Gone")
        assert TicketSearch.objects.filter(pk=ticket.pk).exists()

        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM tickets_ticket WHERE id = %s", [ticket.pk])

        assert not TicketSearch.objects.filter(pk=ticket.pk).exists()

    @pytest.mark.parametrize(
        "text",
        [
            "gateway " * 30_000,
            " ".join(f"word{n}" for n in range(60_000)),
            " ".join(chr(0x4E00 + n % 20_000) * (1 + n // 20_000) for n in range(60_000)),
            "x" * 100_000,
            "é" * 100_000,
            "'\\\" & | ! ( ) <-> :* " * 1000,
        ],
        ids=["long", "many words", "many scripts", "one word", "one accented word", "syntax"],
    )
    def test_take_in_whatever_is_written(self, db: None, text: str) -> None:
        ticket = make_ticket(subject="Monstrous", text=text)

        assert matches(ticket, "monstrous")


class TestIndexTickets:
    def test_follows_a_new_name(self, db: None) -> None:
        customer = make_customer(name="Fulton Freight")
        ticket = make_ticket(requester=make_contact(customer=customer))
        customer.name = "Harbour Lines"
        customer.save(update_fields=["name"])

        assert index_tickets(limit=10) == 1

        assert matches(ticket, "harbour")
        assert not matches(ticket, "fulton")

    def test_goes_on_where_it_stopped(self, db: None) -> None:
        tickets = [make_ticket() for _ in range(5)]
        TicketSearch.objects.all().delete()
        TicketToIndex.objects.bulk_create(TicketToIndex(ticket=each) for each in tickets)

        assert [index_tickets(limit=3) for _ in range(3)] == [3, 2, 0]

        assert TicketSearch.objects.count() == 5
        assert all(matches(ticket, "delivered") for ticket in tickets)


@pytest.fixture
def rows(db: None, now: datetime) -> Rows:
    return Rows(now)


def matches(ticket: Ticket, words: str, *, weights: str = "") -> bool:
    """Whether the ticket is found by the words; said in parts of these weights alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tickets_search_words(%s)::text", [words])
        ((query,),) = cursor.fetchall()
        if weights:
            query = query.replace("' ", f"':{weights} ")
            query = f"{query}:{weights}" if query.endswith("'") else query
        cursor.execute(
            "SELECT document @@ %s::tsquery FROM tickets_ticketsearch WHERE ticket_id = %s",
            [query, ticket.pk],
        )
        ((found,),) = cursor.fetchall()
    return bool(found)
