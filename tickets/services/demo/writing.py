"""Writing told lives into the database, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import chain
from random import Random
from typing import Any

from django.db import connection, models

from tickets.models import (
    Alert,
    Clock,
    Delivery,
    Event,
    Message,
    Ticket,
    UrgencyProposal,
)
from tickets.services.demo.cast import Cast
from tickets.services.demo.clocks import Book, add_clocks
from tickets.services.demo.life import Life

BATCH = 1000


def write_lives(lives: Iterable[Life], *, cast: Cast, rng: Random) -> None:
    """Write every row of `lives`, in the order in which the desk would have come to know it."""
    lives = sorted(lives, key=lambda life: life.ticket.recorded_at)
    _number(life.ticket for life in lives)
    messages = _in_order(lives, "messages")
    events = _in_order(lives, "events")
    book = Book(cast=cast, rng=rng)
    for life in lives:
        # Merged-in lines were added after the ticket's own later ones.
        life.events.sort(key=lambda event: event.pk)
        add_clocks(life, book)
    book.flags.sort(key=lambda flag: flag.recorded_at)
    Ticket.objects.bulk_create((life.ticket for life in lives), batch_size=BATCH)
    _name_mergers(lives)
    _write(Message, messages)
    _write(Event, events)
    _write(UrgencyProposal, chain.from_iterable(life.proposals for life in lives))
    _write(Clock, book.clocks)
    _write(Event, book.flags)
    _write(Alert, book.alerts)
    _write(Delivery, chain(book.deliveries, _reply_deliveries(messages)))


def _in_order(lives: Sequence[Life], kind: str) -> list[Any]:
    rows = sorted(
        chain.from_iterable(getattr(life, kind) for life in lives), key=lambda row: row.recorded_at
    )
    _number(rows)
    # A relation keeps the key its target had when it was set.
    for row in rows:
        row.ticket = row.ticket
        if isinstance(row, Event):
            row.message = row.message
    return rows


def _number(rows: Iterable[models.Model]) -> None:
    """Give keys from the table's own sequence, so that rows can refer to one another now."""
    rows = list(rows)
    if not rows:
        return
    table = rows[0]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, len(rows)],
        )
        keys = sorted(key for (key,) in cursor.fetchall())
    for row, key in zip(rows, keys, strict=True):
        row.pk = key


def _name_mergers(lives: Iterable[Life]) -> None:
    """Numbers are there once the tickets are written."""
    for life in lives:
        if life.merger is not None and life.ticket.merged_into is not None:
            own, other = life.merger
            own.data["into"] = life.ticket.merged_into.number
            other.data["number"] = life.ticket.number


def _write(model: type[models.Model], rows: Iterable[Any]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH)


def _reply_deliveries(messages: Iterable[Message]) -> list[Delivery]:
    return [
        Delivery(
            kind=Delivery.Kind.REPLY,
            message=message,
            address=message.ticket.requester.email,
            state=Delivery.State.SENT,
            attempts=1,
            next_try_at=message.at,
            created_at=message.at,
            settled_at=message.at + timedelta(milliseconds=700 + message.pk % 900),
        )
        for message in messages
        if message.kind == Message.Kind.PUBLIC and message.agent_id is not None
        if message.ticket.requester.email
    ]
