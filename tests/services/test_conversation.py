import pytest

from tests.factories import make_contact, make_customer, make_ticket, minutes
from tests.services.reading import clock, timeline
from tickets.models import Alert, Delivery, Event, Message, Ticket
from tickets.services.conversation import (
    UnableToLogCall,
    UnableToRecordBounce,
    UnableToWrite,
    add_note,
    log_call,
    record_bounce,
    record_customer_message,
    reply,
)
from tickets.services.drift import find_drift
from tickets.services.lifecycle import cancel, solve, wait_for_customer

pytestmark = pytest.mark.django_db


class TestReply:
    def test_is_an_act_and_a_response(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)

        reply(ticket=ticket, agent=alice, text="On it.", now=now)

        assert clock(ticket, "ACTION").met_at == now
        assert clock(ticket, "RESPONSE").met_at == now
        assert clock(ticket, "RESPONSE").next_wake_at is None

    def test_is_mailed_to_a_requester_with_an_address(self, now, alice):
        ticket = make_ticket(now=now)

        message = reply(ticket=ticket, agent=alice, text="On it.", now=now)

        delivery = Delivery.objects.get(message=message)
        assert delivery.address == ticket.requester.email
        assert delivery.state == Delivery.State.QUEUED

    def test_a_requester_without_an_address_gets_no_mail(self, now, alice):
        ticket = make_ticket(requester=make_contact(email="", phone="+33 1 23"), now=now)

        reply(ticket=ticket, agent=alice, text="On it.", now=now)

        assert not Delivery.objects.exists()

    def test_a_closed_ticket_refuses_and_keeps_nothing(self, now, alice):
        ticket = make_ticket(now=now)
        cancel(ticket=ticket, reason=Ticket.CancelReason.SPAM, agent=alice, now=now)

        with pytest.raises(UnableToWrite) as refusal:
            reply(ticket=ticket, agent=alice, text="On it.", now=now)

        assert refusal.value.code == "ticket_closed"
        assert not Message.objects.filter(agent=alice).exists()

    def test_late_answers_are_recorded_beside_the_breach(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(130), level="URGENT", now=now)

        reply(ticket=ticket, agent=alice, text="Sorry.", now=now)

        late = clock(ticket, "RESPONSE")
        assert late.breached_at == ticket.received_at + minutes(120)
        assert late.met_at == now


class TestNote:
    def test_is_an_act_but_no_response(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)

        add_note(ticket=ticket, agent=alice, text="Router again.", now=now)

        assert clock(ticket, "ACTION").met_at == now
        assert clock(ticket, "RESPONSE").met_at is None

    def test_an_empty_note_is_refused(self, now, alice):
        with pytest.raises(UnableToWrite):
            add_note(ticket=make_ticket(now=now), agent=alice, text=" \n", now=now)


