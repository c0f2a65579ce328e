"""The views of the queue, as the rail shows them on every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext, pgettext_lazy

register = template.Library()

#: Code in the URL, name, icon. A language that inflects needs to know that tickets are meant.
VIEWS = (
    ("all", pgettext_lazy("view of tickets", "Queue"), "queue-list"),
    ("mine", pgettext_lazy("view of tickets", "My tickets"), "user"),
    ("unassigned", pgettext_lazy("view of tickets", "Unassigned"), "user-plus"),
    ("soon", pgettext_lazy("view of tickets", "Next 2 hours"), "bell-alert"),
    ("breached", pgettext_lazy("view of tickets", "Breached"), "exclamation-circle"),
    ("voicemail", pgettext_lazy("view of tickets", "To call back"), "phone-arrow-down-left"),
    (
        "waiting",
        pgettext_lazy("view of tickets", "Waiting on customer"),
        "ellipsis-horizontal-circle",
    ),
    ("solved", pgettext_lazy("view of tickets", "Solved"), "check-circle"),
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
