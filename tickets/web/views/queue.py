from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tickets.domain.search import SearchError
from tickets.models import SavedView, Ticket
from tickets.selectors.levels import LevelView, list_levels
from tickets.selectors.queue import QueuePage, get_row, list_queue
from tickets.selectors.queue_views import View
from tickets.selectors.saved_views import may_change
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.onward import view_or_queue
from tickets.web.search import Asked, FilterForm, SaveViewForm, read_search, text_of_choices


@agent_view
@require_safe
def queue(request: AgentRequest) -> HttpResponse:
    """The tickets of one view or of a search, next deadline first; which stands in the URL."""
    if "filter" in request.GET:
        return _put_together(request)
    view = request.GET.get("view", View.ALL)
    if view not in View.values:
        raise Http404
    return render_queue(request, asked=read_search(request.GET.get("q", "")), view=View(view))


def render_queue(
    request: AgentRequest,
    *,
    asked: Asked,
    view: View = View.ALL,
    saved: SavedView | None = None,
    typed: SaveViewForm | None = None,
) -> HttpResponse:
    """The page of a list: `saved` is the view it was saved as, `typed` a form to show again."""
    now = timezone.now()
    page = list_queue(
        user=request.user, view=view, page=_page_number(request), now=now, query=asked.query
    )
    context = {
        "page": page,
        # A search is nothing a ticket's page could go on in by itself.
        "view": View.ALL if asked.is_search else view,
        "asked": asked,
        "saved": saved,
        "may_change": saved is not None and may_change(saved, agent=request.agent),
        "filters": FilterForm(asked.query, levels=_levels(page)),
        "save_form": typed or SaveViewForm(initial={"q": asked.text}),
        "now": now,
        "agent": request.agent,
    }
    status = 422 if asked.refusal or typed else 200
    return render(request, "tickets/queue.html", context, status=status)


def _levels(page: QueuePage) -> list[LevelView]:
    """The urgency levels to choose from: of the terms that the tickets on the page have."""
    terms = dict.fromkeys(row.ticket.terms_id for row in page.rows)
    return [level for terms_id in terms for level in list_levels(terms_id=terms_id)]


def _put_together(request: AgentRequest) -> HttpResponse:
    """Leads from what was chosen in the controls to the search that says the same."""
    try:
        text = text_of_choices(request.GET)
    except SearchError:
        text = request.GET.get("q", "")
    where = reverse("tickets:queue")
    return HttpResponseRedirect(f"{where}?{urlencode({'q': text})}" if text else where)


def _page_number(request: AgentRequest) -> int:
    number = request.GET.get("page", "1")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1


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
