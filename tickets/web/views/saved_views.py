"""Saved views: looked at as a queue, made from a search, changed on a page of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tickets.models import SavedView
from tickets.selectors.saved_views import get_view_for, list_views, may_change
from tickets.services import saved_views as services
from tickets.services.errors import Unable
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.search import SaveViewForm, read_search
from tickets.web.views.queue import render_queue


@agent_view
@require_http_methods(["GET", "HEAD", "POST"])
def views(request: AgentRequest) -> HttpResponse:
    """All views that the agent sees; a POST saves a search as a new one."""
    if request.method == "POST":
        return _save(request)
    seen = list_views(user=request.user)
    context = {
        "views_seen": [
            {
                "view": each,
                "is_own": each.owner_id == request.agent.pk,
                "may_change": may_change(each, agent=request.agent),
            }
            for each in seen
        ],
        "view": "saved-views",
        "now": timezone.now(),
        "agent": request.agent,
    }
    return render(request, "tickets/saved_views.html", context)


@agent_view
@require_http_methods(["GET", "HEAD", "POST"])
def saved_view(request: AgentRequest, pk: int) -> HttpResponse:
    """The tickets of a saved view; a POST gives it another name, shares it or takes it back."""
    found = _find(request, pk)
    if request.method != "POST":
        return render_queue(request, asked=read_search(found.query), saved=found)

    def change() -> None:
        services.rename_view(view=found, agent=request.agent, name=request.POST.get("name", ""))
        is_shared = "is_shared" in request.POST
        services.share_view(view=found, agent=request.agent, is_shared=is_shared)

    return _carry_out(request, change, done=_("The view was changed."))


@agent_view
@require_POST
def position(request: AgentRequest, pk: int) -> HttpResponse:
    """Moves the view one place up among the agent's own."""
    found = _find(request, pk)
    return _carry_out(
        request,
        lambda: services.raise_view(view=found, agent=request.agent),
        done=_("The view was moved up."),
    )


@agent_view
@require_POST
def removal(request: AgentRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    return _carry_out(
        request,
        lambda: services.delete_view(view=found, agent=request.agent),
        done=_("The view was deleted."),
    )


def _save(request: AgentRequest) -> HttpResponse:
    form = SaveViewForm(request.POST)
    asked = read_search(request.POST.get("q", ""))
    if form.is_valid() and not asked.refusal:
        try:
            made = services.save_view(
                owner=request.agent,
                name=form.cleaned_data["name"],
                query=asked.query,
                is_shared=form.cleaned_data["is_shared"],
            )
        except Unable as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Saved as “%(name)s”.") % {"name": made.name})
            return HttpResponseRedirect(reverse("tickets:saved_view", args=[made.pk]))
    return render_queue(request, asked=asked, typed=form)


def _find(request: AgentRequest, pk: int) -> SavedView:
    try:
        return get_view_for(user=request.user, pk=pk)
    except SavedView.DoesNotExist as error:
        raise Http404 from error


def _carry_out(request: AgentRequest, change: Callable[[], Any], *, done: str) -> HttpResponse:
    try:
        change()
    except Unable as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("tickets:saved_views"))
