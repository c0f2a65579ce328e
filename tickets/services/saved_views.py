"""Searches that agents keep under a name."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.domain.search import Query
from tickets.models import Agent, SavedView
from tickets.selectors.saved_views import may_change
from tickets.services.errors import Unable

#: Of one agent. More could not be found again.
MOST_VIEWS = 50
LONGEST_NAME = 60


class UnableToSaveView(Unable):
    pass


class UnableToChangeView(Unable):
    pass


@transaction.atomic
def save_view(*, owner: Agent, name: str, query: Query, is_shared: bool) -> SavedView:
    """Keeps `query` under `name`, after the views that `owner` has.

    Raises:
        UnableToSaveView: nothing is searched for, the name is missing, too long or taken, or there
            are too many.
    """
    if not query:
        raise UnableToSaveView("query_empty", _("Search for something first, then save it."))
    owner = Agent.objects.select_for_update(no_key=True, of=("self",)).get(pk=owner.pk)
    views = SavedView.objects.filter(owner=owner)
    count = views.count()
    if count >= MOST_VIEWS:
        raise UnableToSaveView("too_many", _("You have 50 views. Delete one first."))
    return SavedView.objects.create(
        owner=owner,
        name=_free_name(name, owner=owner),
        query=str(query),
        is_shared=is_shared,
        position=max((view.position + 1 for view in views), default=0),
    )


@transaction.atomic
def rename_view(*, view: SavedView, agent: Agent, name: str) -> SavedView:
    """
    Raises:
        UnableToChangeView: it is not the agent's to change.
        UnableToSaveView: the name is missing, too long or taken.
    """
    view = _lock(view, agent=agent)
    if name.strip() != view.name:
        view.name = _free_name(name, owner=view.owner)
        view.save(update_fields=["name"])
    return view


@transaction.atomic
def share_view(*, view: SavedView, agent: Agent, is_shared: bool) -> SavedView:
    """Shows the view to everybody, or to its owner alone again.

    Raises:
        UnableToChangeView: it is not the agent's to change.
    """
    view = _lock(view, agent=agent)
    view.is_shared = is_shared
    view.save(update_fields=["is_shared"])
    return view


@transaction.atomic
def raise_view(*, view: SavedView, agent: Agent) -> SavedView:
    """Moves the view one place up among its owner's; the first stays where it is.

    Raises:
        UnableToChangeView: it is another agent's.
    """
    view = _lock(view, agent=agent)
    if view.owner_id != agent.pk:
        raise UnableToChangeView("not_yours", _("Only your own views have an order to change."))
    views = list(SavedView.objects.filter(owner=agent).order_by("position", "name", "pk"))
    place = views.index(view)
    if place:
        views[place - 1], views[place] = views[place], views[place - 1]
    for position, each in enumerate(views):
        each.position = position
    SavedView.objects.bulk_update(views, ["position"])
    return next(each for each in views if each == view)


@transaction.atomic
def delete_view(*, view: SavedView, agent: Agent) -> None:
    """
    Raises:
        UnableToChangeView: it is not the agent's to delete.
    """
    _lock(view, agent=agent).delete()


def _lock(view: SavedView, *, agent: Agent) -> SavedView:
    # Its owner stands for all of their views: names and order are settled one at a time.
    owner = Agent.objects.select_for_update(no_key=True, of=("self",)).get(pk=view.owner_id)
    found = SavedView.objects.filter(pk=view.pk).first()
    if found is None:
        raise UnableToChangeView("view_gone", _("This view was deleted meanwhile."))
    if not may_change(found, agent=agent):
        raise UnableToChangeView(
            "not_yours", _("This view is somebody else's. Save a copy of it and change that.")
        )
    found.owner = owner
    return found


def _free_name(name: str, *, owner: Agent) -> str:
    name = " ".join(name.replace("\0", " ").split())
    if not name:
        raise UnableToSaveView("name_missing", _("Give the view a name."))
    if len(name) > LONGEST_NAME:
        raise UnableToSaveView("name_too_long", _("A name has at most 60 characters."))
    if SavedView.objects.filter(owner=owner, name=name).exists():
        raise UnableToSaveView(
            "name_taken", _("There is a view of this name already. Choose another one.")
        )
    return name
