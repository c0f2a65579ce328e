"""Who works on a ticket, and how it ends: one noun of the URL, one use case."""

from datetime import datetime

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tickets.models import Ticket
from tickets.selectors.access import get_ticket_for
from tickets.selectors.ticket_page import list_assignees
from tickets.services import assignment as assigning
from tickets.services import intake, lifecycle
from tickets.services.errors import Unable
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.forms import AssignmentForm, CancellationForm, MergeForm, ReceivedAtForm
from tickets.web.views.ticket import carry_out


class UnableToFindTarget(Unable):
    pass


@agent_view
@require_POST
def own_assignment(request: AgentRequest, number: int) -> HttpResponse:
    """Take the ticket on."""
    return carry_out(
        request,
        number,
        lambda ticket, now: assigning.take(ticket=ticket, agent=request.agent, now=now),
        done=_("The ticket is yours."),
    )


@agent_view
@require_POST
def assignment(request: AgentRequest, number: int) -> HttpResponse:
    form = AssignmentForm(request.POST, agents=list_assignees())

    def assign(ticket: Ticket, now: datetime) -> object:
        return assigning.assign(ticket=ticket, assignee=form.chosen, agent=request.agent, now=now)

    return carry_out(request, number, assign, done=_("Assigned."), name="assignment", form=form)


@agent_view
@require_POST
def wait(request: AgentRequest, number: int) -> HttpResponse:
    return carry_out(
        request,
        number,
        lambda ticket, now: lifecycle.wait_for_customer(
            ticket=ticket, agent=request.agent, now=now
        ),
        done=_("Waiting on the customer. Acting and responding keep counting."),
    )


@agent_view
@require_POST
def resolution(request: AgentRequest, number: int) -> HttpResponse:
    return carry_out(
        request,
        number,
        lambda ticket, now: lifecycle.solve(ticket=ticket, agent=request.agent, now=now),
        done=_("Solved. A response that is still owed keeps counting."),
    )


@agent_view
@require_POST
def resolution_removal(request: AgentRequest, number: int) -> HttpResponse:
    return carry_out(
        request,
        number,
        lambda ticket, now: lifecycle.reopen(ticket=ticket, agent=request.agent, now=now),
        done=_("Open again."),
    )


@agent_view
@require_POST
def merge(request: AgentRequest, number: int) -> HttpResponse:
    form = MergeForm(request.POST)

    def merge_into(ticket: Ticket, now: datetime) -> object:
        try:
            into = get_ticket_for(user=request.user, number=form.cleaned_data["into"])
        except Ticket.DoesNotExist as error:
            raise UnableToFindTarget(
                "target_unknown", _("No ticket has this number. Check it and try again.")
            ) from error
        return lifecycle.merge(ticket=ticket, into=into, agent=request.agent, now=now)

    return carry_out(request, number, merge_into, done=_("Merged."), name="merge", form=form)


@agent_view
@require_POST
def cancellation(request: AgentRequest, number: int) -> HttpResponse:
    form = CancellationForm(request.POST)
    return carry_out(
        request,
        number,
        lambda ticket, now: lifecycle.cancel(
            ticket=ticket,
            reason=Ticket.CancelReason(form.cleaned_data["reason"]),
            agent=request.agent,
            now=now,
        ),
        done=_("Closed."),
        name="cancellation",
        form=form,
    )


@agent_view
@require_POST
def received_at(request: AgentRequest, number: int) -> HttpResponse:
    form = ReceivedAtForm(request.POST)

    def correct(ticket: Ticket, now: datetime) -> object:
        typed = form.cleaned_data["received_at"]
        # The form shows whole seconds: sent back as it was, it corrects nothing.
        is_as_shown = typed == ticket.received_at.replace(microsecond=0)
        return intake.correct_received_at(
            ticket=ticket,
            received_at=ticket.received_at if is_as_shown else typed,
            agent=request.agent,
            now=now,
        )

    return carry_out(
        request,
        number,
        correct,
        done=_("Received-at corrected; the clocks follow."),
        name="received_at",
        form=form,
    )
