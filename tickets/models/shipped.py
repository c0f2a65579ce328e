"""Names of what the migrations ship: stored in English, shown in the reader's language."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

_SHIPPED = {
    "Standard terms": pgettext_lazy("name of the terms", "Standard terms"),
    "Business hours": pgettext_lazy("name of the calendar", "Business hours"),
}


def shown_name(name: str) -> str:
    """`name` in the reader's language if the desk ships it; as somebody gave it otherwise."""
    return str(_SHIPPED.get(name, name))
