import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from tests.factories import make_contact, make_customer, make_ticket, minutes, standard_terms
from tests.services.reading import clock, timeline
from tickets.models import Clock, Event, Ticket
from tickets.services.assignment import UnableToAssign, assign, take
from tickets.services.conversation import reply
from tickets.services.lifecycle import (
    UnableToCancel,
    UnableToMerge,
    UnableToReopen,
    UnableToSolve,
    UnableToWait,
    cancel,
    merge,
    reopen,
    solve,
    wait_for_customer,
)

pytestmark = pytest.mark.django_db


class TestAssignment:
    def test_taking_a_ticket_is_an_act(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)

        taken = take(ticket=ticket, agent=alice, now=now)

        assert (taken.assignee, taken.status) == (alice, Ticket.Status.OPEN)
        assert clock(ticket, "ACTION").met_at == now

    def test_assigned_by_the_desk_is_no_act(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)

        assigned = assign(ticket=ticket, assignee=alice, agent=None, now=now)

        assert (assigned.assignee, assigned.status) == (alice, Ticket.Status.NEW)
        assert clock(ticket, "ACTION").met_at is None

    def test_never_to_someone_who_cannot_sign_in(self, now, alice, bob):
        bob.user.is_active = False
        bob.user.save(update_fields=["is_active"])

        with pytest.raises(UnableToAssign) as refusal:
            assign(ticket=make_ticket(now=now), assignee=bob, agent=alice, now=now)

        assert refusal.value.code == "assignee_inactive"


class TestSolve:
    def test_without_a_word_to_the_customer_is_no_response(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)

        solved = solve(ticket=ticket, agent=alice, now=now)

        assert (solved.status, solved.solved_at) == (Ticket.Status.SOLVED, now)
        assert clock(ticket, "ACTION").met_at == now
        assert clock(ticket, "RESPONSE").next_wake_at is not None

    def test_twice_is_refused(self, now, alice):
        ticket = solve(ticket=make_ticket(now=now), agent=alice, now=now)

        with pytest.raises(UnableToSolve, match="already solved"):
            solve(ticket=ticket, agent=alice, now=now)

    def test_reopened_by_an_agent_starts_no_new_clocks(self, now, alice):
        ticket = solve(ticket=make_ticket(now=now), agent=alice, now=now)

        reopened = reopen(ticket=ticket, agent=alice, now=now)

        assert (reopened.status, reopened.solved_at) == (Ticket.Status.OPEN, None)
        assert ticket.clocks.count() == 2

    def test_only_a_solved_ticket_reopens(self, now, alice):
        with pytest.raises(UnableToReopen):
            reopen(ticket=make_ticket(now=now), agent=alice, now=now)


class TestWait:
    def test_pauses_nothing(self, now, alice):
        ticket = make_ticket(level="URGENT", now=now)
        before = clock(ticket, "RESPONSE")

        waiting = wait_for_customer(ticket=ticket, agent=alice, now=now)

        assert waiting.status == Ticket.Status.WAITING
        assert clock(ticket, "RESPONSE").next_wake_at == before.next_wake_at

    def test_what_stands_still_is_neither_due_nor_breached(self, now, alice):
        from tests.services.hammer import publish_hasty_terms

        terms = publish_hasty_terms(now=now)
        requester = make_contact(customer=make_customer(terms=terms))
        ticket = make_ticket(requester=requester, received_at=now - minutes(2880), now=now)
        reply(ticket=ticket, agent=alice, text="Which one?", now=now - minutes(2800))

        waiting = wait_for_customer(ticket=ticket, agent=alice, now=now - minutes(2700))

        resolution = clock(ticket, "RESOLUTION")
        assert waiting.next_due_at is None
        assert resolution.state_at(now + minutes(1)) == "PAUSED"

    def test_a_solved_ticket_does_not_wait(self, now, alice):
        ticket = solve(ticket=make_ticket(now=now), agent=alice, now=now)

        with pytest.raises(UnableToWait):
            wait_for_customer(ticket=ticket, agent=alice, now=now)


