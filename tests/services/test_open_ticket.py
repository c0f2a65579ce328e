from datetime import timedelta

import pytest

from tests.factories import make_contact, make_customer, make_ticket, minutes
from tests.services.reading import clock, timeline
from tickets.models import Alert, Delivery, Event, Ticket
from tickets.services.conversation import add_note, record_customer_message
from tickets.services.intake import (
    UnableToCorrectReceivedAt,
    UnableToOpenTicket,
    correct_received_at,
)

pytestmark = pytest.mark.django_db


class TestOpenTicket:
    @pytest.mark.parametrize("channel", Ticket.Channel.values)
    def test_every_channel_starts_both_clocks_when_the_message_reached_us(self, now, channel):
        received_at = now - minutes(5)

        ticket = make_ticket(channel=channel, received_at=received_at, level="URGENT", now=now)

        assert clock(ticket, "ACTION").started_at == received_at
        assert clock(ticket, "ACTION").due_at == received_at + minutes(30)
        assert clock(ticket, "RESPONSE").due_at == received_at + minutes(120)

    def test_without_a_word_on_urgency_the_default_level_governs(self, now):
        ticket = make_ticket(now=now)

        assert ticket.governing_level == "NON_URGENT"
        assert clock(ticket, "ACTION").target_seconds == 480 * 60

    def test_a_ticket_typed_in_late_is_flagged_in_the_same_transaction(self, now, alice):
        alice.team = make_ticket(now=now).team
        alice.save(update_fields=["team"])

        ticket = make_ticket(received_at=now - minutes(40), level="URGENT", agent=alice, now=now)

        late = clock(ticket, "ACTION")
        assert late.breached_at == ticket.received_at + minutes(30)
        assert late.noticed_at >= now
        assert Event.Kind.CLOCK_BREACHED in timeline(ticket)
        assert Alert.objects.filter(clock_id=late.pk, threshold=100, recipient=alice).count() == 1
        assert Delivery.objects.filter(alert__clock_id=late.pk).count() == 1

    def test_only_the_highest_warning_passed_is_told(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(25), level="URGENT", agent=alice, now=now)

        warned = ticket.events.filter(kind=Event.Kind.CLOCK_WARNED)
        assert [event.threshold for event in warned] == [75]
        assert clock(ticket, "ACTION").next_wake_at == ticket.received_at + minutes(27)

    def test_the_next_deadline_is_kept_on_the_ticket(self, now):
        ticket = make_ticket(level="URGENT", now=now)

        assert ticket.next_due_at == now + minutes(30)

    def test_business_hours_are_read_in_the_customers_zone(self, now):
        requester = make_contact(customer=make_customer(timezone="Australia/Perth"))

        ticket = make_ticket(requester=requester, now=now)

        assert ticket.calendar_zone == "Australia/Perth"

    def test_a_voicemail_waits_to_be_returned(self, now):
        ticket = make_ticket(
            channel=Ticket.Channel.VOICEMAIL, received_at=now - minutes(3), now=now
        )

        assert ticket.unreturned_since == now - minutes(3)

    @pytest.mark.parametrize(
        ("overrides", "code"),
        [
            ({"received_at": timedelta(seconds=1)}, "received_in_future"),
            ({"subject": "  "}, "subject_missing"),
            ({"level": "SOMEWHAT"}, "level_unknown"),
        ],
    )
    def test_bad_input_is_refused_and_nothing_is_written(self, now, overrides, code):
        if "received_at" in overrides:
            overrides = {"received_at": now + overrides["received_at"]}

        with pytest.raises(UnableToOpenTicket) as refusal:
            make_ticket(now=now, **overrides)

        assert refusal.value.code == code
        assert str(refusal.value.message)
        assert not Ticket.objects.exists()


class TestCorrectReceivedAt:
    def test_clocks_follow_and_the_old_figures_stay_on_the_timeline(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(10), level="URGENT", now=now)

        correct_received_at(ticket=ticket, received_at=now - minutes(20), agent=alice, now=now)

        assert clock(ticket, "ACTION").due_at == now + minutes(10)
        planned = ticket.events.get(kind=Event.Kind.CLOCKS_PLANNED)
        action = next(row for row in planned.data["clocks"] if row["metric"] == "ACTION")
        assert action["before"]["due_at"] == (now + minutes(20)).isoformat()

    def test_an_urgency_said_in_the_message_moves_along(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(10), level="URGENT", now=now)

        correct_received_at(ticket=ticket, received_at=now - minutes(5), agent=alice, now=now)

        assert clock(ticket, "RESPONSE").due_at == now + minutes(115)

    def test_a_breach_that_never_was_is_withdrawn_aloud(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(40), level="URGENT", agent=alice, now=now)

        correct_received_at(ticket=ticket, received_at=now - minutes(4), agent=alice, now=now)

        assert clock(ticket, "ACTION").breached_at is None
        withdrawn = ticket.events.get(kind=Event.Kind.BREACH_WITHDRAWN)
        assert withdrawn.data["fact"] == "RECEIVED_CORRECTED"
        assert withdrawn.data["fact_recorded_by"] == "Alice Agent"
        assert not Alert.objects.filter(threshold=100).exclude(state=Alert.State.WITHDRAWN).exists()

    def test_an_earlier_instant_can_create_the_breach_it_shows(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(4), level="URGENT", now=now)
        add_note(ticket=ticket, agent=alice, text="Looking.", now=now)

        correct_received_at(ticket=ticket, received_at=now - minutes(40), agent=alice, now=now)

        late = clock(ticket, "ACTION")
        assert late.breached_at == now - minutes(10)
        assert late.met_at == now

    def test_never_to_an_instant_at_which_the_ticket_was_here_already(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(10), now=now - minutes(8))

        with pytest.raises(UnableToCorrectReceivedAt) as refusal:
            correct_received_at(ticket=ticket, received_at=now - minutes(5), agent=alice, now=now)

        assert refusal.value.code == "received_after_recorded"

    def test_the_same_instant_is_no_correction(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(10), now=now)
        before = timeline(ticket)

        correct_received_at(ticket=ticket, received_at=now - minutes(10), agent=alice, now=now)

        assert timeline(ticket) == before

    def test_moves_the_first_message_alone(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(10), now=now)
        second = record_customer_message(
            ticket=ticket, contact=ticket.requester, text="And:", at=now - minutes(10), now=now
        )

        correct_received_at(ticket=ticket, received_at=now - minutes(20), agent=alice, now=now)

        first = ticket.messages.order_by("pk").first()
        second.refresh_from_db()
        assert (first.at, second.at) == (now - minutes(20), now - minutes(10))

    @pytest.mark.parametrize(
        ("offset", "code"),
        [(1, "received_in_future"), (-1, "received_after_first_step")],
    )
    def test_impossible_instants_are_refused(self, now, alice, offset, code):
        ticket = make_ticket(received_at=now - minutes(10), now=now)
        add_note(ticket=ticket, agent=alice, text="Looking.", now=now - minutes(2))

        with pytest.raises(UnableToCorrectReceivedAt) as refusal:
            correct_received_at(
                ticket=ticket, received_at=now + minutes(offset), agent=alice, now=now
            )

        assert refusal.value.code == code
        ticket.refresh_from_db()
        assert ticket.received_at == now - minutes(10)
