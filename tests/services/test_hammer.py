"""Whatever people do, and in whatever order: the rows say what the timeline says."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from random import Random

import pytest
from django.db import connection

from tickets.domain.clocks import compute_clocks
from tickets.models import Alert, Clock, Delivery, Event, Ticket, UrgencyProposal
from tickets.models.timeline import domain_events
from tickets.services.drift import find_drift
from tickets.services.timers import claim_due_clocks

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = int(os.environ.get("HAMMER_STEPS", 60))
SEEDS = range(*map(int, os.environ.get("HAMMER_SEEDS", "0:3").split(":")))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_and_timeline_never_part(seed):
    # Models cannot be imported while the tests are being collected.
    from tests.services.hammer import Hammer

    hammer = Hammer(Random(seed))
    for _ in range(STEPS):
        before = written()
        refused = len(hammer.refusals)
        try:
            hammer.strike()
            if len(hammer.refusals) > refused:
                assert written() == before
            claim_due_clocks(full=True)
            look_at_everything(latest_instant())
        except BaseException as error:
            error.add_note("\n".join(hammer.steps))
            raise


def written() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Event, Ticket, Clock, Alert)}


def look_at_everything(now: datetime) -> None:
    for ticket in Ticket.objects.select_related("terms", "calendar"):
        look_at_ticket(ticket, now)
    assert find_drift(now=now) == []
    look_at_flags()
    look_at_alerts()


def look_at_ticket(ticket: Ticket, now: datetime) -> None:
    outcome = compute_clocks(
        domain_events(ticket, ticket.events.all()), terms=ticket.promised_terms(), now=now
    )
    rows = list(ticket.clocks.exclude(cancel_reason="VOID").order_by("cycle", "metric", "ordinal"))
    computed = {(each.cycle, each.metric.value, each.ordinal): each for each in outcome.clocks}
    assert [(row.cycle, row.metric, row.ordinal) for row in rows] == sorted(computed)
    for row in rows:
        look_at_clock(row, computed[row.cycle, row.metric, row.ordinal], now)
    owed = [row.due_at for row in rows if not (row.met_at or row.cancelled_at or row.paused_at)]
    assert ticket.next_due_at == min(owed, default=None)
    assert ticket.governing_level == outcome.governing
    assert ticket.governing_rank == ticket.terms.levels.get(code=outcome.governing).rank
    if ticket.status == Ticket.Status.CLOSED:
        assert outcome.ended
    else:
        assert (ticket.status == Ticket.Status.SOLVED) == outcome.is_solved
        assert (ticket.status == Ticket.Status.WAITING) == outcome.is_waiting
    table = UrgencyProposal.objects.filter(ticket=ticket, state="OPEN")
    assert {row.side.lower(): row.level for row in table} == {
        side.value: level for side, level in outcome.urgency.proposals.items()
    }


def look_at_clock(row: Clock, state, now: datetime) -> None:
    assert (row.level, row.target_seconds) == (state.level, state.target.total_seconds())
    assert (row.started_at, row.due_at, row.moved_at) == (state.start, state.due, state.moved_at)
    assert (row.met_at, row.cancelled_at) == (state.met_at, state.cancelled_at)
    assert (row.paused_at, row.breached_at) == (state.paused_since, state.breached_at)
    settled = row.met_at or row.cancelled_at or row.breached_at or row.paused_at
    assert (row.next_wake_at is None) == (settled is not None)
    if row.next_wake_at is not None:
        assert row.next_wake_at == row.marks[row.position]
        assert row.next_wake_at >= now
        assert row.marks == sorted(row.marks)
        assert row.marks[-1] == row.due_at


def look_at_flags() -> None:
    """One flag for the breach that stands; each other one was withdrawn or planned anew."""
    flags = Counter(
        Event.objects.filter(kind=Event.Kind.CLOCK_BREACHED).values_list(
            "clock_id", "clock_revision"
        )
    )
    for clock in Clock.objects.all():
        assert flags[clock.pk, clock.revision] == (clock.breached_at is not None), clock
    assert set(flags.values()) <= {1}


def look_at_alerts() -> None:
    """Nobody was mailed the same twice, but of a breach that had been withdrawn meanwhile."""
    alerts = dict(Alert.objects.values_list("pk", "threshold"))
    mails = Counter(
        Delivery.objects.filter(kind="ALERT", state="SENT").values_list(
            "alert__clock_id", "alert__threshold", "alert__recipient_id"
        )
    )
    withdrawn = Counter(
        Alert.objects.filter(state="WITHDRAWN").values_list("clock_id", "threshold", "recipient_id")
    )
    assert all(count <= 1 + withdrawn[what] for what, count in mails.items()), alerts
    assert not Alert.objects.filter(recipient__user__is_active=False).exists()


def latest_instant() -> datetime:
    """By the database's clock, or by that of a host that is ahead of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(clock_timestamp(), max(at)) FROM tickets_event")
        return cursor.fetchone()[0]
