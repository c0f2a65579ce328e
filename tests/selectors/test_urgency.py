from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import make_ticket, minutes
from tickets.domain.errors import TermsError, UrgencyError
from tickets.models import Agent, Event, Ticket, UrgencyProposal
from tickets.selectors.ticket_page import get_ticket_page
from tickets.selectors.urgency import Step, UrgencyView, preview_urgency
from tickets.services import urgency
from tickets.services.urgency import Voice

Side, Door = UrgencyProposal.Side, UrgencyProposal.Door


@pytest.fixture
def ticket(db: None, now: datetime) -> Ticket:
    return make_ticket(now=now)


@pytest.fixture
def provider(alice: Agent) -> Voice:
    return Voice(side=Side.PROVIDER, door=Door.WORKSPACE, agent=alice, reason="Only one route")


@pytest.fixture
def customer(ticket: Ticket, alice: Agent) -> Voice:
    return Voice(side=Side.CUSTOMER, door=Door.PHONE, agent=alice, contact=ticket.requester)


def view(ticket: Ticket, agent: Agent, now: datetime) -> UrgencyView:
    return get_ticket_page(user=agent.user, number=ticket.number, now=now).urgency


def steps(view: UrgencyView) -> list[tuple[str, str]]:
    return [(step.step, step.level) for step in view.steps]


class TestUrgencyView:
    def test_starts_at_the_default_with_only_proposals_to_make(
        self, ticket: Ticket, alice: Agent, now: datetime
    ) -> None:
        shown = view(ticket, alice, now)

        assert (shown.governing_name, shown.is_agreed, shown.state) == ("Non-urgent", False, "none")
        assert shown.turn is None
        assert steps(shown) == [("PROPOSE", "URGENT"), ("PROPOSE", "NON_URGENT")]

    def test_says_whose_turn_it_is_and_by_when(
        self, ticket: Ticket, alice: Agent, customer: Voice, now: datetime
    ) -> None:
        urgency.propose(ticket=ticket, level="URGENT", voice=customer, now=now + minutes(1))

        shown = view(ticket, alice, now + minutes(2))

        assert shown.state == "proposed_by_customer"
        assert (shown.turn, shown.turn_label) == ("PROVIDER", "Provider")
        assert shown.turn_by == now + minutes(31)
        assert shown.customer is not None
        assert (shown.customer.by, shown.customer.typed_by) == (
            ticket.requester.name,
            "Alice Agent",
        )
        assert steps(shown) == [("AGREE", "URGENT"), ("COUNTER", "NON_URGENT")]
        assert [(s.step, s.level) for s in shown.customer_steps] == [
            ("PROPOSE", "NON_URGENT"),
            ("WITHDRAW", "URGENT"),
        ]

    def test_goes_through_counter_proposal_and_dispute_to_agreement(
        self, ticket: Ticket, alice: Agent, customer: Voice, provider: Voice, now: datetime
    ) -> None:
        urgency.propose(ticket=ticket, level="URGENT", voice=customer, now=now)
        urgency.counter(ticket=ticket, level="NON_URGENT", voice=provider, now=now)
        countered = view(ticket, alice, now)
        urgency.counter(ticket=ticket, level="URGENT", voice=customer, now=now)
        disputed = view(ticket, alice, now)
        urgency.agree(ticket=ticket, voice=provider, now=now)
        agreed = view(ticket, alice, now)

        assert countered.state == "counter_proposed_by_provider"
        assert countered.turn == "CUSTOMER"
        assert countered.provider is not None
        assert countered.provider.reason == "Only one route"
        assert disputed.state == "disputed"
        assert (agreed.state, agreed.agreed_name, agreed.is_agreed) == ("agreed", "Urgent", True)
        assert agreed.customer is agreed.provider is None
        assert steps(agreed) == [("PROPOSE", "NON_URGENT")]

    def test_tells_what_each_step_would_move(
        self, ticket: Ticket, alice: Agent, now: datetime
    ) -> None:
        raised, same = view(ticket, alice, now + minutes(5)).steps

        assert raised.governing_name == "Urgent"
        assert [(m.label, m.before, m.after) for m in raised.moves] == [
            ("Action", now + timedelta(days=1), now + minutes(35)),
            ("Response", now + timedelta(days=1), now + minutes(125)),
        ]
        assert not any(move.is_moved for move in same.moves)


class TestPreview:
    def test_is_what_the_step_then_does_and_touches_nothing(
        self, ticket: Ticket, customer: Voice, now: datetime
    ) -> None:
        at = now + minutes(5)
        before = Event.objects.count()

        moves = preview_urgency(
            ticket=ticket, step=Step.PROPOSE, side=Side.CUSTOMER, level="URGENT", now=at
        )

        assert Event.objects.count() == before
        urgency.propose(ticket=ticket, level="URGENT", voice=customer, now=at)
        stored = dict(ticket.clocks.values_list("metric", "due_at"))
        assert {move.metric: move.after for move in moves} == stored

    def test_leaves_out_what_is_decided(self, ticket: Ticket, now: datetime) -> None:
        moves = preview_urgency(
            ticket=ticket,
            step=Step.PROPOSE,
            side=Side.PROVIDER,
            level="URGENT",
            now=now + timedelta(days=2),
        )

        assert moves == ()

    @pytest.mark.parametrize("step", [Step.AGREE, Step.COUNTER, Step.WITHDRAW])
    def test_refuses_a_step_nobody_can_take(
        self, ticket: Ticket, step: Step, now: datetime
    ) -> None:
        with pytest.raises(UrgencyError):
            preview_urgency(ticket=ticket, step=step, side=Side.PROVIDER, level="URGENT", now=now)

    def test_refuses_an_unknown_level(self, ticket: Ticket, now: datetime) -> None:
        with pytest.raises(TermsError):
            preview_urgency(
                ticket=ticket, step=Step.PROPOSE, side=Side.PROVIDER, level="PANIC", now=now
            )
