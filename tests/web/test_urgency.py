from __future__ import annotations

from django.urls import reverse

from tickets.models import Event, UrgencyProposal

URGENT_BY_CUSTOMER = {"side": "CUSTOMER", "level": "URGENT"}
AGREE = {"side": "PROVIDER", "level": "URGENT"}
COUNTER = {"side": "PROVIDER", "level": "NON_URGENT"}


def step_url(ticket, noun: str) -> str:
    return reverse("tickets:urgency_step", args=[ticket.number, noun])


class TestLookingAtAStep:
    def test_shows_its_effect_on_both_deadlines_and_changes_nothing(self, as_alice, ticket):
        before = Event.objects.count()

        response = as_alice.get(step_url(ticket, "proposal"), URGENT_BY_CUSTOMER)

        page = response.content.decode()
        moves = response.context["step"].moves
        assert [move.metric for move in moves] == ["ACTION", "RESPONSE"]
        assert all(move.after < move.before for move in moves)
        assert "Due afterwards" in page
        assert "says on the phone" in page
        assert Event.objects.count() == before

    def test_that_is_not_open_says_so(self, as_alice, ticket):
        response = as_alice.get(step_url(ticket, "agreement"), AGREE)

        assert response.status_code == 422
        assert "This step is no longer open" in response.content.decode()

    def test_of_an_unknown_kind_is_not_found(self, as_alice, ticket):
        assert as_alice.get(step_url(ticket, "shouting")).status_code == 404


class TestTakingAStep:
    def test_proposes_for_the_customer_on_the_phone(self, post, alice, ticket):
        before = ticket.clocks.get(metric="RESPONSE").due_at

        response = post(
            ticket, "urgency_step", noun="proposal", **URGENT_BY_CUSTOMER, reason="Shop closed"
        )

        proposal = ticket.urgency_proposals.get()
        assert response.status_code == 302
        assert proposal.door == UrgencyProposal.Door.PHONE
        assert (proposal.contact, proposal.agent) == (ticket.requester, alice)
        assert proposal.reason == "Shop closed"
        assert ticket.clocks.get(metric="RESPONSE").due_at < before

    def test_agrees_to_what_the_customer_proposed(self, post, urgent_ticket):
        post(urgent_ticket, "urgency_step", noun="agreement", **AGREE)

        assert urgent_ticket.urgency_proposals.get().state == UrgencyProposal.State.AGREED

    def test_counters_and_withdraws(self, post, urgent_ticket):
        post(urgent_ticket, "urgency_step", noun="counter-proposal", **COUNTER)
        post(urgent_ticket, "urgency_step", noun="withdrawal", **COUNTER)

        ours = urgent_ticket.urgency_proposals.get(side="PROVIDER")
        assert ours.state == UrgencyProposal.State.WITHDRAWN

    def test_does_not_agree_to_what_is_no_longer_proposed(self, post, urgent_ticket):
        """The agent looked at “Urgent”; meanwhile the customer proposed something else."""
        post(urgent_ticket, "urgency_step", noun="proposal", side="CUSTOMER", level="NON_URGENT")

        response = post(urgent_ticket, "urgency_step", noun="agreement", **AGREE)

        assert response.status_code == 422
        assert not urgent_ticket.urgency_proposals.filter(state="AGREED").exists()

    def test_keeps_a_reason_that_is_too_long(self, post, urgent_ticket):
        response = post(urgent_ticket, "urgency_step", noun="agreement", **AGREE, reason="x" * 501)

        assert response.status_code == 422
        assert "x" * 501 in response.content.decode()
        assert not urgent_ticket.urgency_proposals.filter(state="AGREED").exists()


class TestUrgencyPanel:
    def test_names_both_sides_and_who_must_act(self, as_alice, post, urgent_ticket):
        page = as_alice.get(reverse("tickets:ticket", args=[urgent_ticket.number]))
        assert "We must agree or counter" in page.content.decode()

        post(urgent_ticket, "urgency_step", noun="counter-proposal", **COUNTER)

        page = as_alice.get(reverse("tickets:ticket", args=[urgent_ticket.number]))
        text = " ".join(page.content.decode().split())
        assert "Proposed: Urgent (customer)" in text
        assert "Proposed: Non-urgent (us)" in text
        assert "The customer must agree or counter" in text
