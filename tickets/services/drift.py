"""Do the stored clocks still say what the pure function says? The nightly look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from tickets.domain.clocks import ClockState, compute_clocks
from tickets.models import Clock, Ticket
from tickets.models.timeline import domain_events
from tickets.services.timeline import lock_ticket

#: A clock this freshly due may be on its way to being flagged.
_GRACE = timedelta(seconds=10)
_CHUNK = 500


@dataclass(frozen=True)
class Drift:
    """One figure of one clock that differs: what the row holds, what it should hold."""

    number: int
    metric: str
    cycle: int
    field: str
    stored: Any
    computed: Any


def find_drift(*, now: datetime) -> list[Drift]:
    """Every figure of an open ticket's clocks that the pure function does not confirm at `now`.

    There must be none. Repairs nothing: a difference is a bug to be understood, and any service
    that touches the ticket recomputes it anyway. A ticket that changes meanwhile is looked at
    again, held.
    """
    owed = Q(clocks__met_at=None, clocks__cancelled_at=None)
    tickets = Ticket.objects.filter(Q(status__in=Ticket.ACTIVE) | owed).distinct().order_by("pk")
    found: list[Drift] = []
    for ticket in _with_history(tickets.select_related("terms", "calendar")):
        if list(_differences(ticket, now)):
            found += _differences_held(ticket, now)
    return found


def _with_history(tickets: Any) -> Iterator[Ticket]:
    latest = 0
    while chunk := list(tickets.filter(pk__gt=latest)[:_CHUNK]):
        prefetch_related_objects(chunk, "events", "clocks")
        yield from chunk
        latest = chunk[-1].pk


def _differences_held(ticket: Ticket, now: datetime) -> list[Drift]:
    with transaction.atomic():
        held = lock_ticket(ticket)
        # Claims hold the clocks, not the ticket: wait for those as well.
        list(held.clocks.select_for_update(no_key=True))
        return list(_differences(held, now))


def _differences(ticket: Ticket, now: datetime) -> Iterator[Drift]:
    events = domain_events(ticket, ticket.events.all())
    outcome = compute_clocks(events, terms=ticket.promised_terms(), now=now)
    stored = {(c.cycle, c.metric, c.ordinal): c for c in ticket.clocks.all()}
    for state in outcome.clocks:
        clock = stored.pop((state.cycle, state.metric.value, state.ordinal), None)
        if clock is None:
            yield Drift(ticket.number, state.metric, state.cycle, "row", None, state.due)
        else:
            yield from _compare(ticket, clock, state, now)
    for clock in stored.values():
        if clock.cancel_reason == Clock.VOID:
            continue
        yield Drift(ticket.number, clock.metric, clock.cycle, "row", clock.due_at, None)


def _compare(ticket: Ticket, clock: Clock, state: ClockState, now: datetime) -> Iterator[Drift]:
    for field, (stored, computed) in _figures(clock, state).items():
        if stored != computed and not _is_on_its_way(field, clock, now):
            yield Drift(ticket.number, clock.metric, clock.cycle, field, stored, computed)


def _figures(clock: Clock, state: ClockState) -> dict[str, tuple[Any, Any]]:
    return {
        "level": (clock.level, state.level),
        "target_seconds": (clock.target_seconds, int(state.target.total_seconds())),
        "started_at": (clock.started_at, state.start),
        "due_at": (clock.due_at, state.due),
        "moved_at": (clock.moved_at, state.moved_at),
        "met_at": (clock.met_at, state.met_at),
        "breached_at": (clock.breached_at, state.breached_at),
        "cancelled_at": (clock.cancelled_at, state.cancelled_at),
        "paused_at": (clock.paused_at, state.paused_since),
        # A clock that can still be missed must wake somebody.
        "is_armed": (
            clock.next_wake_at is not None,
            state.is_running and state.breached_at is None,
        ),
    }


def _is_on_its_way(field: str, clock: Clock, now: datetime) -> bool:
    return field in ("breached_at", "is_armed") and abs(now - clock.due_at) < _GRACE
