"""A sender dies or freezes between claim, SMTP and mark; the mail goes out all the same."""

import os
import signal
import threading
from concurrent.futures import Future

import pytest
from django.utils import timezone

from tests.mail.scene import due_again, make_urgent_ticket
from tests.processes import wait_until
from tickets.models import Alert, Delivery
from tickets.services.deliveries import send_due_deliveries

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def delivery(alice):
    make_urgent_ticket(minutes_ago=25)
    return Delivery.objects.get()


@pytest.fixture
def start_sender(desk_processes, mail_server):
    """Starts a process that sends what is due to the test's mail server."""

    def start():
        return desk_processes.start(
            "tests.mail.sender", EMAIL_URL=f"smtp://127.0.0.1:{mail_server.port}"
        )

    return start


def kill_at(point, mail_server, victim):
    def kill():
        os.kill(victim.result(30), signal.SIGKILL)
        return "250 OK"

    if point == "claimed":
        mail_server.on_hello = kill
    else:
        mail_server.to_data = [kill]


class TestKilled:
    @pytest.mark.parametrize(("point", "mails"), [("claimed", 1), ("accepted", 2)])
    def test_at_any_point_the_mail_goes_out_with_one_id(
        self, delivery, mail_server, start_sender, point, mails
    ):
        victim = Future()
        kill_at(point, mail_server, victim)
        sender = start_sender()
        victim.set_result(sender.pid)
        assert sender.popen.wait(30) == -signal.SIGKILL
        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts) == ("QUEUED", 1)  # counted before the danger
        assert send_due_deliveries() == 0  # the lease of the dead still lasts

        mail_server.on_hello = lambda: None
        due_again()
        assert send_due_deliveries() == 1

        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts) == ("SENT", 2)
        assert mail_server.ids == [f"<alert.{delivery.uid}@127.0.0.1>"] * mails
        assert Alert.objects.get().state == "SENT"

    def test_again_and_again_it_is_parked_and_the_others_go(self, delivery, mail_server):
        Delivery.objects.update(attempts=5, lease=delivery.uid)
        make_urgent_ticket(minutes_ago=25)

        assert send_due_deliveries() == 2

        delivery.refresh_from_db()
        assert delivery.state == "FAILED"
        assert "without an answer" in delivery.latest_error
        assert len(mail_server.mails) == 1


class TestFrozen:
    def test_a_sender_whose_lease_is_over_settles_nothing(
        self, delivery, mail_server, start_sender
    ):
        victim, may_answer = Future(), threading.Event()

        def freeze():
            os.kill(victim.result(30), signal.SIGSTOP)
            may_answer.wait(60)
            return "250 OK"

        mail_server.to_data = [freeze, "554 not this one"]
        sender = start_sender()
        victim.set_result(sender.pid)
        wait_until(lambda: mail_server.mails, seconds=30, what="the first sender's mail")
        due_again()
        assert send_due_deliveries() == 1
        delivery.refresh_from_db()
        settled_at = delivery.settled_at
        assert delivery.state == "FAILED"

        may_answer.set()
        sender.send(signal.SIGCONT)
        assert sender.popen.wait(30) == 0

        delivery.refresh_from_db()
        assert (delivery.state, delivery.settled_at) == ("FAILED", settled_at)
        assert Alert.objects.get().state == "DROPPED"
        assert len(mail_server.mails) == 2
        assert settled_at < timezone.now()
