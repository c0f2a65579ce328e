"""The mail a trial desk dropped instead of sending. Exists in the trial only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from tickets.emails.drop import DroppedMail, get_dropped, list_dropped
from tickets.web.agents import AgentRequest, agent_view

P = ParamSpec("P")

#: A mail is a stranger's page: nothing runs, nothing loads, links open outside.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    f" base-uri 'none'; frame-ancestors 'self'; sandbox {_SANDBOX}"
)


def _trial_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.DESK_TRIAL:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@_trial_only
@agent_view
@require_safe
def mailbox(request: AgentRequest) -> HttpResponse:
    """Every dropped mail, newest first."""
    context = {"mails": list_dropped(), "now": timezone.now(), "agent": request.agent}
    template = "dev_mail/_list.html" if request.htmx else "dev_mail/list.html"
    return render(request, template, context)


@_trial_only
@agent_view
@require_safe
def message(request: AgentRequest, name: str) -> HttpResponse:
    """One mail: as its reader sees it, as text, and its headers."""
    context = {
        "mail": _get(name),
        "sandbox": _SANDBOX,
        "now": timezone.now(),
        "agent": request.agent,
    }
    return render(request, "dev_mail/message.html", context)


@_trial_only
@agent_view
@require_safe
@xframe_options_sameorigin
def message_html(request: AgentRequest, name: str) -> HttpResponse:
    """The HTML part alone, for the frame."""
    html = _get(name).html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": _POLICY})


def _get(name: str) -> DroppedMail:
    try:
        return get_dropped(name)
    except FileNotFoundError as error:
        raise Http404 from error