class TestCancel:
    def test_cancels_undecided_clocks_with_the_reason(self, now, alice):
        ticket = make_ticket(now=now)

        cancel(ticket=ticket, reason=Ticket.CancelReason.SPAM, agent=alice, now=now)

        assert {(c.cancelled_at, c.cancel_reason) for c in ticket.clocks.all()} == {(now, "SPAM")}

    def test_what_was_breached_stays_breached(self, now, alice):
        ticket = make_ticket(level="URGENT", received_at=now - minutes(40), now=now)

        cancel(ticket=ticket, reason=Ticket.CancelReason.DUPLICATE, agent=alice, now=now)

        action = clock(ticket, "ACTION")
        assert (action.breached_at, action.cancelled_at) == (now - minutes(10), None)

    def test_a_merge_names_its_target(self, now, alice):
        with pytest.raises(UnableToCancel):
            cancel(
                ticket=make_ticket(now=now),
                reason=Ticket.CancelReason.MERGED,
                agent=alice,
                now=now,
            )


class TestMerge:
    def test_closes_one_and_tells_both(self, now, alice):
        into = make_ticket(now=now)
        ticket = make_ticket(requester=into.requester, now=now)

        merged = merge(ticket=ticket, into=into, agent=alice, now=now)

        assert (merged.status, merged.merged_into) == (Ticket.Status.CLOSED, into)
        assert clock(ticket, "RESPONSE").cancel_reason == "MERGED"
        assert clock(into, "RESPONSE").cancelled_at is None
        assert timeline(into)[-1] == Event.Kind.TICKET_MERGED_IN

    def test_a_voicemail_is_still_to_be_returned(self, now, alice):
        into = make_ticket(now=now)
        voicemail = make_ticket(
            requester=into.requester,
            channel=Ticket.Channel.VOICEMAIL,
            received_at=now - minutes(7),
            now=now,
        )

        merge(ticket=voicemail, into=into, agent=alice, now=now)

        into.refresh_from_db()
        assert into.unreturned_since == now - minutes(7)

    @pytest.mark.parametrize("which", ["itself", "closed", "another_customer"])
    def test_impossible_targets_are_refused(self, now, alice, which):
        ticket = make_ticket(now=now)
        into = {
            "itself": lambda: ticket,
            "closed": lambda: cancel(
                ticket=make_ticket(requester=ticket.requester, now=now),
                reason=Ticket.CancelReason.SPAM,
                agent=alice,
                now=now,
            ),
            "another_customer": lambda: make_ticket(requester=make_contact(), now=now),
        }[which]()

        with pytest.raises(UnableToMerge):
            merge(ticket=ticket, into=into, agent=alice, now=now)

        ticket.refresh_from_db()
        assert ticket.status == Ticket.Status.NEW


class TestHistoryStays:
    @pytest.mark.parametrize(
        "statement", ["UPDATE tickets_event SET data = '{}'", "DELETE FROM tickets_event"]
    )
    def test_the_database_refuses_to_rewrite_the_timeline(self, now, statement):
        make_ticket(now=now)

        with (
            pytest.raises((IntegrityError, InternalError), match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def test_a_version_of_the_terms_is_never_edited(self):
        terms = standard_terms()
        terms.default_level = "URGENT"

        with (
            pytest.raises((IntegrityError, InternalError), match="never edited"),
            transaction.atomic(),
        ):
            terms.save()


class TestClockConstraints:
    @pytest.mark.parametrize(
        "impossible",
        [
            {"breached_at": minutes(0), "noticed_at": minutes(1)},
            {"met_at": minutes(31)},
            {"met_at": minutes(-1)},
            {"cancelled_at": minutes(1)},
            {"paused_at": minutes(1)},
        ],
        ids=lambda row: "+".join(row),
    )
    def test_the_database_refuses_rows_that_cannot_be(self, now, impossible):
        ticket = make_ticket(level="URGENT", now=now)
        instants = {name: now + offset for name, offset in impossible.items()}

        with pytest.raises(IntegrityError), transaction.atomic():
            Clock.objects.filter(ticket=ticket, metric="ACTION").update(**instants)
