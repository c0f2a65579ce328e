"""Clock rows follow the timeline: recomputed by the pure function, stored, armed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, Func

from tickets.domain.calendars import CalendarError
from tickets.domain.clocks import ClockState, Outcome, compute_clocks, warning_marks
from tickets.models import Clock, Event, Ticket
from tickets.models.timeline import domain_events
from tickets.services.alerts import drop_moved_warnings, withdraw_breach
from tickets.services.errors import Unable
from tickets.services.refusals import in_words
from tickets.services.timeline import record
from tickets.services.timers import announce_wake_up, claim_due_clocks

#: A wake-up this near may come before the tickers look again.
MOMENTS = timedelta(seconds=1)
CLOCK_TIMESTAMP = Func(function="clock_timestamp", output_field=DateTimeField())

#: A plan is what the timers work from; when one of these changes, the marks are set anew.
PLAN = ("level", "target_seconds", "started_at", "due_at", "moved_at", "paused_at")


class UnableToPlan(Unable):
    pass


def plan_clocks(*, ticket: Ticket, now: datetime, is_new: bool = False) -> Outcome:
    """Recompute the clocks of `ticket` from its timeline, store and arm them.

    Runs in the caller's transaction, on a ticket the caller has locked or just made. Judged at
    `now`, at the database's clock or at the latest event, whichever is latest: nothing is undecided
    here that the timers could already have flagged, and what a host whose clock is ahead recorded
    is not forgotten. A breach is flagged in one place only: wake-ups that
    already lie in the past are claimed at once. A breach that turns out not to have been, because
    a fact was recorded late, is withdrawn by a line on the timeline (TERMS §2.4). A ticket that
    `is_new` has no rows to look for.

    Returns:
        What the pure function said.

    Raises:
        UnableToPlan: a deadline would never fall due in the calendar of this ticket.
    """
    rows = () if is_new else ticket.clocks.select_for_update(no_key=True)
    stored = {_key(clock): clock for clock in rows}
    # Together with the timeline the database tells its time.
    events = list(ticket.events.annotate(read_at=CLOCK_TIMESTAMP))
    as_of = max([now, *(max(event.read_at, event.at) for event in events)])
    outcome = _compute(ticket, events, as_of)
    plans = [_Plan.of(ticket, state, stored.get(_key(state))) for state in outcome.clocks]
    _store_plans(ticket, plans, as_of)
    computed = {_key(state) for state in outcome.clocks}
    _void(ticket, [clock for key, clock in stored.items() if key not in computed], as_of)
    _claim_past(plans, as_of)
    _store_answers(plans)
    _tell_what_moved(ticket, plans, as_of)
    _store_summary(ticket, outcome, plans)
    wake_ups = [plan.clock.next_wake_at for plan in plans if plan.clock.next_wake_at]
    # Tickers look often enough by themselves for what is not due within moments.
    announce_wake_up(min((at for at in wake_ups if at < as_of + MOMENTS), default=None))
    return outcome


def _compute(ticket: Ticket, events: Iterable[Event], as_of: datetime) -> Outcome:
    known = domain_events(ticket, events)
    try:
        return compute_clocks(known, terms=ticket.promised_terms(), now=as_of)
    except CalendarError as error:
        # Tried when it was published; since then its openings may have run out.
        raise UnableToPlan(error.code, in_words(error)) from error


@dataclass
class _Plan:
    """One clock: what the function says, the row, and what the row said before."""

    state: ClockState
    clock: Clock
    before: dict[str, Any] | None

    @classmethod
    def of(cls, ticket: Ticket, state: ClockState, clock: Clock | None) -> _Plan:
        before = None if clock is None else {name: getattr(clock, name) for name in FIGURES}
        if clock is None:
            clock = Clock(
                ticket=ticket,
                cycle=state.cycle,
                metric=state.metric.value,
                ordinal=state.ordinal,
                revision=0,
            )
        return cls(state=state, clock=clock, before=before)

    @property
    def is_new_plan(self) -> bool:
        wanted = _plan_of(self.state)
        return any(getattr(self.clock, name) != wanted[name] for name in PLAN)


#: What a correction may change; the old ones are kept on the timeline.
FIGURES = ("started_at", "due_at", "met_at", "breached_at", "cancelled_at")


def _plan_of(state: ClockState) -> dict[str, Any]:
    return {
        "level": state.level,
        "target_seconds": int(state.target.total_seconds()),
        "started_at": state.start,
        "due_at": state.due,
        "moved_at": state.moved_at,
        "paused_at": state.paused_since,
    }


def _store_plans(ticket: Ticket, plans: list[_Plan], as_of: datetime) -> None:
    """First the plan alone, so that whatever is overdue can be claimed like any other."""
    for plan in plans:
        clock = plan.clock
        if clock.breached_at is not None and plan.state.breached_at is None:
            withdraw_breach(ticket=ticket, clock=clock, at=as_of)
        if plan.is_new_plan:
            _plan_anew(plan, ticket.terms.thresholds)
        clock.met_at = clock.cancelled_at = None
        clock.cancel_reason = ""
        clock.next_wake_at = _next_wake_up(plan)
    _save(plan.clock for plan in plans)


def _plan_anew(plan: _Plan, thresholds: list[int]) -> None:
    clock, state = plan.clock, plan.state
    for name, value in _plan_of(state).items():
        setattr(clock, name, value)
    told = drop_moved_warnings(clock) if clock.pk else set()
    marks = [(share, at) for share, at in warning_marks(state, thresholds) if share not in told]
    clock.thresholds = [share for share, _ in marks]
    clock.marks = [at for _, at in marks]
    clock.position = 0
    clock.revision += 1
    # Due at another instant: if that is past too, it is flagged there; the first flag stays told.
    clock.breached_at = clock.noticed_at = None


def _void(ticket: Ticket, clocks: list[Clock], as_of: datetime) -> None:
    """By a fact recorded late these never began: the reply that a message seemed to follow came
    back, so that message is no next one. The rows stay, for what was said of them."""
    clocks = [clock for clock in clocks if clock.cancel_reason != Clock.VOID]
    for clock in clocks:
        if clock.breached_at is not None:
            withdraw_breach(ticket=ticket, clock=clock, at=as_of)
        drop_moved_warnings(clock)
        clock.met_at = clock.paused_at = clock.next_wake_at = None
        clock.cancelled_at, clock.cancel_reason = as_of, Clock.VOID
        clock.revision += 1
    _save(clocks)


def _next_wake_up(plan: _Plan) -> datetime | None:
    clock, state = plan.clock, plan.state
    is_late = state.breached_at is not None
    is_settled = state.met_at is not None or state.cancelled_at is not None
    if clock.breached_at is not None or clock.paused_at is not None:
        return None
    if is_settled and not is_late:
        return None
    # A clock met late is still to be flagged: its breach is a fact (TERMS §2.4).
    return clock.marks[clock.position] if clock.position < len(clock.marks) else None


def _claim_past(plans: list[_Plan], as_of: datetime) -> None:
    past = [p.clock for p in plans if p.clock.next_wake_at and p.clock.next_wake_at < as_of]
    if not past:
        return
    claim_due_clocks(clock_ids=[clock.pk for clock in past], as_of=as_of)
    for clock in past:
        clock.refresh_from_db(fields=["position", "next_wake_at", "breached_at", "noticed_at"])


def _store_answers(plans: list[_Plan]) -> None:
    """Then what the flags allow to be said: met (late only once breached), cancelled."""
    decided = []
    for plan in plans:
        clock, state = plan.clock, plan.state
        if state.met_at is None and state.cancelled_at is None:
            continue
        clock.met_at = state.met_at
        clock.cancelled_at = state.cancelled_at
        clock.cancel_reason = (state.cancel_reason or "").upper()
        clock.next_wake_at = None
        decided.append(clock)
    _save(decided)


def _save(clocks: Iterable[Clock]) -> None:
    clocks = list(clocks)
    new = [clock for clock in clocks if clock.pk is None]
    Clock.objects.bulk_create(new)
    # Ids the other way round never wait for each other: one ticket's rows are under its lock.
    Clock.objects.bulk_update([c for c in clocks if c not in new], STORED)


STORED = [
    *PLAN,
    "met_at",
    "breached_at",
    "noticed_at",
    "cancelled_at",
    "cancel_reason",
    "marks",
    "thresholds",
    "position",
    "next_wake_at",
    "revision",
]


def _tell_what_moved(ticket: Ticket, plans: list[_Plan], as_of: datetime) -> None:
    """Leave the old figures of every corrected or moved clock on the timeline."""
    moved = [
        {
            "metric": plan.clock.metric,
            "cycle": plan.clock.cycle,
            "level": plan.clock.level,
            "before": _as_json(plan.before),
            "after": _as_json({name: getattr(plan.clock, name) for name in FIGURES}),
        }
        for plan in plans
        if plan.before is not None and _is_rewritten(plan)
    ]
    if moved:
        record(ticket=ticket, kind=Event.Kind.CLOCKS_PLANNED, at=as_of, data={"clocks": moved})


def _is_rewritten(plan: _Plan) -> bool:
    """A figure that stood there says something else now; being decided is no rewriting."""
    assert plan.before is not None
    return any(
        old is not None and getattr(plan.clock, name) != old for name, old in plan.before.items()
    )


def _as_json(figures: dict[str, Any]) -> dict[str, str | None]:
    return {name: value and value.isoformat() for name, value in figures.items()}


def _store_summary(ticket: Ticket, outcome: Outcome, plans: list[_Plan]) -> None:
    # The deadline of a clock that stands still is not known before it runs again.
    running = [plan.clock for plan in plans if plan.clock.paused_at is None]
    owed = [clock.due_at for clock in running if not clock.is_settled]
    ticket.governing_level = outcome.governing
    ticket.governing_rank = next(
        level.rank for level in ticket.promised_terms().levels if level.code == outcome.governing
    )
    ticket.next_due_at = min(owed, default=None)
    ticket.save(update_fields=["governing_level", "governing_rank", "next_due_at"])


def _key(clock: Clock | ClockState) -> tuple[int, str, int]:
    return clock.cycle, str(clock.metric), clock.ordinal
