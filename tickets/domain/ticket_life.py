"""A ticket's life, replayed event by event (TERMS 2.1 to 2.10).

The replay knows nothing of replies that bounced later: the caller names them beforehand, so that
the clocks come out as if they had never been sent.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tickets.domain.clock_states import ClockState, Move, Outcome, Why
from tickets.domain.terms import PAUSING, Level, Metric, Target, Terms
from tickets.domain.timeline import (
    AgentActed,
    AgentReplied,
    CallLogged,
    CallOutcome,
    Cancelled,
    CancelReason,
    CustomerWrote,
    MessageId,
    Reopened,
    Resumed,
    Solved,
    TimelineEvent,
    UrgencyAgreed,
    UrgencyProposed,
    UrgencyWithdrawn,
    WaitingEnded,
    WaitingStarted,
)
from tickets.domain.urgency import UrgencyTable

Happening = tuple[datetime, TimelineEvent]

UrgencyStep = UrgencyProposed | UrgencyAgreed | UrgencyWithdrawn
URGENCY_STEPS = (UrgencyProposed, UrgencyAgreed, UrgencyWithdrawn)
CYCLE_METRICS = (Metric.ACTION, Metric.RESPONSE, Metric.RESOLUTION)
ORDER = {metric: position for position, metric in enumerate(Metric)}
ZERO = timedelta(0)


@dataclass(slots=True)
class RunningClock:
    """A clock while the events are replayed; `paused` is calendar time it has stood still."""

    metric: Metric
    cycle: int
    ordinal: int
    level: str
    target: Target
    start: datetime
    due: datetime
    moved_at: datetime
    met_at: datetime | None = None
    cancelled_at: datetime | None = None
    paused_since: datetime | None = None
    paused: timedelta = ZERO

    def is_over(self, at: datetime) -> bool:
        """Whether it is breached at that instant: until the due instant is over, it is not."""
        return self.due < at and self.paused_since is None

    def state(self, now: datetime, reason: CancelReason | None) -> ClockState:
        is_late = self.cancelled_at is None and self.is_over(self.met_at or now)
        return ClockState(
            self.metric,
            self.cycle,
            self.ordinal,
            self.level,
            self.target.duration,
            self.target.calendar,
            self.start,
            self.due,
            self.met_at,
            self.due if is_late else None,
            self.cancelled_at,
            reason if self.cancelled_at is not None else None,
            self.moved_at,
            self.paused_since,
        )


class TicketLife:
    """The replay: what stands after the events applied so far."""

    def __init__(self, terms: Terms, voided: Collection[MessageId]) -> None:
        self.terms = terms
        self.voided = voided
        self.table = UrgencyTable()
        self.governing = terms.level(terms.default_level)
        self.clocks: list[RunningClock] = []
        self.unmet: list[RunningClock] = []
        self.moves: list[Move] = []
        self.cycle = 0
        self.is_solved = False
        self.is_waiting = False
        self.is_unanswered = True
        self.ended: CancelReason | None = None

    def replay(self, happenings: list[Happening]) -> None:
        """Apply all events; the first is the receipt, none is later than now."""
        received_at = happenings[0][0]
        rest = happenings[1:]
        self._take_steps_at_receipt(received_at, rest)
        self._start_cycle(received_at)
        for at, event in rest:
            apply = _EFFECTS.get(type(event))
            if apply is not None and not (at == received_at and isinstance(event, URGENCY_STEPS)):
                apply(self, at, event)
                if self.ended is not None:
                    break

    def outcome(self, now: datetime) -> Outcome:
        self.clocks.sort(key=lambda clock: (clock.cycle, ORDER[clock.metric], clock.ordinal))
        return Outcome(
            governing=self.governing.code,
            urgency=self.table,
            clocks=tuple(clock.state(now, self.ended) for clock in self.clocks),
            moves=tuple(self.moves),
            cycle=self.cycle,
            is_solved=self.is_solved,
            is_waiting=self.is_waiting,
            ended=self.ended,
        )

    # The urgency

    def _take_steps_at_receipt(self, received_at: datetime, rest: list[Happening]) -> None:
        """All urgency steps at the received instant count before the first due is set."""
        for at, event in rest:
            if at != received_at or isinstance(event, Cancelled):
                break
            if isinstance(event, URGENCY_STEPS):
                self._put_on_table(event)
        self.governing = self.terms.level(self.table.governing(self.terms))

    def _put_on_table(self, event: UrgencyStep) -> None:
        if isinstance(event, UrgencyProposed):
            level = self.terms.level(event.level).code
            put = self.table.counter if event.countered else self.table.propose
            self.table = put(event.by, level)
        elif isinstance(event, UrgencyAgreed):
            self.table = self.table.agree(event.by)
        else:
            self.table = self.table.withdraw(event.by)

    def _take_step(self, at: datetime, event: UrgencyStep) -> None:
        self._put_on_table(event)
        level = self.terms.level(self.table.governing(self.terms))
        if level is not self.governing:
            for clock in self.unmet:
                if not clock.is_over(at):
                    self._move(clock, at, level)
            self.governing = level

    def _move(self, clock: RunningClock, at: datetime, level: Level) -> None:
        """A raise never makes a deadline later, a lowering never earlier. A level without a
        target for the metric leaves the promise as it was given."""
        target = level.targets.get(clock.metric)
        if target is None:
            return
        is_paused = clock.paused_since is not None
        self._resume(clock, at)
        is_raise = level.rank < self.governing.rank
        if is_raise:
            due = target.calendar.due(at, target.duration)
            moves = due < clock.due
        else:
            due = target.calendar.due(clock.start, target.duration + clock.paused)
            moves = due > clock.due
        before = clock.due
        if moves:
            clock.level, clock.target, clock.due, clock.moved_at = level.code, target, due, at
        self._note(clock, at, level.code, before, "raise" if is_raise else "lowering")
        if is_paused:
            clock.paused_since = at

    # The clocks

    def _start_cycle(self, at: datetime) -> None:
        self.cycle += 1
        for metric in CYCLE_METRICS:
            self._start(metric, at, 1)

    def _start(self, metric: Metric, at: datetime, ordinal: int) -> None:
        target = self.governing.targets.get(metric)
        if target is None:
            return
        due = target.calendar.due(at, target.duration)
        code = self.governing.code
        clock = RunningClock(metric, self.cycle, ordinal, code, target, at, due, at)
        self.clocks.append(clock)
        self.unmet.append(clock)
        self._note(clock, at, code, None, "start")

    def _note(
        self, clock: RunningClock, at: datetime, level: str, before: datetime | None, why: Why
    ) -> None:
        self.moves.append(
            Move(clock.metric, clock.cycle, clock.ordinal, at, level, before, clock.due, why)
        )

    def _meet(self, metric: Metric, at: datetime) -> None:
        """Every clock of the metric not yet met, in every cycle, the breached ones late."""
        still_unmet = []
        for clock in self.unmet:
            if clock.metric is metric:
                self._resume(clock, at)
                clock.met_at = at
            else:
                still_unmet.append(clock)
        self.unmet = still_unmet

    # What people do

    def _act(self, at: datetime, event: TimelineEvent) -> None:
        self._meet(Metric.ACTION, at)

    def _respond(self, at: datetime) -> None:
        self._meet(Metric.RESPONSE, at)
        self._meet(Metric.NEXT_RESPONSE, at)
        self.is_unanswered = False

    def _reply(self, at: datetime, event: AgentReplied) -> None:
        self._act(at, event)
        if event.message not in self.voided:
            self._respond(at)

    def _call(self, at: datetime, event: CallLogged) -> None:
        self._act(at, event)
        if event.outcome is CallOutcome.REACHED:
            self._respond(at)

    def _solve(self, at: datetime, event: Solved) -> None:
        self._act(at, event)
        self._stop_waiting(at)
        self._meet(Metric.RESOLUTION, at)
        self.is_solved = True

    def _reopen(self, at: datetime, event: Reopened) -> None:
        self._act(at, event)
        self.is_solved = False

    def _resume_work(self, at: datetime, event: Resumed) -> None:
        self._stop_waiting(at)
        self.is_solved = False

    def _hear(self, at: datetime, event: CustomerWrote) -> None:
        if event.automatic:
            return
        self._stop_waiting(at)
        if self.is_solved:
            self.is_solved = False
            self._start_cycle(at)
        elif not self.is_unanswered:
            self._start(Metric.NEXT_RESPONSE, at, 1 + self._count_next_responses())
        self.is_unanswered = True

    def _count_next_responses(self) -> int:
        return sum(
            clock.metric is Metric.NEXT_RESPONSE and clock.cycle == self.cycle
            for clock in self.clocks
        )

    def _cancel(self, at: datetime, event: Cancelled) -> None:
        self.ended = event.reason
        for clock in self.unmet:
            if not clock.is_over(at):
                clock.cancelled_at = at

    # Waiting on the customer

    def _wait(self, at: datetime, event: WaitingStarted) -> None:
        self._act(at, event)
        if not self.is_waiting:
            self.is_waiting = True
            for clock in self.unmet:
                if clock.metric in PAUSING and not clock.is_over(at):
                    clock.paused_since = at

    def _end_wait(self, at: datetime, event: WaitingEnded) -> None:
        self._act(at, event)
        self._stop_waiting(at)

    def _stop_waiting(self, at: datetime) -> None:
        self.is_waiting = False
        for clock in self.unmet:
            self._resume(clock, at)

    def _resume(self, clock: RunningClock, at: datetime) -> None:
        """A pause moves the due instant by exactly the calendar time it lasted."""
        if clock.paused_since is None:
            return
        calendar = clock.target.calendar
        lasted = calendar.elapsed(clock.paused_since, at)
        clock.paused_since = None
        if lasted:
            before = clock.due
            clock.due = calendar.due(before, lasted)
            clock.paused += lasted
            clock.moved_at = at
            self._note(clock, at, clock.level, before, "pause")


_EFFECTS: dict[type[TimelineEvent], Callable[[TicketLife, datetime, Any], None]] = {
    UrgencyProposed: TicketLife._take_step,
    UrgencyAgreed: TicketLife._take_step,
    UrgencyWithdrawn: TicketLife._take_step,
    AgentActed: TicketLife._act,
    AgentReplied: TicketLife._reply,
    CallLogged: TicketLife._call,
    Solved: TicketLife._solve,
    Reopened: TicketLife._reopen,
    Resumed: TicketLife._resume_work,
    CustomerWrote: TicketLife._hear,
    Cancelled: TicketLife._cancel,
    WaitingStarted: TicketLife._wait,
    WaitingEnded: TicketLife._end_wait,
}
