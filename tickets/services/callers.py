"""Somebody calls, leaves a voicemail or stands at the desk: an agent opens the ticket for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tickets.models import Agent, Customer, Ticket
from tickets.services.customers import identify_contact
from tickets.services.intake import open_ticket


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who it was, as far as the agent could tell; at least one of name, phone and e-mail."""

    customer: Customer | None = None
    name: str = ""
    phone: str = ""
    email: str = ""


@transaction.atomic
def open_ticket_for_caller(
    *,
    caller: Caller,
    subject: str,
    text: str,
    channel: Ticket.Channel,
    received_at: datetime,
    level: str | None,
    agent: Agent,
    now: datetime,
) -> Ticket:
    """Find or make the contact and open their ticket, both or neither.

    `level` is the urgency the caller asked for; None when they did not say.

    Raises:
        UnableToIdentifyContact, UnableToOpenTicket: see `identify_contact` and `open_ticket`.
    """
    requester = identify_contact(
        email=caller.email, name=caller.name, phone=caller.phone, customer=caller.customer
    )
    return open_ticket(
        requester=requester,
        subject=subject,
        text=text,
        channel=channel,
        received_at=received_at,
        now=now,
        agent=agent,
        level=level,
    )
