"""Who may see which tickets: every read of a ticket starts here, and nowhere else."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from tickets.models import Agent, Ticket, User


def agent_of(user: User | AnonymousUser) -> Agent | None:
    """The agent that `user` is; None for a visitor, a stranger and whoever was switched off.

    Read once per user object, so asking again costs nothing.
    """
    if not user.is_active:
        return None
    # The descriptor's error is an AttributeError, and it remembers either answer.
    return getattr(user, "agent", None)


def visible_tickets(*, user: User | AnonymousUser) -> QuerySet[Ticket]:
    """The tickets `user` may see: all of them for an agent, none for anybody else."""
    return Ticket.objects.none() if agent_of(user) is None else Ticket.objects.all()


def get_ticket_for(*, user: User | AnonymousUser, number: int) -> Ticket:
    """Ticket `number` with those it names: requester, customer, assignee, team, what was promised.

    Raises:
        Ticket.DoesNotExist: there is none, or `user` may not know of it.
    """
    return (
        visible_tickets(user=user)
        .select_related(
            "requester",
            "customer",
            "assignee__user",
            "team",
            "recorded_by__user",
            "terms",
            "calendar",
            "merged_into",
        )
        .get(number=number)
    )
