"""Icons: decoration beside a word, so a screen reader passes over them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_micro, heroicon_outline

register = template.Library()

CHANNELS = {
    "EMAIL": "envelope",
    "PHONE": "phone",
    "VOICEMAIL": "phone-arrow-down-left",
    "API": "code-bracket",
}


# Drawing one parses its XML; a queue shows a hundred of the same dozen.
@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: int = 16) -> SafeString:
    """The icon of that name; above 16 pixels in outline."""
    draw = heroicon_micro if size <= 16 else heroicon_outline
    return SafeString(draw(name, size=size, **{"aria-hidden": "true"}))


@register.filter
def channel_word(ticket: Any) -> str:
    """The channel's label. Django's own display method builds its table of choices each time."""
    return str(ticket.Channel(ticket.channel).label)


@register.simple_tag
def channel_icon(channel: str) -> SafeString:
    return icon(CHANNELS.get(channel, "globe-alt"))
