"""What an incoming mail becomes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from django.core import mail as sent_mail
from django.db import connection
from django.utils import timezone

from tests.factories import make_contact, make_customer, make_ticket
from tests.mail.scene import make_urgent_ticket
from tickets import tasks
from tickets.models import Contact, Delivery, InboundMail, Message, Ticket
from tickets.services import conversation, lifecycle
from tickets.services.deliveries import send_due_deliveries
from tickets.services.mail_intake import (
    UnableToReceiveMail,
    receive_mail,
    take_in_stored_mail,
)

pytestmark = pytest.mark.django_db


def a_mail(text="Nothing arrives since nine.", **headers) -> bytes:
    message = EmailMessage()
    fields = {
        "From": "Carl Cooper <carl@acme.example>",
        "To": "support@desk.example",
        "Subject": "API down",
        "Message-ID": "<one@acme.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in fields.items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


def receive(raw: bytes, **when) -> InboundMail:
    now = timezone.now()
    return receive_mail(raw=raw, **{"received_at": now, "now": now, **when})


@pytest.fixture
def ticket():
    """A ticket that Carl opened by mail."""
    return receive(a_mail()).message.ticket


class TestANewMail:
    def test_opens_a_ticket_at_the_instant_the_server_took_it(self):
        received_at = timezone.now() - timedelta(minutes=25)

        mail = receive(a_mail(Date="Mon, 1 Jan 2001 00:00:00 +0000"), received_at=received_at)

        ticket = mail.message.ticket
        assert ticket.channel == "EMAIL"
        assert ticket.subject == "API down"
        assert ticket.received_at == received_at
        assert ticket.clocks.get(metric="RESPONSE").started_at == received_at
        assert mail.message.text == "Nothing arrives since nine."
        assert mail.message.mail_id == "<one@acme.example>"

    def test_belongs_to_the_customer_of_its_domain(self):
        acme = make_customer(domains=["acme.example"])

        contact = receive(a_mail()).message.contact

        assert (contact.email, contact.name) == ("carl@acme.example", "Carl Cooper")
        assert contact.customer == acme

    def test_without_a_subject_says_so(self):
        assert receive(a_mail(Subject=None)).message.ticket.subject == "(no subject)"

    def test_without_a_word_says_so(self):
        assert receive(a_mail(text="")).message.text == "(no text)"

    def test_lists_its_files_by_name(self):
        message = EmailMessage()
        message["From"] = "carl@acme.example"
        message.set_content("See the log.")
        message.add_attachment(b"x", maintype="application", subtype="pdf", filename="log é.pdf")

        text = receive(message.as_bytes()).message.text

        assert text == "See the log.\n\n[Kept with the original message: log é.pdf]"

    def test_in_html_only_is_read_as_text_and_kept_harmless(self):
        message = EmailMessage()
        message["From"] = "carl@acme.example"
        message.set_content(
            "<p>Down <b>again</b></p><script>x()</script><img src=https://spy.example/a.gif>",
            subtype="html",
        )

        kept = receive(message.as_bytes()).message

        assert kept.text == "Down again"
        assert kept.html == "<p>Down <b>again</b></p>"

    def test_from_a_list_or_a_calm_robot_still_opens_a_ticket(self):
        for name, value in [("Precedence", "bulk"), ("List-Id", "<l.example>")]:
            raw = a_mail(**{name: value, "Message-ID": f"<{name}@x>"})
            assert receive(raw).state == "ACCEPTED"


class TestTheSameMailAgain:
    def test_in_the_same_bytes_is_one_mail_and_one_ticket(self):
        first, second = receive(a_mail()), receive(a_mail())

        assert first.pk == second.pk
        assert second.message == first.message
        assert Ticket.objects.count() == 1

    def test_over_another_address_is_one_ticket(self):
        receive(a_mail())

        copy = receive(b"Delivered-To: legal@desk.example\r\n" + a_mail())

        assert copy.state == "SETTLED"
        assert "Another copy" in copy.problem
        assert Ticket.objects.count() == 1

    def test_with_a_reused_id_but_other_words_is_not_dropped(self):
        receive(a_mail())

        other = receive(a_mail(text="Something else entirely."))

        assert other.state == "ACCEPTED"
        assert Message.objects.filter(text="Something else entirely.").exists()

    @pytest.mark.django_db(transaction=True)
    def test_received_twice_at_once_is_one_ticket(self):
        def take(raw):
            try:
                return receive(raw).pk
            finally:
                connection.close()

        raws = [a_mail(), a_mail(), b"X-Copy: 1\r\n" + a_mail(), b"X-Copy: 2\r\n" + a_mail()]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(take, raws))

        assert InboundMail.objects.count() == 3
        assert Ticket.objects.count() == 1


class TestAnAnswer:
    def test_to_the_customer_s_own_mail_joins_the_ticket(self, ticket):
        mail = receive(
            a_mail(text="Still down.", Message_ID="<2@x>", References="<one@acme.example>")
        )

        assert mail.message.ticket == ticket

    def test_to_our_reply_joins_the_ticket(self, ticket, alice):
        conversation.reply(ticket=ticket, agent=alice, text="On it.", now=timezone.now())
        send_due_deliveries()
        ours = sent_mail.outbox[-1].message()["Message-ID"]

        mail = receive(a_mail(text="Thanks", Message_ID="<2@x>", In_Reply_To=ours, Subject="AW: x"))

        assert mail.message.ticket == ticket

    def test_with_the_number_joins_only_when_its_sender_takes_part(self, ticket):
        subject = f"Re: [#{ticket.number}] API down"

        own = receive(a_mail(text="More.", Message_ID="<2@x>", Subject=subject))
        stranger = receive(a_mail(From="eve@evil.example", Message_ID="<3@x>", Subject=subject))

        assert own.message.ticket == ticket
        assert stranger.message.ticket != ticket

    def test_with_our_guessable_root_joins_only_when_its_sender_takes_part(self, ticket):
        root = f"<ticket-{ticket.number}@127.0.0.1>"

        stranger = receive(a_mail(From="eve@evil.example", Message_ID="<3@x>", References=root))

        assert stranger.message.ticket != ticket

    def test_to_an_id_that_many_senders_share_joins_the_sender_s_own(self, ticket):
        eve = make_contact(email="eve@other.example")
        hers = make_ticket(requester=eve, mail_id="<one@acme.example>", channel="EMAIL")

        raw = a_mail(From=eve.email, Message_ID="<2@x>", References="<one@acme.example>")

        assert receive(raw).message.ticket == hers

    def test_reopens_a_solved_ticket(self, ticket, alice):
        lifecycle.solve(ticket=ticket, agent=alice, now=timezone.now())

        receive(a_mail(text="No.", Message_ID="<2@x>", In_Reply_To="<one@acme.example>"))

        ticket.refresh_from_db()
        assert ticket.status == "OPEN"
        assert ticket.clocks.filter(cycle=2).count() == 2

    def test_on_a_merged_ticket_goes_where_it_went(self, ticket, alice):
        other = make_ticket(requester=ticket.requester)
        lifecycle.merge(ticket=ticket, into=other, agent=alice, now=timezone.now())

        mail = receive(a_mail(text="More.", Message_ID="<2@x>", In_Reply_To="<one@acme.example>"))

        assert mail.message.ticket == other

    def test_on_a_closed_ticket_opens_one_that_names_it(self, ticket, alice):
        lifecycle.cancel(ticket=ticket, reason="SPAM", agent=alice, now=timezone.now())

        mail = receive(a_mail(text="Hey!", Message_ID="<2@x>", In_Reply_To="<one@acme.example>"))

        assert mail.message.ticket != ticket
        assert mail.message.text == f"Hey!\n\n[Follows #{ticket.number}, which is closed.]"


class TestAnAutomaticMail:
    def test_joins_without_reopening(self, ticket, alice):
        lifecycle.solve(ticket=ticket, agent=alice, now=timezone.now())

        mail = receive(
            a_mail(
                text="I am on holiday.",
                Message_ID="<2@x>",
                In_Reply_To="<one@acme.example>",
                Auto_Submitted="auto-replied",
            )
        )

        ticket.refresh_from_db()
        assert mail.message.is_automatic
        assert ticket.status == "SOLVED"

    @pytest.mark.parametrize("value", ["auto-replied", "auto-generated", "auto-notified; x=y"])
    def test_that_answers_nothing_is_held(self, value):
        mail = receive(a_mail(Auto_Submitted=value))

        assert mail.state == "HELD"
        assert "automatic" in mail.problem

    def test_that_says_it_is_none_is_none(self):
        assert receive(a_mail(Auto_Submitted="no")).state == "ACCEPTED"

    def test_only_asking_for_no_answer_is_none(self):
        raw = a_mail(X_Auto_Response_Suppress="All", List_Unsubscribe="<https://x.example>")

        message = receive(raw).message

        assert not message.is_automatic

    def test_of_the_desk_itself_is_held(self):
        assert "own mail" in receive(a_mail(From="Support@desk.example")).problem

    def test_without_a_sender_is_held(self):
        assert "no sender" in receive(a_mail(From="nobody at all")).problem


BOUNCE = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: support@desk.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

I could not deliver your mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; carl@acme.example
Action: {action}
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: {mail_id}
Subject: Re: API down

--b--
"""


