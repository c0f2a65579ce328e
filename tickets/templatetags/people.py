"""People as they are shown beside what they did."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def initials(name: object) -> str:
    """The first letters of the first and the last word: at most two."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    if not words:
        return "?"
    first, *rest = words
    return (first[0] + (rest[-1][0] if rest else "")).upper()
