"""The door of the workspace: agents only, in their language and their time zone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django_htmx.middleware import HtmxDetails

from tickets.models import Agent, User
from tickets.selectors.access import agent_of

P = ParamSpec("P")


class AgentRequest(HttpRequest):
    """A request of somebody who works here."""

    user: User
    agent: Agent
    htmx: HtmxDetails


View = Callable[Concatenate[AgentRequest, P], HttpResponse]


def agent_view(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Sends visitors to the sign-in page and refuses everybody who is no agent."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        agent = agent_of(request.user)
        if agent is None:
            raise PermissionDenied
        known = cast(AgentRequest, request)
        known.agent = agent
        # LocaleMiddleware sets the language anew for each request; the zone must be put back.
        translation.activate(known.user.language)
        with timezone.override(known.user.timezone):
            return view(known, *args, **kwargs)

    guarded.is_for_agents = True  # type: ignore[attr-defined]
    return guarded
