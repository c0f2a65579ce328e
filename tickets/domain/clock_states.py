"""What the computation of a ticket's clocks answers with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tickets.domain.calendars import Calendar
from tickets.domain.terms import Metric
from tickets.domain.timeline import CancelReason
from tickets.domain.urgency import UrgencyTable

Why = Literal["start", "raise", "lowering", "pause"]


@dataclass(frozen=True, slots=True)
class ClockState:
    """One timed promise as it stands at `now`.

    `level`, `target` and `calendar` are those that the due instant in force was computed from: a
    raise that left the deadline where it was leaves them too. `moved_at` is the start, or the
    change that last moved the deadline. `ordinal` counts the clocks of one metric in one cycle;
    only NEXT_RESPONSE can have several. While `paused_since` is set, `due` is that of before.
    """

    metric: Metric
    cycle: int
    ordinal: int
    level: str
    target: timedelta
    calendar: Calendar
    start: datetime
    due: datetime
    met_at: datetime | None
    breached_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: CancelReason | None
    moved_at: datetime
    paused_since: datetime | None = None

    @property
    def is_decided(self) -> bool:
        return not (self.met_at is None and self.breached_at is None and self.cancelled_at is None)

    @property
    def is_running(self) -> bool:
        """Still to be met, in time or late, and not paused."""
        return self.met_at is None and self.cancelled_at is None and self.paused_since is None

    @property
    def overshoot(self) -> timedelta | None:
        """How late it was met, in real time; None when it was not met late."""
        if self.met_at is None or self.breached_at is None:
            return None
        return self.met_at - self.due

    @property
    def overshoot_business(self) -> timedelta | None:
        """The same in the calendar's time."""
        if self.met_at is None or self.breached_at is None:
            return None
        return self.calendar.elapsed(self.due, self.met_at)


@dataclass(frozen=True, slots=True)
class Move:
    """An entry of the ledger: how a deadline came about, or why it stayed (before == after)."""

    metric: Metric
    cycle: int
    ordinal: int
    at: datetime
    level: str
    before: datetime | None
    after: datetime
    why: Why


@dataclass(frozen=True, slots=True)
class Outcome:
    """All clocks of a ticket by cycle, ACTION before RESPONSE, and what they follow from."""

    governing: str
    urgency: UrgencyTable
    clocks: tuple[ClockState, ...]
    moves: tuple[Move, ...]
    cycle: int
    is_solved: bool
    is_waiting: bool
    ended: CancelReason | None

    @property
    def agreed(self) -> str | None:
        return self.urgency.agreed
