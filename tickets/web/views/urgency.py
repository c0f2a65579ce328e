"""Settling the urgency: a step is looked at with its effect (GET), then taken (POST)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets.models import Ticket, UrgencyProposal
from tickets.selectors.ticket_page import TicketPage
from tickets.selectors.urgency import Step, StepView
from tickets.services import urgency
from tickets.services.errors import Unable
from tickets.templatetags.urgency import NOUNS
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.forms import UrgencyStepForm
from tickets.web.views.ticket import find_page, render_ticket, ticket_url

STEPS = {noun: Step(step) for step, noun in NOUNS.items()}


@agent_view
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: AgentRequest, number: int, noun: str) -> HttpResponse:
    """A step of the agreement: its effect on both deadlines first, then the step itself."""
    if noun not in STEPS:
        raise Http404
    now = timezone.now()
    page = find_page(request, number, now=now)
    is_taken = request.method == "POST"
    form = UrgencyStepForm(request.POST if is_taken else None, initial=request.GET.dict())
    asked = request.POST if is_taken else request.GET
    view = _find(page, STEPS[noun], asked.get("side", ""), asked.get("level", ""))
    if view is None:
        messages.error(
            request,
            _("This step is no longer open: the proposals have changed. Look at them again."),
        )
        return render_ticket(request, number=number, now=now, status=422)
    if is_taken and form.is_valid() and _take(request, page.ticket, view, form, now):
        messages.success(
            request, _("Recorded. In force: “%(level)s”.") % {"level": view.governing_name}
        )
        return HttpResponseRedirect(ticket_url(number))
    context = {"page": page, "step": view, "form": form, "now": now, "agent": request.agent}
    return render(request, "tickets/urgency.html", context, status=422 if is_taken else 200)


def _find(page: TicketPage, step: Step, side: str, level: str) -> StepView | None:
    """The step as it stands now; None when it may not be taken, or not with that level."""
    steps = (*page.urgency.steps, *page.urgency.customer_steps)
    wanted = (step, side, level)
    return next((view for view in steps if (view.step, view.side, view.level) == wanted), None)


def _take(
    request: AgentRequest, ticket: Ticket, view: StepView, form: UrgencyStepForm, now: datetime
) -> bool:
    is_ours = view.side == UrgencyProposal.Side.PROVIDER
    voice = urgency.Voice(
        side=view.side,
        door=UrgencyProposal.Door.WORKSPACE if is_ours else UrgencyProposal.Door.PHONE,
        agent=request.agent,
        contact=None if is_ours else ticket.requester,
        reason=form.cleaned_data["reason"],
    )
    try:
        if view.step == Step.AGREE:
            urgency.agree(ticket=ticket, voice=voice, now=now)
        elif view.step == Step.WITHDRAW:
            urgency.withdraw(ticket=ticket, voice=voice, now=now)
        else:
            put = urgency.propose if view.step == Step.PROPOSE else urgency.counter
            put(ticket=ticket, level=view.level, voice=voice, now=now)
    except Unable as error:
        form.add_error(None, str(error))
        return False
    return True
