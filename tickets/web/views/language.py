from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tickets.services import people
from tickets.services.errors import Unable
from tickets.web.agents import AgentRequest, agent_view

YEAR = 365 * 24 * 3600


@agent_view
@require_POST
def language(request: AgentRequest) -> HttpResponse:
    """The language the desk speaks to who is signed in; back to where they were."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_back(request))
    try:
        people.set_language(user=request.user, language=chosen)
    except Unable as error:
        messages.error(request, str(error))
        return response
    # This browser keeps it for pages without a person: signing in, an address nobody knows.
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=YEAR,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


def _back(request: AgentRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("tickets:queue")
