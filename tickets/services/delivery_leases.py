"""Whose turn a delivery is: claimed by lease, held while the lease lasts, settled by its holder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import DateTimeField, Func, QuerySet

from tickets.models import Delivery

State = Delivery.State

#: Longer than a worker can take over one mail (emails.smtp.SECONDS to open, as much to send).
LEASE = timedelta(seconds=60)
#: When more alerts than this wait for one person at once, they become one mail.
SINGLE_ALERTS = 3
#: Alerts in one mail.
MOST_ALERTS = 100


class ClockTimestamp(Func):
    """The database's clock at this very moment."""

    function = "clock_timestamp"
    output_field = DateTimeField()


@dataclass(frozen=True)
class Batch:
    """Deliveries of one mail, held by `lease` and read at `now` (the database's clock)."""

    lease: UUID
    now: datetime
    deliveries: list[Delivery]


# Reads the index delivery_to_send. A leased row is due again when its lease is over.
_CLAIM = """
UPDATE tickets_delivery AS delivery
SET lease = %(lease)s,
    leased_until = clock_timestamp() + %(term)s,
    next_try_at = clock_timestamp() + %(term)s,
    attempts = delivery.attempts + 1
FROM (
    SELECT id FROM tickets_delivery
    WHERE state = 'QUEUED' AND next_try_at <= clock_timestamp() {more}
    ORDER BY next_try_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS due
WHERE delivery.id = due.id
RETURNING delivery.id, delivery.kind, delivery.address, delivery.attempts
"""
_CLAIM_NEXT = _CLAIM.format(more="")
_CLAIM_ALERTS = _CLAIM.format(more="AND kind = 'ALERT' AND address = %(address)s AND attempts = 0")


def claim() -> Batch | None:
    """The deliveries of the next mail that is due, leased; None when nothing is.

    The attempt is counted and committed before anything dangerous is done with it.
    """
    lease = uuid4()
    with transaction.atomic(durable=True):
        rows = _lease(_CLAIM_NEXT, lease=lease, limit=1)
        if not rows:
            return None
        _pk, kind, address, attempts = rows[0]
        # An alert tried before goes alone: one that cannot be sent takes no others with it.
        if kind == Delivery.Kind.ALERT and attempts == 1 and _is_a_wave(address):
            rows += _lease(_CLAIM_ALERTS, lease=lease, limit=MOST_ALERTS - 1, address=address)
    return _read(lease, [row[0] for row in rows], kind)


def held(batch: Batch, deliveries: Sequence[Delivery]) -> QuerySet[Delivery]:
    """Those of `deliveries` that this lease still holds."""
    ids = [delivery.pk for delivery in deliveries]
    return Delivery.objects.filter(pk__in=ids, lease=batch.lease, state=State.QUEUED)


def settle(
    batch: Batch, deliveries: Sequence[Delivery], *, state: Delivery.State, error: str = ""
) -> int:
    """Returns: how many rows the lease still held; 0 when somebody else took over."""
    return held(batch, deliveries).update(
        state=state,
        settled_at=ClockTimestamp(),
        lease=None,
        leased_until=None,
        latest_error=error,
    )


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


def _lease(statement: str, *, lease: UUID, limit: int, **more: Any) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {"lease": lease, "term": LEASE, "limit": limit, **more}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _is_a_wave(address: str) -> bool:
    """Whether, with the one just leased, more than `SINGLE_ALERTS` are due for this person."""
    others = Delivery.objects.filter(
        state=State.QUEUED,
        kind=Delivery.Kind.ALERT,
        address=address,
        attempts=0,
        next_try_at__lte=ClockTimestamp(),
    )
    return len(others.values_list("pk")[:SINGLE_ALERTS]) == SINGLE_ALERTS


def _read(lease: UUID, ids: Sequence[int], kind: str) -> Batch:
    related = _REPLY if kind == Delivery.Kind.REPLY else _ALERT
    deliveries = Delivery.objects.filter(pk__in=ids, lease=lease).select_related(*related)
    return Batch(lease=lease, now=database_now(), deliveries=list(deliveries.order_by("pk")))


_ALERT = (
    "alert__clock",
    "alert__recipient__user",
    "alert__ticket__customer",
    "alert__ticket__requester",
    "alert__ticket__assignee__user",
    "alert__ticket__team",
    "alert__ticket__terms",
    "alert__ticket__calendar",
)
_REPLY = ("message__agent__user", "message__ticket__customer", "message__ticket__requester")
