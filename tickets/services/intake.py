"""A customer's problem reaches the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import (
    Agent,
    Calendar,
    Contact,
    Event,
    Message,
    Team,
    Terms,
    Ticket,
    UrgencyProposal,
)
from tickets.services.errors import Unable
from tickets.services.planning import plan_clocks
from tickets.services.timeline import lock_ticket, record

RECEIVED_IN_FUTURE = _(
    "Received-at lies in the future. Enter when the message reached us: now or earlier."
)
#: No message reached a desk before this; calendars know nothing of such times.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
RECEIVED_LONG_AGO = _("Received-at lies before 1970. Check the year.")


class UnableToOpenTicket(Unable):
    pass


class UnableToCorrectReceivedAt(Unable):
    pass


@transaction.atomic
def open_ticket(
    *,
    requester: Contact,
    subject: str,
    text: str,
    channel: Ticket.Channel,
    received_at: datetime,
    now: datetime,
    agent: Agent | None = None,
    html: str = "",
    level: str | None = None,
    level_reason: str = "",
    mail_id: str = "",
    is_automatic: bool = False,
    team: Team | None = None,
    tags: Sequence[str] = (),
) -> Ticket:
    """Open a ticket for what `requester` said or wrote, and start its clocks at `received_at`.

    Every channel starts the same clocks, a ticket typed in by an `agent` included (TERMS §2.1).
    `level` is the urgency the customer asked for with the message: a proposal, in force from the
    start (TERMS §2.7). What has already fallen due is flagged in the same transaction.

    Raises:
        UnableToOpenTicket: received in the future or before 1970, nothing said, or an unknown
            urgency level.
    """
    _check_opening(subject=subject, received_at=received_at, now=now)
    ticket = _create_ticket(
        requester=requester,
        subject=" ".join(subject.split())[:250],
        channel=channel,
        received_at=received_at,
        recorded_at=now,
        recorded_by=agent,
        team=team or Team.objects.order_by("pk").first(),
        tags=list(tags),
    )
    said = {"text": text, "html": html, "mail_id": mail_id, "is_automatic": is_automatic}
    _record_receipt(ticket=ticket, agent=agent, said=said)
    if level is not None:
        _propose_at_opening(ticket=ticket, level=level, reason=level_reason, agent=agent)
    plan_clocks(ticket=ticket, now=now, is_new=True)
    return ticket


@transaction.atomic
def correct_received_at(
    *, ticket: Ticket, received_at: datetime, agent: Agent, now: datetime
) -> Ticket:
    """Correct a wrongly typed received-at; clocks follow, old figures stay on the timeline.

    Raises:
        UnableToCorrectReceivedAt: in the future or before 1970, later than something already done
            or than the ticket itself, or the ticket is closed (TERMS §2.1, §2.4).
    """
    ticket = lock_ticket(ticket)
    _check_correction(ticket=ticket, received_at=received_at, now=now)
    if received_at == ticket.received_at:
        return ticket
    record(
        ticket=ticket,
        kind=Event.Kind.RECEIVED_CORRECTED,
        at=now,
        agent=agent,
        data={"from": ticket.received_at.isoformat(), "to": received_at.isoformat()},
    )
    if ticket.unreturned_since == ticket.received_at:
        ticket.unreturned_since = received_at
    receipt = ticket.events.filter(kind=Event.Kind.RECEIVED)
    ticket.messages.filter(pk__in=receipt.values("message")).update(at=received_at)
    ticket.received_at = received_at
    ticket.save(update_fields=["received_at", "unreturned_since"])
    plan_clocks(ticket=ticket, now=now)
    return ticket


def _check_opening(*, subject: str, received_at: datetime, now: datetime) -> None:
    if received_at > now:
        raise UnableToOpenTicket("received_in_future", RECEIVED_IN_FUTURE)
    if received_at < EARLIEST:
        raise UnableToOpenTicket("received_long_ago", RECEIVED_LONG_AGO)
    if not subject.strip():
        raise UnableToOpenTicket("subject_missing", _("Say in a few words what it is about."))


def _record_receipt(*, ticket: Ticket, agent: Agent | None, said: dict[str, Any]) -> None:
    message = Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.PUBLIC,
        contact=ticket.requester,
        at=ticket.received_at,
        **said,
    )
    record(
        ticket=ticket,
        kind=Event.Kind.RECEIVED,
        at=ticket.received_at,
        agent=agent,
        contact=None if agent else ticket.requester,
        message=message,
        data={"channel": ticket.channel},
    )


def _create_ticket(
    *, requester: Contact, channel: Ticket.Channel, received_at: datetime, **fields: object
) -> Ticket:
    customer = requester.customer
    terms = (customer and customer.terms) or Terms.objects.get(is_default=True)
    calendar = (customer and customer.calendar) or Calendar.objects.get(is_default=True)
    zone = calendar.zone_for(customer.timezone if customer else "")
    promised = terms.to_domain(calendar=calendar, zone=zone)
    governing = next(level for level in promised.levels if level.code == promised.default_level)
    ticket = Ticket(
        requester=requester,
        customer=customer,
        channel=channel,
        received_at=received_at,
        unreturned_since=received_at if channel == Ticket.Channel.VOICEMAIL else None,
        terms=terms,
        calendar=calendar,
        calendar_zone=zone,
        governing_level=governing.code,
        governing_rank=governing.rank,
        **fields,
    )
    ticket.save(force_insert=True)
    return ticket


def _propose_at_opening(*, ticket: Ticket, level: str, reason: str, agent: Agent | None) -> None:
    if level not in [known.code for known in ticket.promised_terms().levels]:
        raise UnableToOpenTicket(
            "level_unknown", _("The terms have no urgency level “%(level)s”.") % {"level": level}
        )
    side = UrgencyProposal.Side.CUSTOMER
    door = UrgencyProposal.Door.PHONE if agent else UrgencyProposal.Door.MESSAGE
    if ticket.channel == Ticket.Channel.API:
        door = UrgencyProposal.Door.API
    UrgencyProposal.objects.create(
        ticket=ticket,
        side=side,
        level=level,
        reason=reason,
        door=door,
        agent=agent,
        contact=ticket.requester,
        at=ticket.received_at,
    )
    record(
        ticket=ticket,
        kind=Event.Kind.URGENCY_PROPOSED,
        at=ticket.received_at,
        contact=ticket.requester,
        data={"side": side, "level": level, "reason": reason, "door": door, "opening": True},
    )


def _check_correction(*, ticket: Ticket, received_at: datetime, now: datetime) -> None:
    if not ticket.is_active and ticket.status != Ticket.Status.SOLVED:
        raise UnableToCorrectReceivedAt(
            "ticket_closed", _("The ticket is closed; its history stays as it is.")
        )
    if received_at > now:
        raise UnableToCorrectReceivedAt("received_in_future", RECEIVED_IN_FUTURE)
    if received_at < EARLIEST:
        raise UnableToCorrectReceivedAt("received_long_ago", RECEIVED_LONG_AGO)
    if received_at > ticket.recorded_at:
        raise UnableToCorrectReceivedAt(
            "received_after_recorded",
            _("The ticket was in the desk before that. Enter when the message reached us."),
        )
    earliest = (
        ticket.events.exclude(kind__in=[Event.Kind.RECEIVED, *FLAGS])
        .exclude(data__contains={"opening": True})
        .order_by("at")
        .first()
    )
    if earliest is not None and received_at > earliest.at:
        raise UnableToCorrectReceivedAt(
            "received_after_first_step",
            _("Something was already done on this ticket before that. Enter an earlier instant."),
        )


#: Lines the desk writes by itself: they follow the facts and set no bound to a correction.
FLAGS = [
    Event.Kind.CLOCKS_PLANNED,
    Event.Kind.CLOCK_WARNED,
    Event.Kind.CLOCK_BREACHED,
    Event.Kind.BREACH_WITHDRAWN,
    Event.Kind.RECEIVED_CORRECTED,
]
