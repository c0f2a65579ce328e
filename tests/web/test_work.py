"""What an agent does on a ticket, through its forms."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_ticket, minutes
from tickets.models import Event, Message, Ticket


def local(instant) -> str:
    """As a datetime-local control sends it, in UTC, which is the cast's zone."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}"


class TestReply:
    def test_is_kept_and_answers_the_customer(self, post, ticket):
        response = post(ticket, "replies", text="We are on it.")

        assert response.status_code == 302
        assert response.url.endswith("?composer=reply#composer")
        assert ticket.messages.get(agent__isnull=False).text == "We are on it."
        assert not ticket.clocks.filter(met_at=None).exists()

    def test_needs_words(self, post, ticket):
        response = post(ticket, "replies", text=" ")

        assert response.status_code == 422
        assert not ticket.messages.filter(agent__isnull=False).exists()
        assert re.search(r"<textarea[^>]*name=\"text\"[^>]*autofocus", response.content.decode())

    def test_on_a_closed_ticket_says_why_not(self, post, ticket):
        post(ticket, "cancellation", reason="SPAM")

        response = post(ticket, "replies", text="Too late.")

        assert response.status_code == 422
        assert not Message.objects.filter(text="Too late.").exists()
        assert "This ticket is closed" in response.content.decode()
        assert "Too late." in response.content.decode()


class TestNote:
    def test_is_an_act_and_no_response(self, post, ticket):
        response = post(ticket, "notes", text="Carrier is down.")

        assert response.url.endswith("?composer=note#composer")
        assert ticket.messages.get(agent__isnull=False).kind == Message.Kind.NOTE
        assert ticket.clocks.get(metric="ACTION").met_at is not None
        assert ticket.clocks.get(metric="RESPONSE").met_at is None


class TestCall:
    def test_may_lie_in_the_past(self, post, urgent_ticket):
        at = timezone.now().replace(microsecond=0) - minutes(5)

        post(urgent_ticket, "calls", outcome="REACHED", at=local(at), text="Told them.")

        assert urgent_ticket.messages.get(kind="CALL").at == at
        assert urgent_ticket.clocks.get(metric="RESPONSE").met_at == at

    def test_in_the_future_is_refused_and_what_was_typed_stays(self, post, ticket):
        at = timezone.now() + minutes(5)

        response = post(ticket, "calls", outcome="REACHED", at=local(at), text="Time machine.")

        page = response.content.decode()
        assert response.status_code == 422
        assert not ticket.messages.filter(kind="CALL").exists()
        assert "The call lies in the future" in page
        assert "Time machine." in page
        assert local(at) in page
        assert 'value="call" checked' in page


class TestAssignment:
    def test_is_taken_with_one_button(self, post, alice, ticket):
        post(ticket, "own_assignment")

        ticket.refresh_from_db()
        assert ticket.assignee == alice
        assert ticket.status == Ticket.Status.OPEN

    def test_goes_to_a_colleague_or_back_to_nobody(self, post, mona, ticket):
        post(ticket, "assignment", assignee=mona.pk)
        ticket.refresh_from_db()
        assert ticket.assignee == mona

        post(ticket, "assignment", assignee="")
        ticket.refresh_from_db()
        assert ticket.assignee is None

    def test_to_a_stranger_is_refused(self, post, ticket):
        response = post(ticket, "assignment", assignee="987654")

        assert response.status_code == 422
        assert not ticket.events.filter(kind=Event.Kind.ASSIGNED).exists()


class TestLifecycle:
    def test_waits_solves_and_opens_again(self, post, ticket):
        for name, status in (
            ("wait", Ticket.Status.WAITING),
            ("resolution", Ticket.Status.SOLVED),
            ("resolution_removal", Ticket.Status.OPEN),
        ):
            assert post(ticket, name).status_code == 302
            ticket.refresh_from_db()
            assert ticket.status == status

    def test_says_so_when_it_is_solved_already(self, post, ticket):
        post(ticket, "resolution")

        response = post(ticket, "resolution")

        assert response.status_code == 422
        assert "This ticket is already solved." in response.content.decode()

    def test_merges_into_another_of_the_same_customer(self, post, ticket):
        into = make_ticket(requester=ticket.requester)

        post(ticket, "merge", into=into.number)

        ticket.refresh_from_db()
        assert ticket.merged_into == into

    @pytest.mark.parametrize(
        ("into", "says"),
        [
            ("999999999", "No ticket has this number"),
            ("9" * 30, "No ticket has this number"),
            ("", "Enter the number of a ticket"),
        ],
    )
    def test_says_why_it_cannot_merge(self, post, ticket, into, says):
        response = post(ticket, "merge", into=into)

        assert response.status_code == 422
        assert says in response.content.decode()

    def test_does_not_merge_into_itself(self, post, ticket):
        response = post(ticket, "merge", into=ticket.number)

        assert response.status_code == 422
        assert "cannot be merged into itself" in response.content.decode()

    def test_does_not_cancel_as_merged(self, post, ticket):
        assert post(ticket, "cancellation", reason="MERGED").status_code == 422


class TestReceivedAt:
    def test_is_corrected_and_the_clocks_follow(self, post, urgent_ticket):
        before = urgent_ticket.clocks.get(metric="ACTION").due_at
        at = (urgent_ticket.received_at - minutes(5)).replace(microsecond=0)

        post(urgent_ticket, "received_at", received_at=local(at))

        urgent_ticket.refresh_from_db()
        assert urgent_ticket.received_at == at
        assert urgent_ticket.clocks.get(metric="ACTION").due_at < before

    def test_never_lies_in_the_future(self, post, as_alice, ticket):
        at = timezone.now() + minutes(5)

        response = post(ticket, "received_at", received_at=local(at))

        assert response.status_code == 422
        assert "Received-at lies in the future" in response.content.decode()
        assert local(at) in response.content.decode()

    def test_refuses_a_local_time_that_does_not_exist(self, post, alice, ticket):
        alice.user.timezone = "Europe/Paris"
        alice.user.save(update_fields=["timezone"])

        response = post(ticket, "received_at", received_at="2026-03-29T02:30:00")

        assert response.status_code == 422
        assert reverse("tickets:received_at", args=[ticket.number]) in response.content.decode()
