"""What people say on a ticket: replies, notes, calls, and what the customer writes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, Contact, Delivery, Event, Message, Ticket
from tickets.services import bell
from tickets.services.errors import Unable
from tickets.services.planning import plan_clocks
from tickets.services.timeline import follow, lock_ticket, record


class UnableToWrite(Unable):
    pass


class UnableToLogCall(Unable):
    pass


class UnableToRecordBounce(Unable):
    pass


@transaction.atomic
def reply(*, ticket: Ticket, agent: Agent, text: str, now: datetime) -> Message:
    """Answer the customer: an act and a response (TERMS §2.2, §2.3). Mailed where an address is.

    Raises:
        UnableToWrite: the ticket is closed or merged, or nothing was written.
    """
    ticket = _open_for_writing(ticket, text)
    now = max(now, ticket.received_at)
    message = Message.objects.create(
        ticket=ticket, kind=Message.Kind.PUBLIC, agent=agent, text=text, at=now
    )
    record(ticket=ticket, kind=Event.Kind.REPLIED, at=now, agent=agent, message=message)
    if ticket.requester.email:
        Delivery.objects.create(
            kind=Delivery.Kind.REPLY, message=message, address=ticket.requester.email
        )
        bell.ring_deliveries_after_commit()
    _take_up(ticket)
    plan_clocks(ticket=ticket, now=now)
    return message


@transaction.atomic
def add_note(*, ticket: Ticket, agent: Agent, text: str, now: datetime) -> Message:
    """Write something only the provider's side sees: an act, no response.

    Raises:
        UnableToWrite: the ticket is closed or merged, or nothing was written.
    """
    ticket = _open_for_writing(ticket, text)
    now = max(now, ticket.received_at)
    message = Message.objects.create(
        ticket=ticket, kind=Message.Kind.NOTE, agent=agent, text=text, at=now
    )
    record(ticket=ticket, kind=Event.Kind.NOTED, at=now, agent=agent, message=message)
    _take_up(ticket)
    plan_clocks(ticket=ticket, now=now)
    return message


@transaction.atomic
def log_call(
    *,
    ticket: Ticket,
    agent: Agent,
    outcome: Message.CallOutcome,
    text: str,
    at: datetime,
    now: datetime,
) -> Message:
    """Note a call made to the customer at `at`, now or earlier; the clocks follow `at`.

    An act; a response only if the customer was reached (TERMS §2.3). Any logged call returns a
    voicemail (TERMS §2.12).

    Raises:
        UnableToLogCall: in the future, before the ticket was received, or on a closed ticket.
    """
    ticket = lock_ticket(ticket)
    _check_call(ticket=ticket, at=at, now=now)
    message = Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.CALL,
        agent=agent,
        text=text,
        call_outcome=outcome,
        at=at,
    )
    record(
        ticket=ticket,
        kind=Event.Kind.CALL_LOGGED,
        at=at,
        agent=agent,
        message=message,
        data={"outcome": outcome},
    )
    if ticket.unreturned_since is not None and at >= ticket.unreturned_since:
        ticket.unreturned_since = None
        ticket.save(update_fields=["unreturned_since"])
    _take_up(ticket)
    plan_clocks(ticket=ticket, now=now)
    return message


@transaction.atomic
def record_customer_message(
    *,
    ticket: Ticket,
    contact: Contact,
    text: str,
    at: datetime,
    now: datetime,
    html: str = "",
    mail_id: str = "",
    is_automatic: bool = False,
) -> Message:
    """Keep what the customer wrote at `at`. A person's message on a solved ticket reopens it.

    Reopening starts a new cycle of both clocks (TERMS §2.9); an autoresponder's mail has no effect.

    Raises:
        UnableToWrite: the ticket is closed or merged; open a new one instead.
    """
    ticket = lock_ticket(ticket)
    _refuse_closed(ticket)
    at = max(at, ticket.received_at)
    message = Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.PUBLIC,
        contact=contact,
        text=text,
        html=html,
        at=at,
        mail_id=mail_id,
        is_automatic=is_automatic,
    )
    record(
        ticket=ticket,
        kind=Event.Kind.CUSTOMER_WROTE,
        at=at,
        contact=contact,
        message=message,
        data={"automatic": is_automatic},
    )
    if not is_automatic and ticket.status in (Ticket.Status.WAITING, Ticket.Status.SOLVED):
        _open_again(ticket, message=message, now=now)
    plan_clocks(ticket=ticket, now=now)
    return message


@transaction.atomic
def record_bounce(*, message: Message, at: datetime, now: datetime) -> Message:
    """A reply came back: it was no response, the clock is as if it had never been sent.

    The act stands (TERMS §2.3). A second report of the same bounce changes nothing.

    Raises:
        UnableToRecordBounce: the message is not one of our replies.
    """
    ticket = lock_ticket(message.ticket)
    message = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
    if message.kind != Message.Kind.PUBLIC or message.agent_id is None:
        raise UnableToRecordBounce("not_a_reply", _("Only a reply to a customer can bounce."))
    if message.bounced_at is not None:
        return message
    message.bounced_at = max(at, message.at)
    message.save(update_fields=["bounced_at"])
    record(ticket=ticket, kind=Event.Kind.REPLY_BOUNCED, at=message.bounced_at, message=message)
    plan_clocks(ticket=ticket, now=now)
    return message


def _open_for_writing(ticket: Ticket, text: str) -> Ticket:
    ticket = lock_ticket(ticket)
    _refuse_closed(ticket)
    if not text.strip():
        raise UnableToWrite("text_missing", _("Write something first."))
    return ticket


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.merged_into is not None:
        raise UnableToWrite(
            "ticket_merged",
            _("This ticket was merged into #%(number)s. Continue there.")
            % {"number": ticket.merged_into.number},
        )
    if ticket.status == Ticket.Status.CLOSED:
        raise UnableToWrite(
            "ticket_closed", _("This ticket is closed. Open a new one and refer to it.")
        )


def _check_call(*, ticket: Ticket, at: datetime, now: datetime) -> None:
    _refuse_closed(ticket)
    if at > now:
        raise UnableToLogCall(
            "call_in_future", _("The call lies in the future. Enter when it was made.")
        )
    if at < ticket.received_at:
        raise UnableToLogCall(
            "call_before_received",
            _("The call lies before the ticket was received. Check both times."),
        )


def _open_again(ticket: Ticket, *, message: Message, now: datetime) -> None:
    """A message of the customer opens a ticket that was solved or waits.

    One that is older than that step, but was read only afterwards, cannot have ended it by itself:
    the desk does, now, so that nobody overlooks the message.
    """
    is_solved = ticket.status == Ticket.Status.SOLVED
    kind = Event.Kind.SOLVED if is_solved else Event.Kind.STATUS_CHANGED
    latest = ticket.events.filter(kind=kind).order_by("at", "pk").last()
    if latest is not None and latest.at > message.at:
        record(
            ticket=ticket,
            kind=Event.Kind.STATUS_CHANGED,
            at=follow(ticket, now=now),
            message=message,
            data={"from": ticket.status, "to": Ticket.Status.OPEN},
        )
    ticket.status = Ticket.Status.OPEN
    ticket.solved_at = None
    ticket.save(update_fields=["status", "solved_at"])


def _take_up(ticket: Ticket) -> None:
    """Somebody did something about it: it is no longer new."""
    if ticket.status == Ticket.Status.NEW:
        ticket.status = Ticket.Status.OPEN
        ticket.save(update_fields=["status"])
