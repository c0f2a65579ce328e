"""Why this deadline: the computation of a clock, stretch by stretch, for anybody to redo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from tickets.domain.calendars import AlwaysOpen, Segment
from tickets.domain.clock_states import ClockState, Move
from tickets.models import Clock, Ticket, User
from tickets.selectors.access import get_ticket_for
from tickets.selectors.clocks import metric_label
from tickets.selectors.levels import name_level
from tickets.selectors.outlook import Outlook, look_at
from tickets.templatetags.punctuation import colon

ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part [start, end) of the way to the deadline."""

    start: datetime
    end: datetime
    is_counted: bool
    #: Why it counted or did not, in words, with the holiday's name where there is one.
    reason: str
    #: Time counted in it, and in all up to its end.
    counted: timedelta
    total: timedelta


@dataclass(frozen=True, kw_only=True)
class MoveView:
    """How the deadline came about, or why it stayed."""

    at: datetime
    level_name: str
    #: The rule that was applied, in words.
    text: str
    #: None: the first deadline.
    before: datetime | None
    after: datetime

    @property
    def is_moved(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, kw_only=True)
class Why:
    clock_id: int
    metric: str
    label: str
    cycle: int
    level_name: str
    target: timedelta
    #: "Round the clock", or the calendar's name and version.
    hours_label: str
    #: The zone the hours are read in; empty round the clock.
    zone: str
    #: What the target was counted from: the start, or the raise that set the deadline.
    counted_from: datetime
    due_at: datetime
    stretches: tuple[Stretch, ...]
    moves: tuple[MoveView, ...]


def get_why(
    *, user: User | AnonymousUser, number: int, metric: str, cycle: int, now: datetime
) -> Why:
    """Why the newest clock of `metric` in `cycle` of ticket `number` is due when it is.

    Raises:
        Ticket.DoesNotExist: there is none, or `user` may not know of it.
        Clock.DoesNotExist: the ticket has no such clock.
    """
    ticket = get_ticket_for(user=user, number=number)
    clock = ticket.clocks.filter(metric=metric, cycle=cycle).order_by("ordinal").last()
    outlook = look_at(ticket, events=list(ticket.events.order_by("pk")), now=now)
    why = explain_clock(clock, outlook=outlook) if clock is not None else None
    if why is None:
        raise Clock.DoesNotExist
    return why


def explain_clock(clock: Clock, *, outlook: Outlook) -> Why | None:
    """The ledger of `clock`; None should the pure function not know it."""
    state = outlook.state_of(clock)
    if state is None:
        return None
    moves = [move for move in outlook.outcome.moves if _key(move) == _key(state)]
    counted_from = _counted_from(state, moves)
    end = max(counted_from, state.due)
    return Why(
        clock_id=clock.pk,
        metric=clock.metric,
        label=metric_label(clock.metric),
        cycle=clock.cycle,
        level_name=name_level(terms_id=outlook.ticket.terms_id, code=state.level),
        target=state.target,
        hours_label=hours_label(state, ticket=outlook.ticket),
        zone="" if isinstance(state.calendar, AlwaysOpen) else state.calendar.timezone,
        counted_from=counted_from,
        due_at=state.due,
        stretches=tuple(_stretches(state.calendar.explain(counted_from, end))),
        moves=tuple(_view_move(move, ticket=outlook.ticket) for move in moves),
    )


def hours_label(state: ClockState, *, ticket: Ticket) -> str:
    """In which hours a clock counts."""
    if isinstance(state.calendar, AlwaysOpen):
        return _("round the clock")
    return _("in business hours (%(calendar)s)") % {"calendar": ticket.calendar}


def _counted_from(state: ClockState, moves: list[Move]) -> datetime:
    """Where the target of the deadline in force was counted from (TERMS §2.7).

    A raise sets change + new target; a first deadline and a lowering set start + target.
    """
    effective = [move for move in moves if move.before != move.after and move.why != "pause"]
    latest = effective[-1] if effective else None
    return latest.at if latest is not None and latest.why == "raise" else state.start


def _stretches(segments: Iterable[Segment]) -> Iterable[Stretch]:
    total = ZERO
    for segment in segments:
        counted = segment.end - segment.start if segment.counted else ZERO
        total += counted
        yield Stretch(
            start=segment.start,
            end=segment.end,
            is_counted=segment.counted,
            reason=_reason(segment),
            counted=counted,
            total=total,
        )


def _reason(segment: Segment) -> str:
    words = {
        "open": _("open"),
        "closed_hours": _("outside business hours"),
        "closed_day": _("holiday"),
        "closure": _("closed for the time being"),
    }
    word = words[segment.reason]
    return f"{word}{colon()}{segment.name}" if segment.name else word


def _view_move(move: Move, *, ticket: Ticket) -> MoveView:
    return MoveView(
        at=move.at,
        level_name=name_level(terms_id=ticket.terms_id, code=move.level),
        text=_rule(move),
        before=move.before,
        after=move.after,
    )


def _rule(move: Move) -> str:
    is_moved = move.before != move.after
    if move.why == "raise":
        if is_moved:
            return _("More urgent: the new target from this instant on is earlier")
        return _("More urgent: the deadline it had is earlier, and stays")
    if move.why == "lowering":
        if is_moved:
            return _("Less urgent: the new target from the start on is later")
        return _("Less urgent: the deadline it had is later, and stays")
    if move.why == "pause":
        return _("Waited for the customer: moved by the time it waited")
    return _("Start plus target")


def _key(clock: ClockState | Move) -> tuple[str, int, int]:
    return (clock.metric.value, clock.cycle, clock.ordinal)
