"""The queue: which tickets to work on, in which order, and how many there are of each kind.

Every list is an ordered read of one partial index over the tickets still open, so its cost does
not grow with the tickets already closed. Messages to return are few; their keys are read whole and
merged into the window of the others that the page can touch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from django.contrib.auth.models import AnonymousUser
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast

from tickets.models import Clock, Level, Ticket, UrgencyProposal, User
from tickets.selectors.access import agent_of, visible_tickets
from tickets.selectors.clocks import ClockView, view_clock
from tickets.selectors.levels import name_level
from tickets.selectors.queue_order import Key, Place, Unreturned, key_of, keys_of_unreturned
from tickets.selectors.queue_views import View, ViewCount, condition_of, count_views


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    ticket: Ticket
    level_name: str
    #: The level that is most urgent by the terms.
    is_most_urgent: bool
    #: The level governs because both sides agreed.
    is_agreed: bool
    #: The newest cycle and whatever is still owed, by due instant; those owed first.
    clocks: tuple[ClockView, ...]

    @property
    def next_clock(self) -> ClockView | None:
        """The promise that is owed next; None when nothing is owed."""
        return next((clock for clock in self.clocks if clock.is_owed), None)

    @property
    def is_unreturned(self) -> bool:
        return self.ticket.unreturned_since is not None


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    view: View
    rows: tuple[QueueRow, ...]
    #: Counted from 1.
    page: int
    page_size: int
    has_next: bool
    #: In the order of `View`.
    counts: tuple[ViewCount, ...]
    now: datetime

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def count(self) -> ViewCount:
        """How many tickets this view has."""
        return next(count for count in self.counts if count.view == self.view)


def list_queue(
    *,
    user: User | AnonymousUser,
    view: View,
    page: int,
    now: datetime,
    page_size: int = 50,
) -> QueuePage:
    """Page `page` (from 1) of `view` for `user`; an empty page past the end, or for no agent."""
    agent = agent_of(user)
    if agent is None:
        counts = tuple(ViewCount(view=each, count=0) for each in View)
        return QueuePage(
            view=view, rows=(), page=1, page_size=page_size, has_next=False, counts=counts, now=now
        )
    page = max(page, 1)
    start = (page - 1) * page_size
    tickets = visible_tickets(user=user).filter(condition_of(view, agent=agent, now=now))
    keys = _window(tickets, view=view, start=start, size=page_size + 1)
    return QueuePage(
        view=view,
        rows=_rows(keys[:page_size], now=now),
        page=page,
        page_size=page_size,
        has_next=len(keys) > page_size,
        counts=count_views(visible_tickets(user=user), agent=agent, now=now),
        now=now,
    )


def get_row(*, user: User | AnonymousUser, number: int, now: datetime) -> QueueRow:
    """One row by itself, for a page that heard that the ticket changed.

    Raises:
        Ticket.DoesNotExist: there is none, or `user` may not know of it.
    """
    ticket = visible_tickets(user=user).only("pk").get(number=number)
    return _rows([ticket.pk], now=now)[0]


def _window(tickets: QuerySet[Ticket], *, view: View, start: int, size: int) -> list[int]:
    """Primary keys of the places `start` … `start + size` of the list, in its order."""
    if view == View.VOICEMAIL:
        return _slice(tickets, ("governing_rank", "unreturned_since", "pk"), start, size)
    if view == View.SOLVED:
        # What was solved without a word may still owe a response: those first.
        return _slice(tickets, ("next_due_at", F("solved_at").desc(), "-pk"), start, size)
    unreturned = _unreturned(tickets)
    # Of the others before the window, at most so many can be pushed into it by messages to return.
    skipped = max(0, start - len(unreturned))
    others = _others(tickets, view=view)[skipped : start + size]
    keyed = [(key_of(place), place[1]) for place in others.values_list("next_due_at", "pk")]
    merged = list(merge(unreturned, keyed))
    return [pk for _key, pk in merged[start - skipped : start - skipped + size]]


def _slice(
    tickets: QuerySet[Ticket], order: tuple[str | OrderBy, ...], start: int, size: int
) -> list[int]:
    return list(tickets.order_by(*order).values_list("pk", flat=True)[start : start + size])


def _others(tickets: QuerySet[Ticket], *, view: View) -> QuerySet[Ticket]:
    # The assignee is one and the same in that view; naming it lets its index give the order.
    leading = ("assignee",) if view == View.UNASSIGNED else ()
    return tickets.filter(unreturned_since=None).order_by(*leading, "next_due_at", "pk")


def _unreturned(tickets: QuerySet[Ticket]) -> list[tuple[Key, int]]:
    """Keys of all tickets of the list with a message to return, in order: one query.

    Read together with the first other ticket of each level, which they stand just before.
    """
    first = tickets.filter(unreturned_since=None, governing_rank=OuterRef("rank"))
    first = first.order_by("next_due_at", "pk")
    firsts = (
        Level.objects.order_by()
        .values("rank")
        .distinct()
        .annotate(
            # Cast, or the union takes the bare NULL for text.
            since=Cast(Value(None), DateTimeField()),
            due_at=Subquery(first.values("next_due_at")[:1]),
            first_pk=Subquery(first.values("pk")[:1]),
        )
    )
    rows = (
        tickets.filter(unreturned_since__isnull=False)
        .order_by()
        .values_list("governing_rank", "unreturned_since", "next_due_at", "pk")
        .union(firsts.values_list("rank", "since", "due_at", "first_pk"), all=True)
    )
    return _key_unreturned(rows)


def _key_unreturned(
    rows: Iterable[tuple[int, datetime | None, datetime | None, int | None]],
) -> list[tuple[Key, int]]:
    unreturned: list[Unreturned] = []
    firsts: dict[int, Place] = {}
    for rank, since, due_at, pk in rows:
        if pk is None:
            continue
        if since is None:
            firsts[rank] = (due_at, pk)
        else:
            unreturned.append(Unreturned(pk=pk, rank=rank, since=since, due_at=due_at))
    return keys_of_unreturned(unreturned, firsts=firsts)


def _rows(pks: list[int], *, now: datetime) -> tuple[QueueRow, ...]:
    agreed = UrgencyProposal.objects.filter(
        ticket=OuterRef("pk"), state=UrgencyProposal.State.AGREED
    )
    tickets = (
        Ticket.objects.select_related("requester", "customer", "assignee__user")
        .annotate(is_agreed=Exists(agreed))
        .in_bulk(pks)
    )
    clocks: dict[int, list[Clock]] = {pk: [] for pk in pks}
    for clock in _clocks(pks):
        clocks[clock.ticket_id].append(clock)
    # A ticket is never deleted, but it costs nothing not to rely on it.
    return tuple(_row(tickets[pk], clocks[pk], now=now) for pk in pks if pk in tickets)


def _clocks(pks: list[int]) -> QuerySet[Clock]:
    """Of each ticket the newest cycle and whatever is still owed, by due instant."""
    newest = Clock.objects.filter(ticket=OuterRef("ticket")).values("ticket")
    return Clock.objects.filter(
        Q(met_at=None, cancelled_at=None)
        | Q(cycle=Subquery(newest.annotate(newest=Max("cycle")).values("newest"))),
        ticket__in=pks,
    ).order_by("due_at", "pk")


def _row(ticket: Ticket, clocks: list[Clock], *, now: datetime) -> QueueRow:
    views = [view_clock(clock, terms_id=ticket.terms_id, now=now) for clock in clocks]
    return QueueRow(
        ticket=ticket,
        level_name=name_level(terms_id=ticket.terms_id, code=ticket.governing_level),
        is_most_urgent=ticket.governing_rank == 0,
        is_agreed=ticket.is_agreed,  # type: ignore[attr-defined]
        clocks=tuple(sorted(views, key=lambda view: not view.is_owed)),
    )
