"""Marks that languages set differently: French puts a space before a colon and inside quotes."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
def colon() -> str:
    """What stands between a label and its value, the space after it included."""
    return pgettext("between a label and its value", ": ")


@register.simple_tag
def quoted(words: object) -> SafeString:
    """What somebody said, in the reader's quotation marks."""
    return format_html(pgettext("what somebody said", "“{}”"), words)
