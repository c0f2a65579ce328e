"""The ticket page, and how a form on it is carried out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tickets.models import Ticket
from tickets.selectors.access import get_ticket_for
from tickets.selectors.queue_views import View
from tickets.selectors.ticket_page import TicketPage, get_ticket_page, list_assignees
from tickets.services.errors import Unable
from tickets.web import forms
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.onward import find_way_on, leads_to_list, view_or_queue

#: What the composer can be set to; it stays as it was last used (the URL keeps it).
MODES = ("reply", "note", "call")

UseCase = Callable[[Ticket, datetime], object]


@agent_view
@require_safe
def ticket(request: AgentRequest, number: int) -> HttpResponse:
    return render_ticket(request, number=number, now=timezone.now())


def render_ticket(
    request: AgentRequest,
    *,
    number: int,
    now: datetime,
    mode: str = "",
    status: int = 200,
    **typed: forms.DeskForm,
) -> HttpResponse:
    """The page of ticket `number`; `typed` are forms to show as they were filled in."""
    page = find_page(request, number, now=now)
    mode = mode or request.GET.get("composer", "")
    context = {
        "page": page,
        "from_view": view_or_queue(request.GET.get("view") or request.POST.get("view")),
        "forms": {**_empty_forms(page, now), **typed},
        # What was typed is shown again even where nothing can be written any more.
        "shows_forms": page.can_write or bool(typed),
        "mode": mode if mode in MODES else MODES[0],
        "now": now,
        "agent": request.agent,
    }
    return render(request, "tickets/ticket.html", context, status=status)


@agent_view
@require_safe
def preview(request: AgentRequest, number: int) -> HttpResponse:
    """What a look at a ticket shows without leaving the list."""
    now = timezone.now()
    context = {"page": find_page(request, number, now=now), "now": now, "agent": request.agent}
    return render(request, "tickets/_preview.html", context)


def find_page(request: AgentRequest, number: int, *, now: datetime) -> TicketPage:
    try:
        return get_ticket_page(user=request.user, number=number, now=now)
    except Ticket.DoesNotExist as error:
        raise Http404 from error


def find_ticket(request: AgentRequest, number: int) -> Ticket:
    try:
        return get_ticket_for(user=request.user, number=number)
    except Ticket.DoesNotExist as error:
        raise Http404 from error


def carry_out(
    request: AgentRequest,
    number: int,
    use_case: UseCase,
    *,
    done: Any,
    name: str = "",
    form: forms.DeskForm | None = None,
) -> HttpResponse:
    """Do what was asked and go where the form leads, or say why not and keep what was typed.

    A form leads back to the ticket, unless it says `then` (see onward.py). `name` is the form's
    place on the page; a mode of the composer is kept for the next message.
    """
    now = timezone.now()
    found = find_ticket(request, number)
    if form is None or form.is_valid():
        try:
            use_case(found, now)
        except Unable as error:
            if form is None and leads_to_list(request):
                messages.error(request, f"#{number}: {error}")
                return HttpResponseRedirect(find_way_on(request, number, now=now) or "/")
            _say(request, form, error)
        else:
            return _go_on(request, number, mode=name, done=done, now=now)
    typed = {} if form is None else {name: form}
    return render_ticket(request, number=number, now=now, mode=name, status=422, **typed)


def _go_on(
    request: AgentRequest, number: int, *, mode: str, done: Any, now: datetime
) -> HttpResponse:
    way = find_way_on(request, number, now=now)
    # Elsewhere the message must say which ticket it is about.
    messages.success(request, f"#{number}: {done}" if way else done)
    stay = ticket_url(number, mode=mode, view=view_or_queue(request.POST.get("view")))
    return HttpResponseRedirect(way or stay)


def ticket_url(number: int, *, mode: str = "", view: View = View.ALL) -> str:
    """Ticket `number`, as reached from `view`, with the composer set to `mode`."""
    known = {"view": view if view != View.ALL else "", "composer": mode if mode in MODES else ""}
    query = urlencode({name: text for name, text in known.items() if text})
    url = reverse("tickets:ticket", args=[number]) + (f"?{query}" if query else "")
    return f"{url}#composer" if known["composer"] else url


def _say(request: AgentRequest, form: forms.DeskForm | None, error: Unable) -> None:
    if form is None:
        messages.error(request, str(error))
    else:
        form.add_error(None, str(error))


def _empty_forms(page: TicketPage, now: datetime) -> dict[str, forms.DeskForm]:
    found = page.ticket
    return {
        "reply": forms.ReplyForm(),
        "note": forms.NoteForm(),
        "call": forms.CallForm(initial={"at": now}),
        "assignment": forms.AssignmentForm(
            agents=list_assignees(), initial={"assignee": found.assignee_id or ""}
        ),
        "received_at": forms.ReceivedAtForm(initial={"received_at": found.received_at}),
        "merge": forms.MergeForm(),
        "cancellation": forms.CancellationForm(),
    }