class TestLogCall:
    @pytest.mark.parametrize(
        ("outcome", "responded"),
        [("REACHED", True), ("NO_ANSWER", False), ("LEFT_VOICEMAIL", False)],
    )
    def test_responds_only_when_the_customer_was_reached(self, now, alice, outcome, responded):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(2), now=now)

        log_call(ticket=ticket, agent=alice, outcome=outcome, text="", at=now, now=now)

        assert clock(ticket, "ACTION").met_at == now
        assert (clock(ticket, "RESPONSE").met_at == now) is responded

    def test_returns_a_voicemail(self, now, alice):
        ticket = make_ticket(channel=Ticket.Channel.VOICEMAIL, now=now)

        log_call(ticket=ticket, agent=alice, outcome="REACHED", text="", at=now, now=now)

        ticket.refresh_from_db()
        assert ticket.unreturned_since is None

    def test_a_call_logged_afterwards_withdraws_the_breach_it_disproves(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(40), agent=alice, now=now)
        assert clock(ticket, "ACTION").breached_at is not None

        log_call(
            ticket=ticket, agent=alice, outcome="REACHED", text="", at=now - minutes(20), now=now
        )

        action = clock(ticket, "ACTION")
        assert (action.breached_at, action.met_at) == (None, now - minutes(20))
        assert Event.Kind.BREACH_WITHDRAWN in timeline(ticket)

    def test_those_already_told_of_a_withdrawn_breach_are_told_so(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)
        alice.team = ticket.team
        alice.save(update_fields=["team"])
        ticket = make_ticket(level="URGENT", received_at=now - minutes(40), now=now)
        Alert.objects.filter(ticket=ticket).update(state=Alert.State.SENT)

        log_call(
            ticket=ticket, agent=alice, outcome="REACHED", text="", at=now - minutes(20), now=now
        )

        notice = Delivery.objects.get(kind=Delivery.Kind.BREACH_WITHDRAWN)
        assert notice.address == alice.user.email

    @pytest.mark.parametrize(
        ("offset", "code"), [(1, "call_in_future"), (-30, "call_before_received")]
    )
    def test_impossible_instants_are_refused(self, now, alice, offset, code):
        ticket = make_ticket(received_at=now - minutes(10), now=now)

        with pytest.raises(UnableToLogCall) as refusal:
            log_call(
                ticket=ticket,
                agent=alice,
                outcome="REACHED",
                text="",
                at=now + minutes(offset),
                now=now,
            )

        assert refusal.value.code == code


class TestCustomerMessage:
    def test_on_a_solved_ticket_starts_a_new_cycle(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(9), now=now)
        reply(ticket=ticket, agent=alice, text="Done.", now=now - minutes(8))
        solve(ticket=ticket, agent=alice, now=now - minutes(7))

        record_customer_message(
            ticket=ticket, contact=ticket.requester, text="Again!", at=now, now=now
        )

        ticket.refresh_from_db()
        assert ticket.status == Ticket.Status.OPEN
        assert clock(ticket, "ACTION", cycle=2).due_at == now + minutes(30)
        assert clock(ticket, "ACTION", cycle=1).met_at == now - minutes(8)

    def test_an_autoresponder_changes_nothing(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)
        solve(ticket=ticket, agent=alice, now=now)

        record_customer_message(
            ticket=ticket,
            contact=ticket.requester,
            text="Away.",
            at=now,
            now=now,
            is_automatic=True,
        )

        ticket.refresh_from_db()
        assert ticket.status == Ticket.Status.SOLVED
        assert ticket.clocks.filter(cycle=2).count() == 0

    def test_takes_the_ticket_out_of_waiting(self, now, alice):
        ticket = make_ticket(now=now)
        wait_for_customer(ticket=ticket, agent=alice, now=now)

        record_customer_message(
            ticket=ticket, contact=ticket.requester, text="Here.", at=now, now=now
        )

        ticket.refresh_from_db()
        assert ticket.status == Ticket.Status.OPEN


class TestMailReadLate:
    """Accepted before somebody solved the ticket or began to wait, read only afterwards."""

    def test_opens_a_solved_ticket_and_starts_no_cycle(self, now, alice):
        ticket = make_ticket(received_at=now - minutes(9), now=now)
        solve(ticket=ticket, agent=alice, now=now - minutes(5))
        self.write(ticket, at=now - minutes(6), now=now)

        ticket.refresh_from_db()
        assert ticket.status == Ticket.Status.OPEN
        assert not ticket.clocks.filter(cycle=2).exists()

        self.write(ticket, at=now, now=now)

        assert not ticket.clocks.filter(cycle=2).exists()

    def test_that_is_no_act(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(9), now=now)
        wait_for_customer(ticket=ticket, agent=alice, now=now - minutes(5))
        self.write(ticket, at=now - minutes(6), now=now)

        assert clock(ticket, "ACTION").met_at == now - minutes(5)

    def test_ends_a_pause(self, now, alice):
        from tests.services.hammer import publish_hasty_terms

        terms = publish_hasty_terms(now=now)
        requester = make_contact(customer=make_customer(terms=terms))
        ticket = make_ticket(requester=requester, received_at=now - minutes(9), now=now)
        wait_for_customer(ticket=ticket, agent=alice, now=now - minutes(5))
        assert clock(ticket, "RESOLUTION").paused_at is not None

        self.write(ticket, at=now - minutes(6), now=now)

        resolution = clock(ticket, "RESOLUTION")
        assert resolution.paused_at is None
        assert resolution.due_at == now - minutes(9) + minutes(2880) + minutes(5)

    def write(self, ticket, *, at, now):
        record_customer_message(
            ticket=ticket, contact=ticket.requester, text="By the way:", at=at, now=now
        )


