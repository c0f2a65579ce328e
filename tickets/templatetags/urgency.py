"""Steps of settling the urgency, as links and words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
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


@register.simple_tag
def urgency_badge(name: str, is_top: bool, is_agreed: bool) -> SafeString:
    """The level in force: a dashed edge, and words for who cannot see it, until it is agreed."""
    look = "agreed" if is_agreed else "proposed"
    return format_html(
        '<span class="badge badge--{}{}" title="{}">{}{}</span>',
        look,
        " badge--urgent" if is_top else "",
        _("Agreed between customer and provider") if is_agreed else _("In force, not agreed yet"),
        name,
        "" if is_agreed else _for_screen_reader(_("not agreed yet")),
    )


def _for_screen_reader(text: str) -> SafeString:
    return format_html('<span class="for-screen-reader"> {}</span>', text)
