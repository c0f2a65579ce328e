"""Settling the urgency between customer and provider (TERMS §2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, Contact, Event, Ticket, UrgencyProposal
from tickets.services.errors import Unable
from tickets.services.planning import plan_clocks
from tickets.services.timeline import follow, lock_ticket, record

Side = UrgencyProposal.Side
State = UrgencyProposal.State


class UnableToSettleUrgency(Unable):
    pass


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks for which side, and by which door.

    The provider's side always speaks through an agent. The customer speaks for themselves
    (`contact`), or on the phone through the agent who typed it in (both set).
    """

    side: Side
    door: UrgencyProposal.Door
    agent: Agent | None = None
    contact: Contact | None = None
    reason: str = ""


@transaction.atomic
def propose(*, ticket: Ticket, level: str, voice: Voice, now: datetime) -> UrgencyProposal:
    """Put a level on the table, replacing what this side had there.

    Raises:
        UnableToSettleUrgency: unknown level, or the ticket is closed.
    """
    return _put(ticket=ticket, level=level, voice=voice, now=now, kind=Event.Kind.URGENCY_PROPOSED)


@transaction.atomic
def counter(*, ticket: Ticket, level: str, voice: Voice, now: datetime) -> UrgencyProposal:
    """Answer the other side's proposal with another level.

    Raises:
        UnableToSettleUrgency: nothing of the other side to counter, the same level, an unknown
            level, or the ticket is closed.
    """
    theirs = _open_proposal(ticket=lock_ticket(ticket), side=_other(voice.side))
    if theirs is None:
        raise UnableToSettleUrgency(
            "nothing_to_counter", _("The other side has proposed nothing. Make a proposal instead.")
        )
    if theirs.level == level:
        raise UnableToSettleUrgency(
            "same_level", _("The other side proposed exactly this. Agree to it instead.")
        )
    return _put(ticket=ticket, level=level, voice=voice, now=now, kind=Event.Kind.URGENCY_COUNTERED)


@transaction.atomic
def agree(*, ticket: Ticket, voice: Voice, now: datetime) -> UrgencyProposal:
    """Agree to the other side's proposal, which governs from `now` on; the table is cleared.

    Raises:
        UnableToSettleUrgency: nothing of the other side to agree to (nobody agrees with
            themselves), or the ticket is closed.
    """
    ticket = lock_ticket(ticket)
    _check(ticket, voice)
    now = follow(ticket, now=now)
    theirs = _open_proposal(ticket=ticket, side=_other(voice.side))
    if theirs is None:
        raise UnableToSettleUrgency(
            "nothing_to_agree_to",
            _("The other side has proposed nothing. Nobody can agree with themselves."),
        )
    _close(ticket=ticket, side=voice.side, state=State.REPLACED, now=now)
    theirs.state = State.AGREED
    theirs.decided_at = now
    theirs.save(update_fields=["state", "decided_at"])
    _record(ticket=ticket, kind=Event.Kind.URGENCY_AGREED, level=theirs.level, voice=voice, at=now)
    plan_clocks(ticket=ticket, now=now)
    return theirs


@transaction.atomic
def withdraw(*, ticket: Ticket, voice: Voice, now: datetime) -> UrgencyProposal:
    """Take one's own proposal off the table.

    Raises:
        UnableToSettleUrgency: there is none, or the ticket is closed.
    """
    ticket = lock_ticket(ticket)
    _check(ticket, voice)
    now = follow(ticket, now=now)
    own = _open_proposal(ticket=ticket, side=voice.side)
    if own is None:
        raise UnableToSettleUrgency(
            "nothing_to_withdraw", _("This side has no proposal on the table.")
        )
    _close(ticket=ticket, side=voice.side, state=State.WITHDRAWN, now=now)
    _record(ticket=ticket, kind=Event.Kind.URGENCY_WITHDRAWN, level=own.level, voice=voice, at=now)
    plan_clocks(ticket=ticket, now=now)
    own.refresh_from_db()
    return own


def _put(
    *, ticket: Ticket, level: str, voice: Voice, now: datetime, kind: Event.Kind
) -> UrgencyProposal:
    ticket = lock_ticket(ticket)
    _check(ticket, voice)
    now = follow(ticket, now=now)
    if not ticket.terms.levels.filter(code=level).exists():
        raise UnableToSettleUrgency(
            "level_unknown", _("The terms have no urgency level “%(level)s”.") % {"level": level}
        )
    _close(ticket=ticket, side=voice.side, state=State.REPLACED, now=now)
    proposal = UrgencyProposal.objects.create(
        ticket=ticket,
        side=voice.side,
        level=level,
        reason=voice.reason,
        door=voice.door,
        agent=voice.agent,
        contact=voice.contact,
        at=now,
    )
    _record(ticket=ticket, kind=kind, level=level, voice=voice, at=now)
    plan_clocks(ticket=ticket, now=now)
    return proposal


def _check(ticket: Ticket, voice: Voice) -> None:
    if ticket.status == Ticket.Status.CLOSED:
        raise UnableToSettleUrgency(
            "ticket_closed", _("This ticket is closed; its urgency no longer matters.")
        )
    if voice.side == Side.PROVIDER and (voice.agent is None or voice.contact is not None):
        raise UnableToSettleUrgency(
            "provider_is_an_agent", _("Only an agent speaks for the provider.")
        )
    if voice.side == Side.CUSTOMER and voice.agent is None and voice.contact is None:
        raise UnableToSettleUrgency("customer_unnamed", _("Say who speaks for the customer."))


def _open_proposal(*, ticket: Ticket, side: Side) -> UrgencyProposal | None:
    return ticket.urgency_proposals.filter(side=side, state=State.OPEN).first()


def _close(*, ticket: Ticket, side: Side, state: State, now: datetime) -> None:
    ticket.urgency_proposals.filter(side=side, state=State.OPEN).update(state=state, decided_at=now)


def _record(*, ticket: Ticket, kind: Event.Kind, level: str, voice: Voice, at: datetime) -> None:
    # The line is the customer's when they spoke, also through an agent on the phone.
    record(
        ticket=ticket,
        kind=kind,
        at=at,
        agent=voice.agent if voice.side == Side.PROVIDER else None,
        contact=(voice.contact or ticket.requester) if voice.side == Side.CUSTOMER else None,
        data={
            "side": voice.side,
            "level": level,
            "reason": voice.reason,
            "door": voice.door,
            "typed_by": str(voice.agent) if voice.agent and voice.side == Side.CUSTOMER else "",
        },
    )


def _other(side: Side) -> Side:
    return Side.PROVIDER if side == Side.CUSTOMER else Side.CUSTOMER
