"""Where a form on a ticket leads when its work is done.

`then=next`: to ticket `next`, which the browser knows from the list the ticket was opened from;
without it to `back` if the list is at its end, else to the first other ticket of `view`.
`then=back`: to the page `back`. Anything else: to the ticket itself.
"""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tickets.selectors.queue import find_first_number
from tickets.selectors.queue_views import View
from tickets.web.agents import AgentRequest


def view_or_queue(code: str | None) -> View:
    """The view of that code; the whole queue where there is none."""
    return View(code) if code in View.values else View.ALL


def leads_to_list(request: AgentRequest) -> bool:
    return request.POST.get("then") == "back"


def find_way_on(request: AgentRequest, number: int, *, now: datetime) -> str | None:
    """The address to go to after something was done on ticket `number`; None: stay on it."""
    then = request.POST.get("then")
    if then == "back":
        return find_way_back(request) or list_url(View.ALL)
    if then != "next":
        return None
    view = view_or_queue(request.POST.get("view"))
    following = _following(request.POST.get("next", "")) or (
        None
        if find_way_back(request)
        else find_first_number(user=request.user, view=view, besides=number, now=now)
    )
    if following is None:
        return find_way_back(request) or list_url(view)
    url = reverse("tickets:ticket", args=[following])
    return url if view == View.ALL else f"{url}?view={view}"


def find_way_back(request: AgentRequest) -> str | None:
    """The page of this desk that the form names as the one it came from."""
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours and back.startswith("/") else None


def list_url(view: View) -> str:
    url = reverse("tickets:queue")
    return url if view == View.ALL else f"{url}?view={view}"


def _following(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
