"""The queue: which tickets to work on, in which order, and how many there are of each kind.

Every list is an ordered read of one partial index over the tickets still open, so its cost does
not grow with the tickets already closed. Messages to return are few; their keys are read whole and
merged into the window of the others that the page can touch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    DateTimeField,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast

from tickets.domain.search import Query
from tickets.models import Clock, Level, Ticket, UrgencyProposal, User
from tickets.selectors.access import agent_of, visible_tickets
from tickets.selectors.clocks import ClockView, view_clock
from tickets.selectors.highlights import Piece, annotate_marks, excerpt_of, pieces_of
from tickets.selectors.levels import name_level
from tickets.selectors.queue_order import Key, Place, Unreturned, key_of, keys_of_unreturned
from tickets.selectors.queue_views import Count, View, ViewCount, condition_of, count_views
from tickets.selectors.saved_views import SavedViewCount, list_saved
from tickets.selectors.search import MOST_FOUND, find_tickets, scope_of
from tickets.selectors.search_conditions import (
    Reader,
    is_of_open_tickets,
    marks_of_query,
    text_of_query,
)


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
    #: The subject and a line of a message with the searched words marked; empty without words.
    subject: tuple[Piece, ...] = ()
    excerpt: tuple[Piece, ...] = ()

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
    #: What was searched for; then the view says nothing.
    query: Query = field(default_factory=Query)
    found: Count | None = None
    #: The search ended before every ticket was looked at: one may be missing.
    is_partial: bool = False
    saved_views: tuple[SavedViewCount, ...] = ()

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def count(self) -> Count:
        """How many tickets this view has, or the search found."""
        return self.found or next(count for count in self.counts if count.view == self.view)


def list_queue(
    *,
    user: User | AnonymousUser,
    view: View,
    page: int,
    now: datetime,
    page_size: int = 50,
    query: Query | None = None,
) -> QueuePage:
    """Page `page` (from 1) of `view` for `user`; an empty page past the end, or for no agent.

    With a `query` that asks for something, what it finds among all tickets instead of the view.
    """
    agent = agent_of(user)
    query = query or Query()
    if agent is None:
        counts = tuple(ViewCount(view=each, count=0) for each in View)
        return QueuePage(
            view=view, rows=(), page=1, page_size=page_size, has_next=False, counts=counts, now=now
        )
    page = max(page, 1)
    start = (page - 1) * page_size
    tickets = visible_tickets(user=user)
    reader = Reader(agent=agent, now=now)
    shown = _list(tickets, view, query, reader=reader, start=start, size=page_size)
    saved = list_saved(user=user)
    counted = [shown.counted] if shown.counted is not None else []
    counts, further = count_views(
        tickets, agent=agent, now=now, further=[*counted, *saved.scopes(tickets, reader=reader)]
    )
    return QueuePage(
        view=view,
        rows=_rows(shown.pks[:page_size], now=now, words=marks_of_query(query)),
        page=page,
        page_size=page_size,
        has_next=len(shown.pks) > page_size,
        counts=counts,
        now=now,
        query=query,
        found=further[0] if counted else shown.found,
        is_partial=shown.is_partial,
        saved_views=saved.counted(further[len(counted) :]),
    )


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """Primary keys of one page and one more, and how many there are or what to count for it."""

    pks: list[int]
    found: Count | None = None
    counted: QuerySet[Ticket] | None = None
    is_partial: bool = False


def _list(
    tickets: QuerySet[Ticket], view: View, query: Query, *, reader: Reader, start: int, size: int
) -> _Shown:
    if not query:
        condition = condition_of(view, agent=reader.agent, now=reader.now)
        return _Shown(pks=_window(tickets.filter(condition), view=view, start=start, size=size + 1))
    if is_of_open_tickets(query) and text_of_query(query) is None:
        scope = scope_of(tickets, query, reader=reader)
        pks = _window(scope, view=View.ALL, start=start, size=size + 1)
        return _Shown(pks=pks, counted=scope)
    wanted = min(start + size, MOST_FOUND) + 1
    found = find_tickets(tickets, query, reader=reader, wanted=wanted)
    if text_of_query(query) is None:
        counted, count = scope_of(tickets, query, reader=reader), None
    else:
        counted, count = None, Count(count=len(found.pks), is_at_least=found.is_capped)
    return _Shown(
        pks=list(found.pks[start:wanted]),
        found=count,
        counted=counted,
        is_partial=found.is_partial,
    )


def get_row(*, user: User | AnonymousUser, number: int, now: datetime) -> QueueRow:
    """One row by itself, for a page that heard that the ticket changed.

    Raises:
        Ticket.DoesNotExist: there is none, or `user` may not know of it.
    """
    ticket = visible_tickets(user=user).only("pk").get(number=number)
    return _rows([ticket.pk], now=now)[0]


def find_first_number(
    *, user: User | AnonymousUser, view: View, besides: int, now: datetime
) -> int | None:
    """The ticket at the head of `view` for `user`, ticket `besides` left out; None: no other."""
    agent = agent_of(user)
    if agent is None:
        return None
    tickets = visible_tickets(user=user).filter(condition_of(view, agent=agent, now=now))
    first = _window(tickets.exclude(number=besides), view=view, start=0, size=1)
    return Ticket.objects.values_list("number", flat=True).get(pk=first[0]) if first else None


def _window(tickets: QuerySet[Ticket], *, view: View, start: int, size: int) -> list[int]:
    """Primary keys of the places `start` … `start + size` of the list, in its order."""
    if view == View.VOICEMAIL:
        return _slice(tickets, ("governing_rank", "unreturned_since", "pk"), start, size)
    if view == View.SOLVED:
        # What was solved without a word may still owe a response: those first.
        return _slice(tickets, ("next_due_at", F("solved_at").desc(), "-pk"), start, size)
    others = _others(tickets, view=view)
    # The first page takes both in one query: no need to know how many messages there are.
    unreturned, keyed = _unreturned(tickets, others=others[:size] if start == 0 else None)
    # Of the others before the window, at most so many can be pushed into it by messages to return.
    skipped = max(0, start - len(unreturned))
    if start:
        rest = others[skipped : start + size].values_list("next_due_at", "pk")
        keyed = [(key_of(place), place[1]) for place in rest]
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


def _unreturned(
    tickets: QuerySet[Ticket], *, others: QuerySet[Ticket] | None
) -> tuple[list[tuple[Key, int]], list[tuple[Key, int]]]:
    """Keys of all tickets of the list with a message to return, and of `others`, each in order.

    One query: read together with the first other ticket of each level, which the messages stand
    just before.
    """
    first = tickets.filter(unreturned_since=None, governing_rank=OuterRef("rank"))
    first = first.order_by("next_due_at", "pk")
    firsts = (
        Level.objects.order_by()
        .values("rank")
        .distinct()
        .annotate(
            kind=Value(_FIRST),
            # Cast, or the union takes the bare NULL for text.
            since=Cast(Value(None), DateTimeField()),
            due_at=Subquery(first.values("next_due_at")[:1]),
            first_pk=Subquery(first.values("pk")[:1]),
        )
    )
    columns = ("kind", "governing_rank", "unreturned_since", "next_due_at", "pk")
    left = tickets.filter(unreturned_since__isnull=False).order_by()
    parts: list[QuerySet[Any, Any]] = []
    parts += [firsts.values_list("kind", "rank", "since", "due_at", "first_pk")]
    if others is not None:
        parts.append(others.annotate(kind=Value(_OTHER)).values_list(*columns))
    rows = left.annotate(kind=Value(_LEFT)).values_list(*columns).union(*parts, all=True)
    return _keyed(rows)


_LEFT, _FIRST, _OTHER = range(3)


def _keyed(
    rows: Iterable[tuple[int, int, datetime | None, datetime | None, int | None]],
) -> tuple[list[tuple[Key, int]], list[tuple[Key, int]]]:
    unreturned: list[Unreturned] = []
    firsts: dict[int, Place] = {}
    others: list[Place] = []
    for kind, rank, since, due_at, pk in rows:
        if pk is None:
            continue
        if since is not None:
            unreturned.append(Unreturned(pk=pk, rank=rank, since=since, due_at=due_at))
        elif kind == _FIRST:
            firsts[rank] = (due_at, pk)
        else:
            others.append((due_at, pk))
    return (
        keys_of_unreturned(unreturned, firsts=firsts),
        sorted((key_of(place), place[1]) for place in others),
    )


def _rows(pks: list[int], *, now: datetime, words: Func | None = None) -> tuple[QueueRow, ...]:
    agreed = UrgencyProposal.objects.filter(
        ticket=OuterRef("pk"), state=UrgencyProposal.State.AGREED
    )
    marked: QuerySet[Any] = Ticket.objects.select_related(
        "requester", "customer", "assignee__user"
    ).annotate(is_agreed=Exists(agreed))
    if words is not None:
        marked = annotate_marks(marked, words)
    tickets = marked.in_bulk(pks)
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
        subject=pieces_of(getattr(ticket, "subject_marks", None)),
        excerpt=excerpt_of(getattr(ticket, "excerpt_marks", None)),
    )
