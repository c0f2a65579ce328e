"""From stored timeline rows to the events that the pure function reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tickets.domain import timeline as domain
from tickets.models.event import Event
from tickets.models.ticket import Ticket

Kind = Event.Kind


def domain_events(ticket: Ticket, events: Iterable[Event]) -> list[domain.TimelineEvent]:
    """The events of `ticket` that its clocks follow, in the order they happened.

    Ordered by when things happened, then by the order of recording: a call logged afterwards
    counts at its own instant. What stood in the first message moves
    with the received instant when that is corrected. Lines that say nothing about a promise
    (flags, mergers from elsewhere, plans) are left out.
    """
    timed = [(_instant(ticket, event), _is_later(event), event) for event in events]
    timed.sort(key=lambda item: (item[0], item[1], item[2].pk))
    return [CONVERTERS[event.kind](event, at) for at, _, event in timed if event.kind in CONVERTERS]


def _instant(ticket: Ticket, event: Event) -> datetime:
    return ticket.received_at if _belongs_to_first_message(event) else event.at


def _belongs_to_first_message(event: Event) -> bool:
    return event.kind == Kind.RECEIVED or bool(event.data.get("opening"))


def _is_later(event: Event) -> int:
    """Sorts a first message before all else of the same instant."""
    if event.kind == Kind.RECEIVED:
        return 0
    return 1 if event.data.get("opening") else 2


def _side(event: Event) -> domain.Side:
    return domain.Side(event.data["side"].lower())


def _received(event: Event, at: datetime) -> domain.TimelineEvent:
    return domain.Received(at=at, channel=event.data["channel"].lower())


def _assigned(event: Event, at: datetime) -> domain.TimelineEvent:
    automatic = event.agent_id is None
    return domain.AutoAssigned(at=at) if automatic else domain.AgentActed(at=at)


def _status_changed(event: Event, at: datetime) -> domain.TimelineEvent:
    if event.agent_id is None:
        return domain.Resumed(at=at)
    if event.data["to"] == Ticket.Status.WAITING:
        return domain.WaitingStarted(at=at)
    if event.data["from"] == Ticket.Status.WAITING:
        return domain.WaitingEnded(at=at)
    return domain.AgentActed(at=at)


def _proposed(event: Event, at: datetime) -> domain.TimelineEvent:
    return domain.UrgencyProposed(at=at, by=_side(event), level=event.data["level"])


def _countered(event: Event, at: datetime) -> domain.TimelineEvent:
    return domain.UrgencyProposed(at=at, by=_side(event), level=event.data["level"], countered=True)


CONVERTERS: dict[str, Callable[[Event, datetime], domain.TimelineEvent]] = {
    Kind.RECEIVED: _received,
    Kind.ASSIGNED: _assigned,
    Kind.STATUS_CHANGED: _status_changed,
    Kind.URGENCY_PROPOSED: _proposed,
    Kind.URGENCY_COUNTERED: _countered,
    Kind.URGENCY_AGREED: lambda event, at: domain.UrgencyAgreed(at=at, by=_side(event)),
    Kind.URGENCY_WITHDRAWN: lambda event, at: domain.UrgencyWithdrawn(at=at, by=_side(event)),
    Kind.ACKNOWLEDGED: lambda event, at: domain.AutoReplySent(at=at),
    Kind.NOTED: lambda event, at: domain.AgentActed(at=at),
    Kind.REPLIED: lambda event, at: domain.AgentReplied(at=at, message=str(event.message_id)),
    Kind.REPLY_BOUNCED: lambda event, at: domain.ReplyBounced(at=at, message=str(event.message_id)),
    Kind.CALL_LOGGED: lambda event, at: domain.CallLogged(
        at=at, outcome=domain.CallOutcome(event.data["outcome"].lower())
    ),
    Kind.CUSTOMER_WROTE: lambda event, at: domain.CustomerWrote(
        at=at, automatic=event.data["automatic"]
    ),
    Kind.SOLVED: lambda event, at: domain.Solved(at=at),
    Kind.REOPENED: lambda event, at: domain.Reopened(at=at),
    Kind.CANCELLED: lambda event, at: domain.Cancelled(
        at=at, reason=domain.CancelReason(event.data["reason"].lower())
    ),
}
