"""The views of the queue: which tickets belong to each, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, TextChoices

from tickets.models import Agent, Ticket

#: The view of what comes next: the next deadline is at most this far away.
SOON_WITHIN = timedelta(hours=2)
#: Counts stop after this, so that a large backlog costs no more than a small one.
COUNT_LIMIT = 1000


class View(TextChoices):
    """By their names in addresses; what they are called is said where they are shown."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    SOON = "soon"
    BREACHED = "breached"
    WAITING = "waiting"
    VOICEMAIL = "voicemail"
    SOLVED = "solved"


@dataclass(frozen=True, kw_only=True)
class ViewCount:
    view: View
    count: int

    @property
    def is_capped(self) -> bool:
        """There are more than were counted."""
        return self.count > COUNT_LIMIT

    @property
    def text(self) -> str:
        return f"{COUNT_LIMIT}+" if self.is_capped else str(self.count)


def condition_of(view: View, *, agent: Agent, now: datetime) -> Q:
    if view == View.WAITING:
        return Q(status=Ticket.Status.WAITING)
    if view == View.SOLVED:
        return Q(status=Ticket.Status.SOLVED)
    narrower = {
        View.ALL: Q(),
        View.MINE: Q(assignee=agent),
        View.UNASSIGNED: Q(assignee=None),
        # A clock is in time until its due instant is over (TERMS §2.4).
        View.SOON: Q(next_due_at__gte=now, next_due_at__lte=now + SOON_WITHIN),
        View.BREACHED: Q(next_due_at__lt=now),
        View.VOICEMAIL: Q(unreturned_since__isnull=False),
    }
    return Q(status__in=Ticket.ACTIVE) & narrower[view]


def count_views(tickets: QuerySet[Ticket], *, agent: Agent, now: datetime) -> tuple[ViewCount, ...]:
    """How many tickets each view has, none counted beyond the limit: one query."""
    parts: list[str] = []
    parameters: list[Any] = []
    for view in View:
        capped = tickets.filter(condition_of(view, agent=agent, now=now)).values("pk")[
            : COUNT_LIMIT + 1
        ]
        sql, given = capped.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS capped)")
        parameters.extend(given)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), parameters)
        counts = cursor.fetchone()
    return tuple(ViewCount(view=view, count=n) for view, n in zip(View, counts, strict=True))
