"""The clocks of a ticket: a pure function of its timeline, its terms and the instant asked about.

TERMS 2 decides, DESIGN 4 gives the events. What was decided stays decided: recomputing with more
events never takes a breach away, except where an event says that a reply never arrived.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tickets.domain.clock_states import ClockState, Move, Outcome
from tickets.domain.errors import InstantError, TimelineError
from tickets.domain.instants import micros_to_span, shown, span_to_micros
from tickets.domain.terms import Terms
from tickets.domain.ticket_life import Happening, TicketLife
from tickets.domain.timeline import (
    AgentReplied,
    Cancelled,
    MessageId,
    Received,
    ReplyBounced,
    TimelineEvent,
)

__all__ = ["ClockState", "Move", "Outcome", "compute_clocks", "warning_marks"]

BREACH = 100


def compute_clocks(events: Sequence[TimelineEvent], *, terms: Terms, now: datetime) -> Outcome:
    """Replay the events up to and including `now`; later ones are not looked at.

    Raises: TimelineError for events out of order, a receipt that is missing, repeated or not
    first, a step about the urgency not open to that side, a bounce of an unknown message, a message
    id used twice; TermsError for a level unknown to the terms; CalendarError for a deadline more
    than five years away; InstantError for a naive datetime.
    """
    now = _in_utc(now)
    happenings = _known(events, now)
    life = TicketLife(terms, _voided(happenings))
    life.replay(happenings)
    return life.outcome(now)


def warning_marks(clock: ClockState, thresholds: Iterable[int]) -> tuple[tuple[int, datetime], ...]:
    """When to warn, by percentage, and (100, due) at the end (TERMS 2.11).

    A threshold is that share of the calendar time between `moved_at` and the due instant, rounded
    down to a microsecond. One that would fall on or behind the due instant is left out, as all are
    where no calendar time lies between. A paused clock has no marks: nobody knows its due instant.
    """
    if clock.paused_since is not None:
        return ()
    total = span_to_micros(clock.calendar.elapsed(clock.moved_at, max(clock.moved_at, clock.due)))
    marks = []
    for threshold in thresholds:
        share = total * threshold // 100
        if share:
            at = clock.calendar.due(clock.moved_at, micros_to_span(share))
            if at < clock.due:
                marks.append((threshold, at))
    return (*marks, (BREACH, clock.due))


def _in_utc(at: datetime) -> datetime:
    """In UTC, so that instants compare as instants: two datetimes that share a zone compare by
    their wall clocks, wrongly so in a repeated hour."""
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise InstantError("naive_instant", f"{at} has no UTC offset: give an aware datetime.")
    return at.astimezone(UTC)


def _known(events: Sequence[TimelineEvent], now: datetime) -> list[Happening]:
    """The events not later than now, with their instants in UTC, checked for order."""
    known: list[Happening] = []
    latest = None
    is_past_now = False
    for event in events:
        at = _in_utc(event.at)
        if at > now:
            is_past_now = True
            continue
        if is_past_now or (latest is not None and at < latest):
            raise TimelineError("out_of_order", "The events are out of order: sort them by time.")
        if isinstance(event, Received) is not (latest is None):
            break
        latest = at
        known.append((at, event))
    else:
        if known:
            return known
    raise _misplaced_receipt(bool(known))


def _misplaced_receipt(is_repeated: bool) -> TimelineError:
    if is_repeated:
        return TimelineError("received_twice", "A ticket is received once: remove the second.")
    return TimelineError(
        "not_received", "The first event must be the receipt, and not lie after now."
    )


def _voided(happenings: list[Happening]) -> set[MessageId]:
    """The replies that bounced. A bounce after the ticket was cancelled has no effect."""
    sent: set[MessageId] = set()
    voided: set[MessageId] = set()
    is_cancelled = False
    for _, event in happenings:
        if isinstance(event, AgentReplied):
            if event.message in sent:
                raise TimelineError(
                    "message_twice", f"The message id {shown(event.message)} is used twice."
                )
            sent.add(event.message)
        elif isinstance(event, ReplyBounced):
            if event.message not in sent:
                raise TimelineError(
                    "unknown_message",
                    f"No reply {shown(event.message)} was sent before it bounced.",
                )
            if not is_cancelled:
                voided.add(event.message)
        elif isinstance(event, Cancelled):
            is_cancelled = True
    return voided
