"""A reply is a person's mail in the customer's own conversation."""

import pytest
from django.core import mail
from django.utils import timezone

from tests.factories import make_contact, make_customer, make_ticket
from tickets.models import Delivery
from tickets.services import conversation
from tickets.services.deliveries import send_due_deliveries

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(alice):
    carl = make_contact(
        name="Carl Cooper", email="carl@acme.example", customer=make_customer(language="fr")
    )
    return make_ticket(requester=carl, channel="EMAIL", mail_id="<first@acme.example>")


def reply_to(ticket, agent, text="We are on it."):
    conversation.reply(ticket=ticket, agent=agent, text=text, now=timezone.now())
    send_due_deliveries()
    return mail.outbox[-1].message()


class TestAReply:
    def test_answers_what_the_customer_wrote_last(self, alice, ticket):
        reply_to(ticket, alice)
        first = Delivery.objects.get()
        conversation.record_customer_message(
            ticket=ticket,
            contact=ticket.requester,
            text="And now?",
            mail_id="<second@acme.example>",
            at=timezone.now(),
            now=timezone.now(),
        )

        sent = reply_to(ticket, alice)

        assert sent["In-Reply-To"] == "<second@acme.example>"
        assert sent["References"].split() == [
            "<first@acme.example>",
            f"<reply.{first.uid}@127.0.0.1>",
            "<second@acme.example>",
        ]

    def test_is_not_marked_as_automatic(self, alice, ticket):
        sent = reply_to(ticket, alice)

        for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "List-Id"):
            assert sent[name] is None

    def test_carries_the_number_and_the_agent_s_name(self, alice, ticket):
        sent = reply_to(ticket, alice)

        assert sent["Subject"] == f"Re: [#{ticket.number}] Messages are not delivered"
        assert sent["From"] == '"Alice Adams (SLA Support)" <support@desk.example>'
        assert sent["To"] == "Carl Cooper <carl@acme.example>"

    def test_text_and_html_say_the_same(self, alice, ticket):
        reply_to(ticket, alice, text="See <https://status.example.com> & wait.")

        message = mail.outbox[-1]

        assert "See <https://status.example.com> & wait." in message.body
        assert "&lt;" in message.alternatives[0].content
        assert 'href="https://status.example.com"' in message.alternatives[0].content

    def test_an_address_beyond_ascii_is_written_to(self, alice):
        carl = make_contact(name="Чарли", email="чарли@пример.example", customer=make_customer())
        ticket = make_ticket(requester=carl)

        sent = reply_to(ticket, alice)

        assert "xn--e1afmkfd.example" in sent["To"]
