"""Instants and spans of time as people read them. `now` comes from the page's context."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

register = template.Library()

#: Below this a countdown in a list shows its seconds; more of them would be restless.
SECONDS_BELOW = timedelta(minutes=10)


@register.simple_tag(takes_context=True)
def instant(context: Context, at: datetime | None, form: str = "") -> SafeString | str:
    """`at` in the reader's zone, as short as its distance from `now` allows.

    `form` "zoned" adds the zone's abbreviation, "exact" seconds and zone, "dated" the day even when
    it is today. The whole instant is in the tooltip in every form.
    """
    if at is None:
        return ""
    local = timezone.localtime(at)
    text = _near(local, timezone.localtime(context["now"]), form)
    if form in ("zoned", "exact"):
        text = f"{text} {local:%Z}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), whole_instant(at), text
    )


@register.filter
def whole_instant(at: datetime) -> str:
    """Weekday, date, seconds and zone: nothing left to guess."""
    local = timezone.localtime(at)
    return f"{_date_words(local.date(), 'l j F Y', get_language())}, {local:%H:%M:%S %Z}"


@register.simple_tag(takes_context=True)
def countdown(context: Context, at: datetime, seconds_below: int = 600) -> SafeString:
    """The time between `now` and `at`, whichever comes first; countdown.js keeps it ticking."""
    left = at - context["now"]
    text = span_text(left, seconds_below=timedelta(seconds=seconds_below))
    return format_html(
        '<time datetime="{0}" data-due="{0}" data-seconds-below="{1}">{2}</time>',
        at.isoformat(),
        seconds_below,
        text,
    )


@register.filter
def span(length: timedelta | None) -> str:
    """A fixed length: "8 h" rather than "8 h 00 m"."""
    if length is None:
        return ""
    zero_minutes = f" 00 {unit('m')}"
    return span_text(length).removesuffix(zero_minutes)


@register.filter
def lag(length: timedelta | float | None) -> str:
    """A machine's delay: milliseconds below a second."""
    if length is None:
        return ""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 0.9995:
        return _("%(count)d ms") % {"count": max(round(seconds * 1000), 0)}
    if seconds < 60:
        return _("%(count)s s") % {"count": number_format(f"{seconds:.1f}")}
    return span_text(timedelta(seconds=seconds))


def span_text(length: timedelta, *, seconds_below: timedelta = SECONDS_BELOW) -> str:
    """The two largest units of `length`, sign left out.

    What is still to come rounds up, so that it reads zero only when the instant is there.
    """
    exact = length.total_seconds()
    seconds = math.ceil(exact) if exact > 0 else math.floor(-exact)
    if seconds >= 3600 or seconds >= seconds_below.total_seconds():
        return _without_seconds(seconds)
    minutes, seconds = divmod(seconds, 60)
    if minutes:
        return f"{minutes} {unit('m')} {seconds:02} {unit('s')}"
    return f"{seconds} {unit('s')}"


def unit(letter: str) -> str:
    """The short word for days (d), hours (h), minutes (m) or seconds (s)."""
    return _units(get_language() or "")[letter]


# A page of the queue asks some hundred times; a language has four.
@lru_cache(maxsize=16)
def _units(language: str) -> dict[str, str]:
    return {
        "d": pgettext("short unit of days", "d"),
        "h": pgettext("short unit of hours", "h"),
        "m": pgettext("short unit of minutes", "m"),
        "s": pgettext("short unit of seconds", "s"),
    }


@register.simple_tag
def unit_words() -> str:
    """What countdown.js writes behind the figures: days, hours, minutes, seconds."""
    return " ".join(unit(letter) for letter in "dhms")


def _without_seconds(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    if days:
        return f"{days} {unit('d')} {hours} {unit('h')}"
    if hours:
        return f"{hours} {unit('h')} {minutes:02} {unit('m')}"
    return f"{minutes} {unit('m')}"


def _near(local: datetime, now: datetime, form: str) -> str:
    clock = f"{local:%H:%M:%S}" if form == "exact" else f"{local:%H:%M}"
    days = (local.date() - now.date()).days
    if days == 0 and form != "dated":
        return clock
    if abs(days) <= 3:  # further away a weekday could be the last one or the next
        words = pgettext("date format", "D")
    elif local.year == now.year:
        words = pgettext("date format", "j M")
    else:
        words = pgettext("date format", "j M Y")
    return f"{_date_words(local.date(), words, get_language())} {clock}"


# The tickets of a page are of few days. The language is part of the key, not looked at again.
@lru_cache(maxsize=4096)
def _date_words(day: date, words: str, language: str | None) -> str:
    return date_format(day, words)