class TestBounce:
    def test_a_reply_that_bounces_was_no_response_but_the_act_stands(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(3), now=now)
        message = reply(ticket=ticket, agent=alice, text="On it.", now=now - minutes(2))

        record_bounce(message=message, at=now, now=now)

        assert clock(ticket, "ACTION").met_at == now - minutes(2)
        response = clock(ticket, "RESPONSE")
        assert response.met_at is None
        assert response.next_wake_at is not None

    def test_a_bounce_after_the_due_instant_leaves_the_breach(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(125), now=now)
        message = reply(ticket=ticket, agent=alice, text="On it.", now=now - minutes(100))
        assert clock(ticket, "RESPONSE").breached_at is None

        record_bounce(message=message, at=now, now=now)

        assert clock(ticket, "RESPONSE").breached_at == ticket.received_at + minutes(120)

    def test_a_breach_withdrawn_and_back_is_flagged_and_told_again(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(125), now=now)
        assert clock(ticket, "RESPONSE").breached_at is not None
        message = reply(ticket=ticket, agent=alice, text="On it.", now=now - minutes(100))
        assert clock(ticket, "RESPONSE").breached_at is None

        record_bounce(message=message, at=now, now=now)

        assert clock(ticket, "RESPONSE").breached_at == ticket.received_at + minutes(120)
        flags = ticket.events.filter(kind=Event.Kind.CLOCK_BREACHED, data__metric="RESPONSE")
        assert flags.count() == 2

    def test_a_next_response_that_was_none_never_began(self, now, alice):
        from tests.services.hammer import publish_hasty_terms

        requester = make_contact(customer=make_customer(terms=publish_hasty_terms(now=now)))
        ticket = make_ticket(requester=requester, received_at=now - minutes(600), now=now)
        message = reply(ticket=ticket, agent=alice, text="On it.", now=now - minutes(500))
        record_customer_message(
            ticket=ticket, contact=requester, text="Well?", at=now - minutes(400), now=now
        )
        assert clock(ticket, "NEXT_RESPONSE").breached_at == now - minutes(160)

        record_bounce(message=message, at=now, now=now)

        void = clock(ticket, "NEXT_RESPONSE")
        assert (void.cancel_reason, void.breached_at, void.next_wake_at) == ("VOID", None, None)
        withdrawn = ticket.events.filter(kind=Event.Kind.BREACH_WITHDRAWN)
        assert withdrawn.order_by("pk").last().data["metric"] == "NEXT_RESPONSE"
        assert find_drift(now=now + minutes(1)) == []

    def test_is_recorded_once(self, now, alice):
        ticket = make_ticket(now=now)
        message = reply(ticket=ticket, agent=alice, text="On it.", now=now)

        record_bounce(message=message, at=now, now=now)
        record_bounce(message=message, at=now, now=now)

        assert timeline(ticket).count(Event.Kind.REPLY_BOUNCED) == 1

    def test_only_replies_bounce(self, now, alice):
        note = add_note(ticket=make_ticket(now=now), agent=alice, text="Hm.", now=now)

        with pytest.raises(UnableToRecordBounce):
            record_bounce(message=note, at=now, now=now)
