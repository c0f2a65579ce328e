from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tickets.models import Ticket
from tickets.selectors.new_ticket import list_customer_names, list_default_levels
from tickets.services.callers import Caller, open_ticket_for_caller
from tickets.services.errors import Unable
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.forms import NewTicketForm
from tickets.web.views.ticket import ticket_url


@agent_view
@require_http_methods(["GET", "HEAD", "POST"])
def new_ticket(request: AgentRequest) -> HttpResponse:
    """Open a ticket for somebody who called, left a message or reached us some other way."""
    now = timezone.now()
    form = NewTicketForm(
        request.POST if request.method == "POST" else None,
        levels=list_default_levels(),
        now=now,
        initial={"received_at": now},
    )
    if form.is_bound and form.is_valid():
        ticket = _open(request, form, now)
        if ticket is not None:
            messages.success(request, _("Ticket #%(number)s is open.") % {"number": ticket.number})
            return HttpResponseRedirect(ticket_url(ticket.number))
    context = {
        "form": form,
        "customers": list_customer_names(),
        "now": now,
        "agent": request.agent,
        "view": "new",
    }
    return render(request, "tickets/new.html", context, status=422 if form.is_bound else 200)


@agent_view
@require_safe
def customers(request: AgentRequest) -> HttpResponse:
    """Customer names to choose from, for what was typed so far."""
    names = list_customer_names(containing=request.GET.get("customer", "").strip()[:200])
    return render(request, "tickets/_customer_options.html", {"customers": names})


def _open(request: AgentRequest, form: NewTicketForm, now: datetime) -> Ticket | None:
    typed = form.cleaned_data
    try:
        return open_ticket_for_caller(
            caller=Caller(
                customer=typed["customer"],
                name=typed["name"],
                phone=typed["phone"],
                email=typed["email"],
            ),
            subject=typed["subject"],
            text=typed["text"],
            channel=Ticket.Channel(typed["channel"]),
            received_at=typed["received_at"],
            level=typed["level"] or None,
            agent=request.agent,
            now=now,
        )
    except Unable as error:
        form.add_error(None, str(error))
        return None
