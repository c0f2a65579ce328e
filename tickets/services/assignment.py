"""Who works on a ticket."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, Event, Ticket
from tickets.services.errors import Unable
from tickets.services.planning import plan_clocks
from tickets.services.timeline import lock_ticket, record


class UnableToAssign(Unable):
    pass


@transaction.atomic
def take(*, ticket: Ticket, agent: Agent, now: datetime) -> Ticket:
    """`agent` takes the ticket on: an act (TERMS §2.2).

    Raises:
        UnableToAssign: see `assign`.
    """
    return assign(ticket=ticket, assignee=agent, agent=agent, now=now)


@transaction.atomic
def assign(*, ticket: Ticket, assignee: Agent | None, agent: Agent | None, now: datetime) -> Ticket:
    """Give the ticket to `assignee`, or to nobody. `agent` None: the desk did it, which is no act.

    Raises:
        UnableToAssign: the ticket is closed, or the person can no longer sign in.
    """
    ticket = lock_ticket(ticket)
    if ticket.status == Ticket.Status.CLOSED:
        raise UnableToAssign("ticket_closed", _("This ticket is closed; nobody needs to take it."))
    if assignee is not None and not assignee.user.is_active:
        raise UnableToAssign(
            "assignee_inactive",
            _("%(name)s can no longer sign in. Choose somebody else.") % {"name": assignee},
        )
    now = max(now, ticket.received_at)
    record(
        ticket=ticket,
        kind=Event.Kind.ASSIGNED,
        at=now,
        agent=agent,
        data={
            "from": ticket.assignee_id,
            "to": assignee.pk if assignee else None,
            "name": str(assignee) if assignee else "",
        },
    )
    ticket.assignee = assignee
    if agent is not None and ticket.status == Ticket.Status.NEW:
        ticket.status = Ticket.Status.OPEN
    ticket.save(update_fields=["assignee", "status"])
    plan_clocks(ticket=ticket, now=now)
    return ticket
