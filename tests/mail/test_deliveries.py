"""Sending over real SMTP, to a server that behaves well and badly."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from tests.factories import make_contact, make_ticket
from tests.mail.scene import due_again, make_support_agent, make_urgent_ticket
from tests.processes import free_port
from tickets.models import Alert, Delivery
from tickets.services import conversation
from tickets.services.deliveries import send_due_deliveries

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alert_delivery(alice):
    make_urgent_ticket(minutes_ago=25)
    return Delivery.objects.get()


@pytest.fixture
def reply_delivery(alice):
    ticket = make_ticket(requester=make_contact(email="carl@acme.example"), channel="EMAIL")
    conversation.reply(ticket=ticket, agent=alice, text="Fixed.", now=timezone.now())
    return Delivery.objects.get()


def settled(delivery):
    delivery.refresh_from_db()
    return delivery.state, delivery.attempts


class TestAGoodServer:
    def test_gets_each_mail_once_over_one_connection(self, alice, mail_server):
        for minutes_ago in (17, 25):
            make_urgent_ticket(minutes_ago=minutes_ago)

        assert send_due_deliveries() == 2
        assert send_due_deliveries() == 0

        assert len(set(mail_server.ids)) == len(mail_server.mails) == 2
        assert mail_server.connections == 1
        assert set(Alert.objects.values_list("state", flat=True)) == {"SENT"}

    def test_gets_text_and_html(self, alert_delivery, mail_server):
        send_due_deliveries()

        (mail,) = mail_server.mails
        assert "5 min left" in mail.get_body(("plain",)).get_content()
        assert "5 min left" in mail.get_body(("html",)).get_content()

    def test_gets_each_mail_once_from_two_senders_at_once(self, alice, mail_server):
        for _ in range(3):
            make_urgent_ticket(minutes_ago=25)
        agents = [make_support_agent(email=f"a{n}@desk.example") for n in range(4)]
        for _ in range(2):
            make_urgent_ticket(minutes_ago=25)
        Delivery.objects.filter(kind="ALERT").update(attempts=1)  # none goes as part of a table

        with ThreadPoolExecutor(2) as pool:
            sent = list(pool.map(_send_in_thread, range(2)))

        expected = 3 + 2 * (1 + len(agents))
        assert sum(sent) == expected
        assert len(mail_server.mails) == len(set(mail_server.ids)) == expected


class TestARefusalForNow:
    def test_is_tried_again_later_with_the_same_id(self, alert_delivery, mail_server):
        mail_server.to_recipient = ["451 come back later"]

        send_due_deliveries()

        assert settled(alert_delivery) == ("QUEUED", 1)
        assert "451" in alert_delivery.latest_error
        assert alert_delivery.next_try_at > timezone.now() + timedelta(seconds=10)
        assert send_due_deliveries() == 0
        due_again()
        send_due_deliveries()
        assert settled(alert_delivery) == ("SENT", 2)
        assert mail_server.ids == [f"<alert.{alert_delivery.uid}@127.0.0.1>"]

    def test_after_the_data_keeps_the_id(self, alert_delivery, mail_server):
        mail_server.to_data = ["452 disk full"]

        send_due_deliveries()
        due_again()
        send_due_deliveries()

        assert settled(alert_delivery) == ("SENT", 2)
        assert len(mail_server.ids) == 2
        assert len(set(mail_server.ids)) == 1

    def test_is_given_up_in_the_end(self, reply_delivery, mail_server):
        mail_server.to_recipient = ["451 come back later"] * 9

        for _ in range(6):
            due_again()
            send_due_deliveries()

        assert settled(reply_delivery) == ("FAILED", 5)
        assert reply_delivery.message.bounced_at is not None


class TestARefusalForGood:
    def test_of_an_alert_says_unreachable(self, alert_delivery, mail_server):
        mail_server.to_recipient = ["550 no such person"]

        send_due_deliveries()

        assert settled(alert_delivery) == ("FAILED", 1)
        alert = Alert.objects.get()
        assert (alert.state, alert.drop_reason) == ("DROPPED", "UNREACHABLE")

    @pytest.mark.parametrize("step", ["to_recipient", "to_data"])
    def test_of_a_reply_makes_it_no_response(self, reply_delivery, mail_server, step):
        setattr(mail_server, step, ["554 we do not want this"])
        clocks = reply_delivery.message.ticket.clocks
        assert clocks.get(metric="RESPONSE").met_at is not None

        send_due_deliveries()

        assert settled(reply_delivery) == ("FAILED", 1)
        assert clocks.get(metric="RESPONSE").met_at is None
        assert clocks.get(metric="ACTION").met_at is not None  # the act stands

    def test_does_not_hold_up_the_others(self, alice, mail_server):
        for minutes_ago in (17, 25):
            make_urgent_ticket(minutes_ago=minutes_ago)
        mail_server.to_recipient = ["550 no such person"]

        assert send_due_deliveries() == 2

        assert sorted(Delivery.objects.values_list("state", flat=True)) == ["FAILED", "SENT"]


class TestABrokenConversation:
    def test_reset_after_the_data_is_tried_again_with_the_same_id(
        self, alert_delivery, mail_server
    ):
        mail_server.to_data = ["reset"]

        send_due_deliveries()
        assert settled(alert_delivery) == ("QUEUED", 1)
        due_again()
        send_due_deliveries()

        assert settled(alert_delivery) == ("SENT", 2)
        assert len(set(mail_server.ids)) == 1

    def test_silence_ends_with_the_timeout(self, alert_delivery, mail_server, settings):
        settings.EMAIL_TIMEOUT = 0.3
        go_on = threading.Event()
        mail_server.to_data = [lambda: f"250 {go_on.wait(20)}"]

        began = time.monotonic()
        send_due_deliveries()
        go_on.set()

        assert time.monotonic() - began < 5
        assert settled(alert_delivery) == ("QUEUED", 1)

    def test_a_byte_at_a_time_ends_with_the_deadline(self, alert_delivery, settings, monkeypatch):
        monkeypatch.setattr("tickets.emails.smtp.SECONDS", 0.5)
        with _dripping_server() as port:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

            began = time.monotonic()
            send_due_deliveries()

        assert time.monotonic() - began < 5
        assert settled(alert_delivery) == ("QUEUED", 0)


class TestNoServerAtAll:
    def test_holds_nothing_against_the_mail(self, alert_delivery, mail_server, settings):
        settings.EMAIL_PORT = free_port()
        for _ in range(8):
            due_again()
            assert send_due_deliveries() == 1
        assert settled(alert_delivery) == ("QUEUED", 0)

        settings.EMAIL_PORT = mail_server.port
        due_again()
        send_due_deliveries()

        assert settled(alert_delivery) == ("SENT", 1)

    def test_is_given_up_after_days(self, alert_delivery, settings, mail_server):
        settings.EMAIL_PORT = free_port()
        Delivery.objects.update(created_at=timezone.now() - timedelta(days=4))

        send_due_deliveries()

        assert settled(alert_delivery)[0] == "FAILED"


class TestAMailThatCannotBeRendered:
    def test_is_parked_and_the_others_go(self, alice, mail_server):
        make_urgent_ticket(minutes_ago=25)
        Delivery.objects.update(address="not an\naddress")
        make_urgent_ticket(minutes_ago=25)

        for _ in range(6):
            due_again()
            send_due_deliveries()

        assert list(Delivery.objects.order_by("pk").values_list("state", "attempts")) == [
            ("FAILED", 5),
            ("SENT", 1),
        ]


class TestABreachWithdrawnWhileItsMailIsOnTheWay:
    def test_is_told_as_well(self, alice, mail_server):
        ticket = make_urgent_ticket(minutes_ago=42)

        def withdraw():
            now = timezone.now()
            conversation.log_call(
                ticket=ticket,
                agent=alice,
                outcome="REACHED",
                text="",
                at=now - timedelta(minutes=30),
                now=now,
            )
            connections.close_all()
            return "250 OK"

        mail_server.to_data = [withdraw]

        send_due_deliveries()

        subjects = [mail["Subject"] for mail in mail_server.mails]
        assert subjects[0].startswith("[missed ")
        assert subjects[1].startswith("[not missed]")
        assert Alert.objects.get().state == "WITHDRAWN"


def _send_in_thread(_number):
    try:
        return send_due_deliveries()
    finally:
        connection.close()


class _dripping_server:
    """Greets with one byte every 50 ms, for ever."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._drip)
        self.thread.start()
        return self.listener.getsockname()[1]

    def _drip(self):
        client, _address = self.listener.accept()
        with client:
            while not self.is_over.wait(0.05):
                try:
                    client.send(b"2")
                except OSError:
                    return

    def __exit__(self, *_error):
        self.is_over.set()
        self.thread.join()
        self.listener.close()
