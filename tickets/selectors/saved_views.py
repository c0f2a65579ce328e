"""Views that agents saved: their own, and those shared with everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from tickets.domain.search import Query, SearchError, parse
from tickets.models import Agent, SavedView, Ticket, User
from tickets.selectors.access import agent_of
from tickets.selectors.queue_views import Count
from tickets.selectors.search import scope_of
from tickets.selectors.search_conditions import Reader, text_of_query

#: Shown beside the queue; the page of all views has the others.
MOST_SHOWN = 20


def visible_views(*, user: User | AnonymousUser) -> QuerySet[SavedView]:
    """The agent's own and the shared ones; none for whoever is no agent."""
    agent = agent_of(user)
    if agent is None:
        return SavedView.objects.none()
    return SavedView.objects.filter(Q(owner=agent) | Q(is_shared=True))


def get_view_for(*, user: User | AnonymousUser, pk: int) -> SavedView:
    """One saved view with its owner.

    Raises:
        SavedView.DoesNotExist: there is none, or it is another agent's own.
    """
    return visible_views(user=user).select_related("owner__user").get(pk=pk)


def list_views(*, user: User | AnonymousUser) -> list[SavedView]:
    """All that the agent sees: their own in their order, then the others' by name."""
    views = visible_views(user=user).select_related("owner__user")
    return _in_order(views, agent=agent_of(user))


@dataclass(frozen=True, kw_only=True)
class SavedViewCount:
    view: SavedView
    is_own: bool
    #: None for a view that looks for words: each would be a search on every page of the queue.
    count: Count | None = None


@dataclass(frozen=True, kw_only=True)
class ShownViews:
    """The saved views beside the queue, with what each of them asks for."""

    views: tuple[SavedViewCount, ...]
    #: By place in `views`; None where nothing is counted.
    queries: tuple[Query | None, ...]

    def scopes(self, tickets: QuerySet[Ticket], *, reader: Reader) -> list[QuerySet[Ticket]]:
        """The tickets of those views that are counted."""
        return [scope_of(tickets, query, reader=reader) for query in self.queries if query]

    def counted(self, counts: Sequence[Count]) -> tuple[SavedViewCount, ...]:
        """The views with the counts of `scopes`, given in that order."""
        left = iter(counts)
        return tuple(
            replace(view, count=next(left)) if query else view
            for view, query in zip(self.views, self.queries, strict=True)
        )


def list_saved(*, user: User | AnonymousUser) -> ShownViews:
    """Those shown beside the queue, not counted yet: one query."""
    agent = agent_of(user)
    views = _in_order(visible_views(user=user), agent=agent)[:MOST_SHOWN]
    return ShownViews(
        views=tuple(
            SavedViewCount(view=view, is_own=agent is not None and view.owner_id == agent.pk)
            for view in views
        ),
        queries=tuple(_countable(view) for view in views),
    )


def _countable(view: SavedView) -> Query | None:
    try:
        query = parse(view.query)
    except SearchError:
        # Saved when the language still had that operator.
        return None
    return query if text_of_query(query) is None and not query.words else None


def may_change(view: SavedView, *, agent: Agent) -> bool:
    """Its owner; of a shared one managers too."""
    return view.owner_id == agent.pk or (view.is_shared and agent.is_manager)


def _in_order(views: QuerySet[SavedView], *, agent: Agent | None) -> list[SavedView]:
    def place(view: SavedView) -> tuple[bool, int, str, int]:
        is_own = agent is not None and view.owner_id == agent.pk
        return (not is_own, view.position if is_own else 0, view.name.casefold(), view.pk)

    return sorted(views.order_by("pk"), key=place)
