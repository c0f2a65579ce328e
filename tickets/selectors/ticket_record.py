"""A ticket as a program reads it: its facts, its clocks, and who says how urgent it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from tickets.domain.terms import Metric
from tickets.models import Clock, Ticket, UrgencyProposal, User
from tickets.selectors.access import visible_tickets
from tickets.selectors.clocks import ClockView, view_clock
from tickets.selectors.levels import name_level


@dataclass(frozen=True, kw_only=True)
class TicketRecord:
    ticket: Ticket
    level_name: str
    #: The level governs because both sides agreed.
    is_agreed: bool
    #: The level of each side's proposal on the table.
    customer_proposal: str | None
    provider_proposal: str | None
    #: All of them, in every cycle: by cycle, ACTION before RESPONSE.
    clocks: tuple[ClockView, ...]


def get_ticket_record(*, user: User | AnonymousUser, number: int, now: datetime) -> TicketRecord:
    """Ticket `number` at `now`: two queries.

    Raises:
        Ticket.DoesNotExist: there is none, or `user` may not know of it.
    """
    ticket = (
        visible_tickets(user=user)
        .select_related("requester", "customer", "assignee__user", "team", "merged_into")
        .annotate(
            is_agreed=Exists(_proposals(UrgencyProposal.State.AGREED)),
            customer_proposal=_level_proposed_by(UrgencyProposal.Side.CUSTOMER),
            provider_proposal=_level_proposed_by(UrgencyProposal.Side.PROVIDER),
        )
        .get(number=number)
    )
    return TicketRecord(
        ticket=ticket,
        level_name=name_level(terms_id=ticket.terms_id, code=ticket.governing_level),
        is_agreed=ticket.is_agreed,
        customer_proposal=ticket.customer_proposal,
        provider_proposal=ticket.provider_proposal,
        clocks=_clocks(ticket, now=now),
    )


def record_new_ticket(*, ticket: Ticket, level: str | None, now: datetime) -> TicketRecord:
    """The same of a ticket just opened, with `level` as the customer's word: one query."""
    return TicketRecord(
        ticket=ticket,
        level_name=name_level(terms_id=ticket.terms_id, code=ticket.governing_level),
        is_agreed=False,
        customer_proposal=level,
        provider_proposal=None,
        clocks=_clocks(ticket, now=now),
    )


def _proposals(state: UrgencyProposal.State) -> QuerySet[UrgencyProposal]:
    return UrgencyProposal.objects.filter(ticket=OuterRef("pk"), state=state)


def _level_proposed_by(side: UrgencyProposal.Side) -> Subquery:
    # One open proposal a side, by constraint.
    return Subquery(_proposals(UrgencyProposal.State.OPEN).filter(side=side).values("level"))


def _clocks(ticket: Ticket, *, now: datetime) -> tuple[ClockView, ...]:
    clocks = sorted(ticket.clocks.all(), key=_place)
    return tuple(view_clock(clock, terms_id=ticket.terms_id, now=now) for clock in clocks)


def _place(clock: Clock) -> tuple[int, int, int]:
    return (clock.cycle, list(Metric).index(Metric(clock.metric)), clock.ordinal)