class TestABounce:
    @pytest.fixture
    def our_id(self, ticket, alice):
        conversation.reply(ticket=ticket, agent=alice, text="On it.", now=timezone.now())
        send_due_deliveries()
        return sent_mail.outbox[-1].message()["Message-ID"]

    def test_of_our_reply_makes_it_no_response(self, ticket, our_id):
        raw = BOUNCE.format(action="failed", mail_id=our_id).encode()

        mail = receive(raw)

        assert mail.state == "SETTLED"
        assert f"#{ticket.number}" in mail.problem
        assert ticket.clocks.get(metric="RESPONSE").met_at is None
        assert ticket.messages.get(agent__isnull=False).bounced_at is not None
        assert Ticket.objects.count() == 1

    def test_that_is_only_late_changes_nothing(self, ticket, our_id):
        mail = receive(BOUNCE.format(action="delayed", mail_id=our_id).encode())

        assert mail.state == "SETTLED"
        assert ticket.clocks.get(metric="RESPONSE").met_at is not None

    def test_of_a_mail_that_is_not_ours_is_held(self):
        mail = receive(BOUNCE.format(action="failed", mail_id="<x@y.example>").encode())

        assert mail.state == "HELD"
        assert Ticket.objects.count() == 0


class TestAnAgentAnswersAWarning:
    @pytest.fixture
    def warning(self, alice):
        make_urgent_ticket(minutes_ago=25)
        send_due_deliveries()
        return Delivery.objects.get()

    def answer(self, warning, **headers):
        ours = f"<alert.{warning.uid}@127.0.0.1>"
        return receive(a_mail(text="I take it.", In_Reply_To=ours, **headers))

    def test_as_an_internal_note(self, alice, warning):
        note = self.answer(warning, From=alice.user.email).message

        assert (note.kind, note.agent) == ("NOTE", alice)
        assert note.text == "I take it."

    def test_not_by_an_automatic_answer(self, alice, warning):
        mail = self.answer(warning, From=alice.user.email, Auto_Submitted="auto-replied")

        assert mail.state == "SETTLED"
        assert not Message.objects.filter(kind="NOTE").exists()

    def test_not_from_another_address(self, alice, warning):
        mail = self.answer(warning, From="eve@evil.example")

        assert mail.message.kind == "PUBLIC"


