from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets.services.people import set_keyboard_shortcuts
from tickets.web import shortcuts
from tickets.web.agents import AgentRequest, agent_view
from tickets.web.onward import find_way_back


@agent_view
@require_http_methods(["GET", "HEAD", "POST"])
def keyboard(request: AgentRequest) -> HttpResponse:
    """Every shortcut, and the switch for those of a single key."""
    if request.method == "POST":
        is_on = request.POST.get("keyboard_shortcuts") == "on"
        set_keyboard_shortcuts(user=request.user, is_on=is_on)
        messages.success(
            request,
            _("Single-key shortcuts are on.") if is_on else _("Single-key shortcuts are off."),
        )
        return HttpResponseRedirect(find_way_back(request) or reverse("tickets:keyboard"))
    context = {"groups": shortcuts.list_groups(), "now": timezone.now(), "agent": request.agent}
    template = "keyboard/_sheet.html" if request.htmx else "keyboard/keyboard.html"
    return render(request, template, context)
