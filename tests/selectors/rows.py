"""Ticket rows as they stand in the queue, many at once and without their history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.factories import make_contact, standard_calendar, standard_terms
from tickets.models import Contact, Ticket


class Rows:
    """Makes plain rows; whatever is not given is an open, non-urgent ticket without a deadline."""

    def __init__(self, now: datetime, requester: Contact | None = None) -> None:
        self.now = now
        terms = standard_terms()
        self.levels = list(terms.levels.order_by("rank"))
        self.fields: dict[str, Any] = {
            "subject": "Delivery reports are late",
            "channel": Ticket.Channel.EMAIL,
            "status": Ticket.Status.OPEN,
            "requester": requester or make_contact(),
            "received_at": now - timedelta(days=1),
            "recorded_at": now,
            "terms": terms,
            "calendar": standard_calendar(),
            "calendar_zone": "Europe/Paris",
        }

    def row(self, *, due: float | None = None, left: float | None = None, **fields: Any) -> Ticket:
        """`due` in minutes from now; `left` how many minutes ago an unreturned message was left."""
        rank = fields.pop("rank", 1)
        return Ticket(
            next_due_at=None if due is None else self.now + timedelta(minutes=due),
            unreturned_since=None if left is None else self.now - timedelta(minutes=left),
            governing_level=self.levels[rank].code,
            governing_rank=rank,
            **{**self.fields, **fields},
        )

    def make(self, **fields: Any) -> Ticket:
        return self.make_all([self.row(**fields)])[0]

    def make_all(self, rows: list[Ticket]) -> list[Ticket]:
        return Ticket.objects.bulk_create(rows)