class TestWhatCannotBeTaken:
    def test_nothing_at_all(self):
        with pytest.raises(UnableToReceiveMail, match="no message"):
            receive(b" \r\n")

    def test_more_than_the_limit(self, settings):
        settings.DESK_MAX_MAIL_BYTES = 1000
        with pytest.raises(UnableToReceiveMail, match="larger than 1000 bytes"):
            receive(a_mail(text="x" * 1000))
        assert InboundMail.objects.count() == 0

    def test_a_future_instant(self):
        with pytest.raises(UnableToReceiveMail, match="in the future"):
            receive(a_mail(), received_at=timezone.now() + timedelta(hours=1))

    def test_but_a_mail_server_s_clock_may_be_a_little_ahead(self):
        now = timezone.now()

        mail = receive(a_mail(), received_at=now + timedelta(seconds=5), now=now)

        assert mail.received_at == now


class TestACrashBetweenStoringAndUnderstanding:
    def test_is_made_good_by_the_sweep(self):
        now = timezone.now()
        received_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        raw = a_mail()
        InboundMail.objects.create(raw=raw, digest=b"x" * 32, received_at=received_at)

        assert take_in_stored_mail(now=now) == 1
        assert take_in_stored_mail(now=now) == 0

        assert Ticket.objects.get().received_at == received_at
        assert Contact.objects.get().email == "carl@acme.example"

    def test_is_found_by_the_task(self):
        long_ago = timezone.now() - timedelta(hours=1)
        InboundMail.objects.create(raw=a_mail(), digest=b"x" * 32, received_at=long_ago)

        tasks.receive_stored_mail()

        assert InboundMail.objects.get().state == "ACCEPTED"

    def test_leaves_alone_what_is_just_coming_in(self):
        now = timezone.now()
        InboundMail.objects.create(raw=a_mail(), digest=b"x" * 32, received_at=now)

        assert take_in_stored_mail(now=now) == 0
