"""Steps of settling the urgency, as links and words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

register = template.Library()

#: The nouns under which the steps stand in the URL.
NOUNS = {
    "PROPOSE": "proposal",
    "COUNTER": "counter-proposal",
    "AGREE": "agreement",
    "WITHDRAW": "withdrawal",
}


@register.simple_tag
def step_url(ticket: Any, step: Any) -> str:
    """Where the step is looked at before it is taken."""
    path = reverse("tickets:urgency_step", args=[ticket.number, NOUNS[step.step]])
    return f"{path}?{urlencode({'side': step.side, 'level': step.level})}"


@register.simple_tag
def step_title(step: Any) -> str:
    level = {"level": step.level_name}
    if step.step == "AGREE":
        return _("Agree to “%(level)s”") % level
    if step.step == "COUNTER":
        return _("Counter with “%(level)s”") % level
    if step.step == "WITHDRAW":
        return _("Withdraw “%(level)s”") % level
    return _("Propose “%(level)s”") % level
