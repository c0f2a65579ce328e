from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tickets.models import Message
from tickets.services import conversation
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.forms import CallForm, NoteForm, ReplyForm
from tickets.web.views.ticket import carry_out


@agent_view
@require_POST
def replies(request: AgentRequest, number: int) -> HttpResponse:
    form = ReplyForm(request.POST)
    return carry_out(
        request,
        number,
        lambda ticket, now: conversation.reply(
            ticket=ticket, agent=request.agent, text=form.cleaned_data["text"], now=now
        ),
        done=_("Reply sent."),
        name="reply",
        form=form,
    )


@agent_view
@require_POST
def notes(request: AgentRequest, number: int) -> HttpResponse:
    form = NoteForm(request.POST)
    return carry_out(
        request,
        number,
        lambda ticket, now: conversation.add_note(
            ticket=ticket, agent=request.agent, text=form.cleaned_data["text"], now=now
        ),
        done=_("Internal note added."),
        name="note",
        form=form,
    )


@agent_view
@require_POST
def calls(request: AgentRequest, number: int) -> HttpResponse:
    form = CallForm(request.POST)
    return carry_out(
        request,
        number,
        lambda ticket, now: conversation.log_call(
            ticket=ticket,
            agent=request.agent,
            outcome=Message.CallOutcome(form.cleaned_data["outcome"]),
            text=form.cleaned_data["text"],
            at=form.cleaned_data["at"],
            now=now,
        ),
        done=_("Call logged."),
        name="call",
        form=form,
    )
