"""How a ticket ends, waits and comes back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, Event, Ticket
from tickets.services.errors import Unable
from tickets.services.planning import plan_clocks
from tickets.services.timeline import follow, lock_ticket, record

Status = Ticket.Status


class UnableToSolve(Unable):
    pass


class UnableToReopen(Unable):
    pass


class UnableToWait(Unable):
    pass


class UnableToCancel(Unable):
    pass


class UnableToMerge(Unable):
    pass


@transaction.atomic
def solve(*, ticket: Ticket, agent: Agent, now: datetime) -> Ticket:
    """Mark the problem solved: an act. Without a word to the customer no response (TERMS §2.3).

    Raises:
        UnableToSolve: it is solved or closed already.
    """
    ticket = lock_ticket(ticket)
    if not ticket.is_active:
        raise UnableToSolve(
            "not_active", _("This ticket is already %(status)s.") % {"status": _status_word(ticket)}
        )
    now = follow(ticket, now=now)
    record(ticket=ticket, kind=Event.Kind.SOLVED, at=now, agent=agent)
    ticket.status = Status.SOLVED
    ticket.solved_at = now
    ticket.save(update_fields=["status", "solved_at"])
    plan_clocks(ticket=ticket, now=now)
    return ticket


@transaction.atomic
def reopen(*, ticket: Ticket, agent: Agent, now: datetime) -> Ticket:
    """Take a solution back. An act; only a customer's message starts new clocks (TERMS §2.9).

    Raises:
        UnableToReopen: the ticket is not solved, or closed for good.
    """
    ticket = lock_ticket(ticket)
    if ticket.status != Status.SOLVED:
        raise UnableToReopen("not_solved", _("Only a solved ticket can be reopened."))
    now = follow(ticket, now=now)
    record(ticket=ticket, kind=Event.Kind.REOPENED, at=now, agent=agent)
    ticket.status = Status.OPEN
    ticket.solved_at = None
    ticket.save(update_fields=["status", "solved_at"])
    plan_clocks(ticket=ticket, now=now)
    return ticket


@transaction.atomic
def wait_for_customer(*, ticket: Ticket, agent: Agent, now: datetime) -> Ticket:
    """Say that it is the customer's turn. Pauses neither act nor response (TERMS §2.8).

    Raises:
        UnableToWait: the ticket waits already, or is solved or closed.
    """
    ticket = lock_ticket(ticket)
    if ticket.status not in (Status.NEW, Status.OPEN):
        raise UnableToWait(
            "not_open", _("This ticket is already %(status)s.") % {"status": _status_word(ticket)}
        )
    now = follow(ticket, now=now)
    record(
        ticket=ticket,
        kind=Event.Kind.STATUS_CHANGED,
        at=now,
        agent=agent,
        data={"from": ticket.status, "to": Status.WAITING},
    )
    ticket.status = Status.WAITING
    ticket.save(update_fields=["status"])
    plan_clocks(ticket=ticket, now=now)
    return ticket


@transaction.atomic
def cancel(*, ticket: Ticket, reason: Ticket.CancelReason, agent: Agent, now: datetime) -> Ticket:
    """Close as spam or duplicate: undecided clocks are cancelled with the reason (TERMS §2.10).

    Raises:
        UnableToCancel: the ticket is closed, or the reason is a merge (see `merge`).
    """
    ticket = lock_ticket(ticket)
    if reason == Ticket.CancelReason.MERGED:
        raise UnableToCancel("merge_needs_target", _("Name the ticket to merge into."))
    if ticket.status == Status.CLOSED:
        raise UnableToCancel("ticket_closed", _("This ticket is closed already."))
    return _end(ticket=ticket, reason=reason, agent=agent, now=now)


@transaction.atomic
def merge(*, ticket: Ticket, into: Ticket, agent: Agent, now: datetime) -> Ticket:
    """Merge `ticket` into another of the same customer; returns the merged, closed ticket.

    Undecided clocks of the merged ticket are cancelled (TERMS §2.10); the other keeps its own, and
    takes over a voicemail nobody has called back about (TERMS §2.12).

    Raises:
        UnableToMerge: into itself, into a closed ticket, or into another customer's.
    """
    if ticket.pk == into.pk:
        raise UnableToMerge("merge_into_itself", _("A ticket cannot be merged into itself."))
    # Always the lower key first: two merges at once cannot wait for each other.
    locked = {one.pk: one for one in (lock_ticket(t) for t in sorted((ticket, into), key=_key))}
    ticket, into = locked[ticket.pk], locked[into.pk]
    _check_merge(ticket=ticket, into=into)
    ticket.merged_into = into
    _end(ticket=ticket, reason=Ticket.CancelReason.MERGED, agent=agent, now=now)
    _hand_over_unreturned(ticket, into)
    record(
        ticket=into,
        kind=Event.Kind.TICKET_MERGED_IN,
        at=now,
        agent=agent,
        data={"number": ticket.number, "subject": ticket.subject},
    )
    return ticket


def _end(*, ticket: Ticket, reason: Ticket.CancelReason, agent: Agent, now: datetime) -> Ticket:
    now = follow(ticket, now=now)
    into = ticket.merged_into.number if ticket.merged_into else None
    record(
        ticket=ticket,
        kind=Event.Kind.CANCELLED,
        at=now,
        agent=agent,
        data={"reason": reason, "into": into},
    )
    ticket.status = Status.CLOSED
    ticket.cancel_reason = reason
    ticket.save(update_fields=["status", "cancel_reason", "merged_into"])
    plan_clocks(ticket=ticket, now=now)
    return ticket


def _hand_over_unreturned(ticket: Ticket, into: Ticket) -> None:
    """A message to return is still to be returned: the surviving ticket stands for it."""
    if ticket.unreturned_since is not None:
        left = filter(None, (ticket.unreturned_since, into.unreturned_since))
        into.unreturned_since = min(left)
        into.save(update_fields=["unreturned_since"])


def _check_merge(*, ticket: Ticket, into: Ticket) -> None:
    if ticket.status == Status.CLOSED:
        raise UnableToMerge("ticket_closed", _("This ticket is closed already."))
    if into.status == Status.CLOSED:
        raise UnableToMerge(
            "target_closed",
            _("#%(number)s is closed. Choose an open ticket.") % {"number": into.number},
        )
    if ticket.customer_id != into.customer_id:
        raise UnableToMerge(
            "other_customer",
            _("#%(number)s belongs to another customer, who would see this one's messages.")
            % {"number": into.number},
        )


def _status_word(ticket: Ticket) -> str:
    return str(Status(ticket.status).label).lower()


def _key(ticket: Ticket) -> int:
    return ticket.pk
