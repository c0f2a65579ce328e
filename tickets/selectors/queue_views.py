"""The views of the queue: which tickets belong to each, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
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
class Count:
    count: int
    #: Not everything was counted, whatever the number.
    is_at_least: bool = False

    @property
    def is_capped(self) -> bool:
        """There are more than were counted."""
        return self.is_at_least or self.count > COUNT_LIMIT

    @property
    def text(self) -> str:
        number = min(self.count, COUNT_LIMIT)
        return f"{number}+" if self.is_capped else str(number)


@dataclass(frozen=True, kw_only=True)
class ViewCount(Count):
    view: View


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


def count_views(
    tickets: QuerySet[Ticket],
    *,
    agent: Agent,
    now: datetime,
    further: Sequence[QuerySet[Ticket]] = (),
) -> tuple[tuple[ViewCount, ...], tuple[Count, ...]]:
    """How many tickets each view has, and each of the `further` lists: one query.

    None is counted beyond the limit.
    """
    lists = [tickets.filter(condition_of(view, agent=agent, now=now)) for view in View]
    parts: list[str] = []
    parameters: list[Any] = []
    for each in [*lists, *further]:
        capped = each.order_by().values("pk")[: COUNT_LIMIT + 1]
        sql, given = capped.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS capped)")
        parameters.extend(given)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), parameters)
        counts = cursor.fetchone() or ()
    views = tuple(ViewCount(view=view, count=n) for view, n in zip(View, counts, strict=False))
    return views, tuple(Count(count=n) for n in counts[len(View) :])
