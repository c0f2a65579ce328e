import pytest

from tests.factories import make_ticket, minutes
from tests.services.reading import clock, timeline
from tickets.models import Event, Ticket, UrgencyProposal
from tickets.services.lifecycle import cancel
from tickets.services.urgency import UnableToSettleUrgency, Voice, agree, counter, propose, withdraw

pytestmark = pytest.mark.django_db

Side = UrgencyProposal.Side
Door = UrgencyProposal.Door


def customer(ticket):
    return Voice(side=Side.CUSTOMER, door=Door.PORTAL, contact=ticket.requester)


@pytest.fixture
def provider(alice):
    return Voice(side=Side.PROVIDER, door=Door.WORKSPACE, agent=alice)


class TestPropose:
    def test_a_raise_moves_the_deadlines_to_now_plus_the_new_target(self, now, provider):
        ticket = make_ticket(now=now - minutes(60))

        propose(ticket=ticket, level="URGENT", voice=provider, now=now)

        assert clock(ticket, "ACTION").due_at == now + minutes(30)
        ticket.refresh_from_db()
        assert (ticket.governing_level, ticket.governing_rank) == ("URGENT", 0)

    def test_a_new_word_of_the_same_side_replaces_the_old(self, now, provider):
        ticket = make_ticket(now=now)

        propose(ticket=ticket, level="URGENT", voice=provider, now=now)
        propose(ticket=ticket, level="NON_URGENT", voice=provider, now=now)

        states = ticket.urgency_proposals.order_by("pk").values_list("state", flat=True)
        assert list(states) == ["REPLACED", "OPEN"]

    def test_talking_about_the_urgency_is_no_act(self, now, provider):
        ticket = make_ticket(now=now)

        propose(ticket=ticket, level="URGENT", voice=provider, now=now)

        assert clock(ticket, "ACTION").met_at is None

    def test_an_unknown_level_is_refused(self, now, provider):
        with pytest.raises(UnableToSettleUrgency) as refusal:
            propose(ticket=make_ticket(now=now), level="SOON", voice=provider, now=now)

        assert refusal.value.code == "level_unknown"


class TestAgree:
    def test_what_was_agreed_governs_and_the_table_is_cleared(self, now, provider):
        ticket = make_ticket(level="URGENT", now=now)
        counter(ticket=ticket, level="NON_URGENT", voice=provider, now=now)

        agree(ticket=ticket, voice=customer(ticket), now=now)

        ticket.refresh_from_db()
        assert ticket.governing_level == "NON_URGENT"
        assert not ticket.urgency_proposals.filter(state="OPEN").exists()
        assert timeline(ticket).count(Event.Kind.URGENCY_AGREED) == 1

    def test_nobody_agrees_with_themselves(self, now, provider):
        ticket = make_ticket(now=now)
        propose(ticket=ticket, level="URGENT", voice=provider, now=now)

        with pytest.raises(UnableToSettleUrgency) as refusal:
            agree(ticket=ticket, voice=provider, now=now)

        assert refusal.value.code == "nothing_to_agree_to"
        assert ticket.urgency_proposals.get().state == "OPEN"

    def test_a_lowering_never_removes_a_breach(self, now, provider):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(40), now=now)
        counter(ticket=ticket, level="NON_URGENT", voice=provider, now=now)

        agree(ticket=ticket, voice=customer(ticket), now=now)

        assert clock(ticket, "ACTION").breached_at == now - minutes(10)
        assert clock(ticket, "RESPONSE").due_at > now + minutes(80)

    def test_an_agent_may_type_in_what_the_customer_says_on_the_phone(self, now, alice, provider):
        ticket = make_ticket(now=now)
        propose(ticket=ticket, level="URGENT", voice=provider, now=now)
        on_the_phone = Voice(
            side=Side.CUSTOMER, door=Door.PHONE, agent=alice, contact=ticket.requester
        )

        agree(ticket=ticket, voice=on_the_phone, now=now)

        line = ticket.events.get(kind=Event.Kind.URGENCY_AGREED)
        assert (line.contact, line.data["typed_by"]) == (ticket.requester, "Alice Agent")


class TestCounterAndWithdraw:
    def test_nothing_to_counter(self, now, provider):
        with pytest.raises(UnableToSettleUrgency) as refusal:
            counter(ticket=make_ticket(now=now), level="URGENT", voice=provider, now=now)

        assert refusal.value.code == "nothing_to_counter"

    def test_countering_with_the_same_level_is_agreeing(self, now, provider):
        ticket = make_ticket(level="URGENT", now=now)

        with pytest.raises(UnableToSettleUrgency) as refusal:
            counter(ticket=ticket, level="URGENT", voice=provider, now=now)

        assert refusal.value.code == "same_level"

    def test_withdrawing_gives_the_default_level_back(self, now):
        ticket = make_ticket(level="URGENT", now=now)

        withdraw(ticket=ticket, voice=customer(ticket), now=now)

        ticket.refresh_from_db()
        assert ticket.governing_level == "NON_URGENT"
        assert clock(ticket, "ACTION").due_at > now + minutes(30)

    def test_nothing_to_withdraw(self, now, provider):
        with pytest.raises(UnableToSettleUrgency) as refusal:
            withdraw(ticket=make_ticket(now=now), voice=provider, now=now)

        assert refusal.value.code == "nothing_to_withdraw"

    def test_a_closed_ticket_has_no_urgency_to_settle(self, now, alice, provider):
        ticket = make_ticket(now=now)
        cancel(ticket=ticket, reason=Ticket.CancelReason.SPAM, agent=alice, now=now)

        with pytest.raises(UnableToSettleUrgency) as refusal:
            propose(ticket=ticket, level="URGENT", voice=provider, now=now)

        assert refusal.value.code == "ticket_closed"
