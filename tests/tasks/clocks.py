"""Clock rows as a plan leaves them, without the services that plan."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from tests.factories import make_ticket
from tickets.models import Clock, Ticket

TARGET = timedelta(minutes=30)


def database_now() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def make_unclocked_ticket(**overrides: Any) -> Ticket:
    """A ticket whose own clocks are out of the way."""
    ticket = make_ticket(**overrides)
    ticket.clocks.all().delete()
    return ticket


def make_clock(
    *, due_in: timedelta, warnings: Sequence[int] = (), ticket: Ticket | None = None, **fields: Any
) -> Clock:
    """A clock of 30 minutes that is due so long from now; negative: that was due so long ago."""
    due_at = fields.pop("due_at", None) or database_now() + due_in
    shares = [*warnings, 100]
    marks = [due_at - TARGET * (100 - share) / 100 for share in shares]
    plan = {
        "cycle": 1,
        "metric": "ACTION",
        "level": "URGENT",
        "target_seconds": int(TARGET.total_seconds()),
        "started_at": due_at - TARGET,
        "moved_at": due_at - TARGET,
        "marks": marks,
        "thresholds": shares,
        "next_wake_at": marks[0],
    }
    return Clock.objects.create(
        ticket=ticket or make_unclocked_ticket(), due_at=due_at, **{**plan, **fields}
    )


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)
