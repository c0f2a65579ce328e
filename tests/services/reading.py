"""What the tests of services look at."""

from __future__ import annotations

from tickets.models import Clock, Ticket


def clock(ticket: Ticket, metric: str, cycle: int = 1) -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric, cycle=cycle)


def timeline(ticket: Ticket) -> list[str]:
    return list(ticket.events.order_by("at", "pk").values_list("kind", flat=True))
