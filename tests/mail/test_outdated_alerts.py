"""What is no longer worth telling is dropped at the last moment (TERMS §2.11)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from tests.mail.scene import make_urgent_ticket, received_earlier
from tickets.models import Alert, Clock, Delivery
from tickets.services import conversation, lifecycle
from tickets.services.deliveries import send_due_deliveries
from tickets.services.urgency import Voice, withdraw

pytestmark = pytest.mark.django_db


def sent_after(change):
    """The alert of a ticket warned about, after `change` and one round of sending."""
    ticket = make_urgent_ticket(minutes_ago=25)
    change(ticket)
    send_due_deliveries()
    return Alert.objects.order_by("pk").first()


class TestAQueuedWarningIsDropped:
    def test_when_the_clock_was_met(self, alice):
        def act(ticket):
            conversation.add_note(ticket=ticket, agent=alice, text="On it.", now=timezone.now())

        alert = sent_after(act)

        assert (alert.state, alert.drop_reason) == ("DROPPED", "MET")
        assert Delivery.objects.get().state == "DROPPED"
        assert mail.outbox == []

    def test_when_the_ticket_turned_out_to_be_spam(self, alice):
        def cancel(ticket):
            lifecycle.cancel(ticket=ticket, reason="SPAM", agent=alice, now=timezone.now())

        alert = sent_after(cancel)

        assert (alert.state, alert.drop_reason) == ("DROPPED", "CANCELLED")

    def test_when_a_later_plan_puts_its_mark_in_the_future(self, alice):
        def move(ticket):
            clock = ticket.clocks.get(metric="ACTION")
            later = [mark + timedelta(hours=1) for mark in clock.marks]
            Clock.objects.filter(pk=clock.pk).update(
                marks=later, due_at=later[-1], revision=clock.revision + 1
            )

        alert = sent_after(move)

        assert (alert.state, alert.drop_reason) == ("DROPPED", "MOVED")

    def test_when_a_higher_one_is_there(self, alice):
        alert = sent_after(lambda ticket: received_earlier(ticket, minutes_ago=42, agent=alice))

        assert alert.state == "DROPPED"
        assert len(mail.outbox) == 1
        assert mail.outbox[0].subject.startswith("[missed ")

    def test_but_not_when_only_the_plan_was_renewed(self, alice):
        def renew(ticket):
            Clock.objects.filter(ticket=ticket).update(revision=7)

        assert sent_after(renew).state == "SENT"


class WithdrawingBackend(EmailBackend):
    """While a mail is on its way, the customer withdraws what they said of the urgency."""

    def send_messages(self, messages):
        ticket = Alert.objects.latest("pk").clock.ticket
        voice = Voice(side="CUSTOMER", door="PHONE", contact=ticket.requester)
        withdraw(ticket=ticket, voice=voice, now=timezone.now())
        return super().send_messages(messages)


class TestAWarningOnItsWay:
    def test_is_not_told_again_when_the_deadline_moves_meanwhile(self, alice, settings):
        settings.EMAIL_BACKEND = f"{__name__}.WithdrawingBackend"
        make_urgent_ticket(minutes_ago=25)

        send_due_deliveries()

        alert = Alert.objects.get()
        assert len(mail.outbox) == 1
        assert alert.state == "SENT"
        assert alert.clock.level == "NON_URGENT"


class TestSomebodyWhoLeft:
    @pytest.mark.parametrize("minutes_ago", [25, 40])
    def test_is_told_nothing_any_more(self, alice, minutes_ago):
        make_urgent_ticket(minutes_ago=minutes_ago)
        alice.user.is_active = False
        alice.user.save()

        send_due_deliveries()

        assert mail.outbox == []
        assert Alert.objects.get().state == "DROPPED"


class TestABreachWithdrawnBeforeItsMail:
    def test_sends_neither(self, alice):
        ticket = make_urgent_ticket(minutes_ago=42)
        now = timezone.now()
        conversation.log_call(
            ticket=ticket,
            agent=alice,
            outcome="REACHED",
            text="",
            at=now - timedelta(minutes=30),
            now=now,
        )

        send_due_deliveries()

        assert mail.outbox == []
        assert Alert.objects.get().state == "WITHDRAWN"
