"""What the pure function says of a ticket, and would say after one more step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tickets.domain import timeline as domain
from tickets.domain.clock_states import ClockState, Outcome
from tickets.domain.clocks import compute_clocks
from tickets.domain.terms import Terms
from tickets.models import Clock, Event, Ticket
from tickets.models.timeline import domain_events


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """A ticket's timeline, the terms it was promised under, and what follows from both."""

    ticket: Ticket
    known: tuple[domain.TimelineEvent, ...]
    terms: Terms
    #: When it was asked, or the latest event where the host's clock is behind that.
    at: datetime
    outcome: Outcome

    def after(self, step: domain.TimelineEvent) -> Outcome:
        """What would follow if `step` happened as well, last. Touches nothing."""
        return compute_clocks([*self.known, step], terms=self.terms, now=self.at)

    def state_of(self, clock: Clock) -> ClockState | None:
        """What the function says of a stored clock; None should it not know it."""
        key = (clock.metric, clock.cycle, clock.ordinal)
        states = {
            (each.metric.value, each.cycle, each.ordinal): each for each in self.outcome.clocks
        }
        return states.get(key)


def look_at(ticket: Ticket, *, events: Sequence[Event], now: datetime) -> Outlook:
    """The outlook of `ticket` at `now`; `events` are all of its events."""
    known = tuple(domain_events(ticket, events))
    terms = ticket.promised_terms()
    at = max([now, *(event.at for event in known)])
    outcome = compute_clocks(known, terms=terms, now=at)
    return Outlook(ticket=ticket, known=known, terms=terms, at=at, outcome=outcome)
