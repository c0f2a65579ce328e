"""Writing the timeline: the one way a ticket's history grows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max

from tickets.models import Agent, Contact, Event, Message, Ticket
from tickets.models.timeline import CONVERTERS
from tickets.services import bell


def lock_ticket(ticket: Ticket) -> Ticket:
    """The ticket as it is now, held until the transaction ends.

    Everything that writes to a ticket starts here, so two writers follow one another. The lock
    leaves the key alone: flags of its clocks refer to the ticket and are not held up by it.
    """
    return (
        Ticket.objects.select_for_update(no_key=True, of=("self",))
        .select_related("terms", "calendar", "requester", "customer", "assignee__user")
        .get(pk=ticket.pk)
    )


def follow(ticket: Ticket, *, now: datetime) -> datetime:
    """`now`, or the latest instant on the timeline of `ticket` if that is later.

    For steps that mean something only after what was recorded before (to agree after a proposal, to
    close after an answer): the clocks of hosts differ, and whoever waited for the lock read theirs
    early. A step must not be sorted before what it builds on.
    """
    latest = ticket.events.filter(kind__in=CONVERTERS).aggregate(at=Max("at"))["at"]
    return max(now, latest) if latest else now


def record(
    *,
    ticket: Ticket,
    kind: Event.Kind,
    at: datetime,
    agent: Agent | None = None,
    contact: Contact | None = None,
    message: Message | None = None,
    data: dict[str, Any] | None = None,
) -> Event:
    """Add one line to the timeline of `ticket` and tell open pages after the commit.

    `at` is when it happened (UTC); when it was recorded is the database's clock. Neither `agent`
    nor `contact` means that the desk itself did it.
    """
    event = Event.objects.create(
        ticket=ticket,
        kind=kind,
        at=at,
        agent=agent,
        contact=contact,
        message=message,
        data=data or {},
    )
    bell.announce_after_commit()
    return event
