"""Finding tickets, with an end to the work however many there are.

Open tickets come first, by next deadline; then the others, the newest first. Without words the
indexes of the queue do it. With words there are two ways, and which is quick depends on how many
tickets have the words, which only trying tells:

- walk: look at the first tickets in order and keep those that have the words. Quick when many do.
- index: ask the text index for all that have them, then put these in order. Quick when few do.

So a short walk is tried first, then the index up to a limit, and only for words that are frequent
among all tickets but not among the first ones a long walk, which may end before all were seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from tickets.domain.search import Query
from tickets.models import Ticket
from tickets.selectors.search_conditions import (
    Reader,
    Text,
    condition_of_query,
    is_of_open_tickets,
    may_be_open,
    text_of_query,
)

#: Tickets that a first walk looks at, and a long one.
SHORT_WALK = 2_000
LONG_WALK = 20_000
#: Most that the text index is asked for.
CANDIDATES = 5_000
#: Nobody turns pages beyond this many finds.
MOST_FOUND = 1_000


@dataclass(frozen=True, kw_only=True)
class Found:
    #: In order; when there are more than were looked for, not all.
    pks: tuple[int, ...]
    #: There are more, or there may be.
    is_capped: bool = False
    #: Not every ticket was looked at, so one may be missing among these.
    is_partial: bool = False


def scope_of(tickets: QuerySet[Ticket], query: Query, *, reader: Reader) -> QuerySet[Ticket]:
    """The tickets that a search without words asks for: open ones, unless it says otherwise."""
    scope = tickets.filter(condition_of_query(query, reader=reader))
    return scope.filter(status__in=Ticket.ACTIVE) if is_of_open_tickets(query) else scope


def find_tickets(tickets: QuerySet[Ticket], query: Query, *, reader: Reader, wanted: int) -> Found:
    """The first `wanted` tickets, or some more, that the search asks for: one to three queries."""
    scope = scope_of(tickets, query, reader=reader)
    words = text_of_query(query)
    parts = [_open(scope)] if may_be_open(query) else []
    parts += [] if is_of_open_tickets(query) else [_others(scope)]
    if words is None:
        return _slice(parts, wanted=wanted)
    walk = _walk(parts[:1], words, length=SHORT_WALK, wanted=wanted)
    if len(walk.pks) >= wanted or (walk.is_whole and len(parts) == 1):
        return Found(pks=walk.pks, is_capped=not walk.is_whole or len(parts) > 1)
    indexed = _ask_index(scope, words)
    if indexed is not None:
        return Found(pks=indexed)
    walk = _walk(parts, words, length=LONG_WALK, wanted=wanted)
    is_partial = not walk.is_whole and len(walk.pks) < wanted
    return Found(pks=walk.pks, is_capped=not walk.is_whole, is_partial=is_partial)


# --- Without words --------------------------------------------------------------------------------


def _slice(parts: list[QuerySet[Ticket]], *, wanted: int) -> Found:
    pks: list[int] = []
    for part in parts:
        if len(pks) <= wanted:
            pks += part.values_list("pk", flat=True)[: wanted + 1 - len(pks)]
    return Found(pks=tuple(pks), is_capped=len(pks) > wanted)


def _open(scope: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return scope.filter(status__in=Ticket.ACTIVE).order_by(F("next_due_at").asc(), "pk")


def _others(scope: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return scope.exclude(status__in=Ticket.ACTIVE).order_by("-pk")


# --- With words -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Walk:
    pks: tuple[int, ...]
    #: Every ticket of the parts was looked at.
    is_whole: bool


def _walk(parts: list[QuerySet[Ticket]], words: Text, *, length: int, wanted: int) -> _Walk:
    """Of the first `length` tickets of each part those that have the words, in order."""
    pks: tuple[int, ...] = ()
    is_whole = True
    for part in parts:
        if len(pks) >= wanted:
            return _Walk(pks=pks, is_whole=False)
        looked_at, found = _walk_part(part, words, length=length)
        pks += found
        is_whole = is_whole and looked_at <= length
    return _Walk(pks=pks, is_whole=is_whole)


def _walk_part(
    ordered: QuerySet[Ticket], words: Text, *, length: int
) -> tuple[int, tuple[int, ...]]:
    step, bounds = _sql(ordered.values("pk")[: length + 1])
    asked, asked_bounds = words
    statement = f"""
        WITH walked AS MATERIALIZED (
            SELECT pk, row_number() OVER () AS place FROM ({step}) AS step (pk)
        )
        SELECT (SELECT count(*) FROM walked), ARRAY(
            SELECT walked.pk FROM walked
            JOIN tickets_ticketsearch AS search ON search.ticket_id = walked.pk
            WHERE walked.place <= %s AND search.document @@ {asked}
            ORDER BY walked.place
        )
    """
    looked_at, pks = _row(statement, [*bounds, length, *asked_bounds])
    return looked_at, tuple(pks)


def _ask_index(scope: QuerySet[Ticket], words: Text) -> tuple[int, ...] | None:
    """All that have the words, in order: one query. None when too many tickets have them."""
    asked, asked_bounds = words
    step, bounds = _sql(scope.order_by().values_list("pk", "status", "next_due_at"))
    statement = f"""
        WITH candidate AS MATERIALIZED (
            SELECT tickets_search_candidates({asked}, %s) AS pk
        )
        SELECT (SELECT count(*) FROM candidate), ARRAY(
            SELECT ticket.pk
            FROM (SELECT pk, due_at, status = ANY(%s) AS is_open
                  FROM ({step}) AS step (pk, status, due_at)) AS ticket
            WHERE pk IN (SELECT pk FROM candidate)
            ORDER BY is_open DESC, CASE WHEN is_open THEN due_at END,
                CASE WHEN is_open THEN pk ELSE -pk END
        )
    """
    first = [*asked_bounds, CANDIDATES + 1, list(Ticket.ACTIVE)]
    count, pks = _row(statement, [*first, *bounds])
    return None if count > CANDIDATES else tuple(pks)


def _row(statement: str, bounds: list[Any]) -> tuple[int, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, bounds)
        ((count, pks),) = cursor.fetchall()
    return count, pks


def _sql(queryset: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    return queryset.query.sql_with_params()
