from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tickets.models import Ticket
from tickets.selectors.queue import get_row, list_queue
from tickets.selectors.queue_views import View
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.onward import view_or_queue


@agent_view
@require_safe
def queue(request: AgentRequest) -> HttpResponse:
    """The tickets of one view, next deadline first; the view and the page stand in the URL."""
    view = request.GET.get("view", View.ALL)
    if view not in View.values:
        raise Http404
    number = request.GET.get("page", "1")
    now = timezone.now()
    page = list_queue(
        user=request.user,
        view=View(view),
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1,
        now=now,
    )
    context = {"page": page, "view": view, "now": now, "agent": request.agent}
    return render(request, "tickets/queue.html", context)


@agent_view
@require_safe
def row(request: AgentRequest, number: int) -> HttpResponse:
    """One row by itself, for a queue that heard that the ticket changed."""
    now = timezone.now()
    try:
        queue_row = get_row(user=request.user, number=number, now=now)
    except Ticket.DoesNotExist as error:
        raise Http404 from error
    context = {
        "row": queue_row,
        "view": view_or_queue(request.GET.get("view")),
        "now": now,
        "agent": request.agent,
    }
    return render(request, "tickets/_row.html", context)
