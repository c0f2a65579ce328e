"""A ticket's timeline as a page shows it: what was said and what happened, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from tickets.models import Alert, Delivery, Event, Message, Ticket
from tickets.selectors.clocks import metric_label
from tickets.selectors.timeline_words import actor_of, say
from tickets.templatetags.punctuation import colon

Kind = Event.Kind

#: What was typed in later than this after it happened is shown with both instants.
LATE = timedelta(minutes=1)

#: Lines that introduce a message. Others may name one, but it was said elsewhere.
SPOKEN = (Kind.RECEIVED, Kind.CUSTOMER_WROTE, Kind.REPLIED, Kind.NOTED, Kind.CALL_LOGGED)
FLAGS = (Kind.CLOCK_WARNED, Kind.CLOCK_BREACHED)


class Look(TextChoices):
    """What an entry is, for its place and colour on the page."""

    CUSTOMER = "customer"
    REPLY = "reply"
    NOTE = "note"
    CALL = "call"
    URGENCY = "urgency"
    WARNING = "warning"
    BREACH = "breach"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Change:
    """An instant that was corrected or moved."""

    label: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """Somebody a warning or a breach was sent to."""

    name: str
    state: Alert.State
    #: The state in a word, and why when it was dropped.
    state_label: str


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    pk: int
    look: Look
    kind: str
    #: One sentence, actor included.
    text: str
    #: Who did it; empty for the desk itself.
    actor: str
    at: datetime
    recorded_at: datetime
    #: Recorded long enough after it happened to say so.
    is_late: bool
    #: Why it was done, as typed in; empty when nobody said.
    reason: str
    #: What was said; None for a line without words.
    message: Message | None
    #: The mail that carried a reply; None where there was none.
    delivery: Delivery | None
    changes: tuple[Change, ...]
    #: For flags: how long after the mark the desk noticed.
    lag: timedelta | None
    #: For flags: who was told.
    told: tuple[Told, ...]


def list_timeline(ticket: Ticket, *, events: Sequence[Event]) -> tuple[TimelineEntry, ...]:
    """The whole timeline, oldest first; `events` are all of the ticket's (`load_events`).

    Ordered by when things happened, then by when they were recorded. What came with the first
    message stands where that message was received, also after a correction.
    """
    messages = _messages(ticket)
    told = _told(ticket)
    entries = [
        _entry(event, ticket=ticket, messages=messages, told=told.get(_flag_of(event), ()))
        for event in events
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.pk)))


def load_events(ticket: Ticket) -> list[Event]:
    """All events of `ticket` with their actors, in the order they were recorded: one query."""
    return list(ticket.events.select_related("agent__user", "contact").order_by("pk"))


def _messages(ticket: Ticket) -> dict[int, Message]:
    messages = ticket.messages.select_related("agent__user", "contact")
    return {message.pk: message for message in messages.prefetch_related("deliveries")}


def _told(ticket: Ticket) -> dict[tuple[int, int, int], tuple[Told, ...]]:
    """Who was told of each flag, by clock, plan and mark."""
    alerts = Alert.objects.filter(ticket=ticket).select_related("recipient__user").order_by("pk")
    told: dict[tuple[int, int, int], tuple[Told, ...]] = {}
    for alert in alerts:
        key = (alert.clock_id, alert.clock_revision, alert.threshold)
        told[key] = (*told.get(key, ()), _tell(alert))
    return told


def _tell(alert: Alert) -> Told:
    label = str(alert.get_state_display())
    if alert.drop_reason:
        label = f"{label}{colon()}{alert.get_drop_reason_display()}"
    return Told(name=str(alert.recipient), state=Alert.State(alert.state), state_label=label)


def _flag_of(event: Event) -> tuple[int, int, int]:
    return (event.clock_id or 0, event.clock_revision or 0, event.threshold or 0)


def _entry(
    event: Event, *, ticket: Ticket, messages: dict[int, Message], told: tuple[Told, ...]
) -> TimelineEntry:
    is_flag = event.kind in FLAGS
    at = ticket.received_at if _is_opening(event) else event.at
    message = messages.get(event.message_id or 0) if event.kind in SPOKEN else None
    lag = event.recorded_at - at
    return TimelineEntry(
        pk=event.pk,
        look=_look(event),
        kind=event.kind,
        text=say(event, ticket=ticket),
        actor=actor_of(event),
        at=at,
        recorded_at=event.recorded_at,
        is_late=not is_flag and lag > LATE,
        reason=event.data.get("reason", "") if event.kind in URGENCY else "",
        message=message,
        delivery=_delivery(message),
        changes=_changes(event),
        lag=lag if is_flag else None,
        told=told if is_flag else (),
    )


def _is_opening(event: Event) -> bool:
    return event.kind == Kind.RECEIVED or bool(event.data.get("opening"))


def _delivery(message: Message | None) -> Delivery | None:
    return None if message is None else next(iter(message.deliveries.all()), None)


URGENCY = (
    Kind.URGENCY_PROPOSED,
    Kind.URGENCY_COUNTERED,
    Kind.URGENCY_AGREED,
    Kind.URGENCY_WITHDRAWN,
)
LOOKS: dict[str, Look] = {
    Kind.CUSTOMER_WROTE: Look.CUSTOMER,
    Kind.RECEIVED: Look.CUSTOMER,
    Kind.REPLIED: Look.REPLY,
    Kind.NOTED: Look.NOTE,
    Kind.CALL_LOGGED: Look.CALL,
    Kind.CLOCK_WARNED: Look.WARNING,
    Kind.CLOCK_BREACHED: Look.BREACH,
    **dict.fromkeys(URGENCY, Look.URGENCY),
}


def _look(event: Event) -> Look:
    return LOOKS.get(event.kind, Look.SYSTEM)


def _changes(event: Event) -> tuple[Change, ...]:
    if event.kind == Kind.RECEIVED_CORRECTED:
        return (
            Change(
                label=_("Received"),
                before=_instant(event.data.get("from")),
                after=_instant(event.data.get("to")),
            ),
        )
    if event.kind == Kind.CLOCKS_PLANNED:
        return tuple(_moved(event.data.get("clocks", ())))
    return ()


def _moved(clocks: Iterable[dict[str, Any]]) -> Iterable[Change]:
    """What was rewritten: deadlines, and when a clock was met."""
    for clock in clocks:
        metric = metric_label(clock["metric"])
        for name, label in (("due_at", metric), ("met_at", _("%s met") % metric)):
            before, after = clock["before"].get(name), clock["after"].get(name)
            if before is not None and before != after:
                yield Change(label=label, before=_instant(before), after=_instant(after))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
