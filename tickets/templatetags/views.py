"""The views of the queue, as the rail shows them on every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

register = template.Library()

#: Code in the URL, name, icon.
VIEWS = (
    ("all", _("Queue"), "queue-list"),
    ("mine", _("My tickets"), "user"),
    ("unassigned", _("Unassigned"), "user-plus"),
    ("soon", _("Due soon"), "bell-alert"),
    ("breached", _("Breached"), "exclamation-circle"),
    ("voicemail", _("To call back"), "phone-arrow-down-left"),
    ("waiting", _("Waiting on customer"), "ellipsis-horizontal-circle"),
    ("solved", _("Solved"), "check-circle"),
)


@register.inclusion_tag("components/views.html", takes_context=True)
def queue_views(context: Context) -> dict[str, Any]:
    """Every view, with its number of tickets where the page has counted them."""
    page = context.get("page")
    counts = {count.view: count for count in getattr(page, "counts", ())}
    asked = context.get("asked")
    return {
        "views": [
            {"code": code, "name": name, "icon": icon, "count": counts.get(code)}
            for code, name, icon in VIEWS
        ],
        "current": "" if asked is not None and asked.is_search else context.get("view"),
        # The queue has counted them. A ticket's page does without: each query is one too many.
        "saved_views": getattr(page, "saved_views", ()) if page else context.get("saved_views", ()),
        "current_saved": getattr(context.get("saved"), "pk", None),
    }


@register.filter
def view_name(code: str) -> str:
    return str(next((name for known, name, _icon in VIEWS if known == code), VIEWS[0][1]))


@register.filter
def view_order(code: str) -> str:
    """How the selector orders the view, in words."""
    if code == "solved":
        return gettext("what is still owed first, then the latest solved")
    if code == "voicemail":
        return gettext("most urgent first, then the oldest message")
    return gettext("next deadline first")
