"""The clocks of a told life: rows, flags, alerts and mails as the timers would have left them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from tickets.domain.clocks import ClockState, Outcome, compute_clocks, warning_marks
from tickets.domain.terms import PAUSING
from tickets.models import Agent, Alert, Clock, Delivery, Event
from tickets.models.timeline import domain_events
from tickets.services.demo.cast import Cast
from tickets.services.demo.life import Life

BREACH = 100


@dataclass
class Book:
    """What is written beside the told steps themselves, and who can be told."""

    cast: Cast
    rng: Random
    clocks: list[Clock] = field(default_factory=list)
    flags: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """A deadline while it was in force: until `ends` its marks could be flagged."""

    revision: int
    state: ClockState
    ends: datetime


def add_clocks(life: Life, book: Book) -> None:
    """Compute the clocks of `life` from its timeline and add their rows; settle the ticket's own.

    Needs the keys of messages and events; flags are what came due before `life.now`.
    """
    outcome = outcome_of(life)
    clocks = [_add_clock(life, state, outcome, book) for state in outcome.clocks]
    ticket = life.ticket
    ticket.governing_level = outcome.governing
    ticket.governing_rank = life.terms.level(outcome.governing).rank
    running = [clock for clock in clocks if clock.paused_at is None]
    owed = [clock.due_at for clock in running if not clock.is_settled]
    ticket.next_due_at = min(owed, default=None)


def outcome_of(life: Life) -> Outcome:
    return compute_clocks(domain_events(life.ticket, life.events), terms=life.terms, now=life.now)


def rings_within(life: Life, span: timedelta) -> bool:
    """Whether a mark of its clocks lies so near ahead that it could go by before anybody looks."""
    return any(
        life.now - span < at < life.now + span
        for state in outcome_of(life).clocks
        if state.met_at is None and state.cancelled_at is None
        for _, at in warning_marks(state, life.terms.thresholds)
    )


def _add_clock(life: Life, state: ClockState, outcome: Outcome, book: Book) -> Clock:
    clock = Clock(
        ticket=life.ticket,
        cycle=state.cycle,
        metric=state.metric.value,
        ordinal=state.ordinal,
        level=state.level,
        target_seconds=int(state.target.total_seconds()),
        started_at=state.start,
        due_at=state.due,
        moved_at=state.moved_at,
        paused_at=state.paused_since,
        met_at=state.met_at,
        breached_at=state.breached_at,
        cancelled_at=state.cancelled_at,
        cancel_reason=(state.cancel_reason or "").upper(),
    )
    book.clocks.append(clock)
    told: set[int] = set()
    for plan in _plans(life, state, outcome):
        marks = [
            mark for mark in warning_marks(plan.state, life.terms.thresholds) if mark[0] not in told
        ]
        clock.revision = plan.revision
        clock.thresholds, clock.marks = [m[0] for m in marks], [m[1] for m in marks]
        gone = [mark for mark in marks if mark[1] < plan.ends]
        clock.position = len(gone)
        for threshold, at in gone:
            told.add(threshold)
            _flag(life, clock, threshold, at, book)
    clock.next_wake_at = _next_wake_at(clock)
    return clock


def _plans(life: Life, state: ClockState, outcome: Outcome) -> Iterator[Plan]:
    """Each deadline the clock has had, in order; while it was paused there was none."""
    key = (state.metric, state.cycle, state.ordinal)
    moves = [
        move
        for move in outcome.moves
        if (move.metric, move.cycle, move.ordinal) == key and move.before != move.after
    ]
    settled = state.met_at or state.cancelled_at or life.now
    pauses = life.waits if state.metric in PAUSING else []
    for revision, move in enumerate(moves, start=1):
        target = life.terms.level(move.level).targets[state.metric]
        ends = [settled, *(pause for pause in pauses if pause >= move.at)]
        if revision < len(moves):
            ends.append(moves[revision].at)
        planned = replace(
            state,
            level=move.level,
            target=target.duration,
            calendar=target.calendar,
            moved_at=move.at,
            due=move.after,
            paused_since=None,
        )
        yield Plan(revision=revision, state=planned, ends=min(ends))
    if state.paused_since is not None:
        yield Plan(revision=len(moves) + 1, state=state, ends=settled)


def _next_wake_at(clock: Clock) -> datetime | None:
    is_over = clock.is_settled or clock.breached_at is not None
    if is_over or clock.position >= len(clock.marks):
        return None
    wake_at: datetime = clock.marks[clock.position]
    return wake_at


def _flag(life: Life, clock: Clock, threshold: int, at: datetime, book: Book) -> None:
    noticed = at + timedelta(microseconds=book.rng.randrange(1_500, 9_000))
    is_breach = threshold == BREACH
    if is_breach:
        clock.noticed_at = noticed
    flag = Event(
        ticket=life.ticket,
        kind=Event.Kind.CLOCK_BREACHED if is_breach else Event.Kind.CLOCK_WARNED,
        at=at,
        recorded_at=noticed,
        clock=clock,
        clock_revision=clock.revision,
        threshold=threshold,
        data={"metric": clock.metric, "cycle": clock.cycle, "level": clock.level},
    )
    book.flags.append(flag)
    for recipient in _recipients(life, at, is_breach, book.cast):
        _tell(recipient, clock, threshold, flag, book)


def _recipients(life: Life, at: datetime, is_breach: bool, cast: Cast) -> list[Agent]:
    """Whose it was at that instant, else the team; the lead of a breach as well."""
    assigned = [agent for since, agent in life.assignments if since <= at]
    assignee = assigned[-1] if assigned else None
    team = life.ticket.team
    assert team is not None
    told = [assignee] if assignee else cast.team_agents(team)
    if is_breach and team.lead is not None and team.lead not in told:
        told.append(team.lead)
    return told


def _tell(recipient: Agent, clock: Clock, threshold: int, flag: Event, book: Book) -> None:
    sent = flag.recorded_at + timedelta(milliseconds=book.rng.randrange(300, 1900))
    alert = Alert(
        clock=clock,
        ticket=flag.ticket,
        recipient=recipient,
        threshold=threshold,
        clock_revision=clock.revision,
        state=Alert.State.SENT,
        created_at=flag.recorded_at,
        settled_at=sent,
    )
    book.alerts.append(alert)
    book.deliveries.append(
        Delivery(
            kind=Delivery.Kind.ALERT,
            alert=alert,
            address=recipient.user.email,
            state=Delivery.State.SENT,
            attempts=1,
            next_try_at=flag.recorded_at,
            created_at=flag.recorded_at,
            settled_at=sent,
        )
    )
