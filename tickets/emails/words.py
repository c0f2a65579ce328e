"""Instants and spans as mails say them, in the active language and time zone."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def left_words(span: timedelta) -> str:
    """`span` as what is still to come: rounded up, so that it says none only when none is left."""
    seconds = math.ceil(span.total_seconds())
    if seconds > _MINUTE:
        seconds = math.ceil(seconds / _MINUTE) * _MINUTE
    return span_words(timedelta(seconds=seconds))


def span_words(span: timedelta) -> str:
    """The two largest units of `span`, rounded down; seconds only below a minute."""
    seconds = abs(int(span.total_seconds()))
    if seconds < _MINUTE:
        return _("%(count)d s") % {"count": seconds}
    days, hours = divmod(seconds // _HOUR, 24)
    minutes = seconds % _HOUR // _MINUTE
    parts = [
        (days, ngettext("%(count)d day", "%(count)d days", days)),
        (hours, _("%(count)d h")),
        (minutes, _("%(count)d min")),
    ]
    first = next(index for index, (count, _words) in enumerate(parts) if count)
    return " ".join(words % {"count": count} for count, words in parts[first : first + 2] if count)


def zone_name(at: datetime) -> str:
    """The short name of the reader's zone at `at`; its offset where it has no letters."""
    name = f"{timezone.localtime(at):%Z}"
    return name if name.isalpha() else f"UTC{name}"


def clock_words(at: datetime, *, now: datetime) -> str:
    """Time and zone, with the date when it is not today's: "15:40 CET", "Mon 3 Feb 09:00 CET"."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    time = f"{local:%H:%M} {zone_name(at)}"
    if local.date() == today:
        return time
    is_near = local.year == today.year
    words = pgettext("date format", "D j M") if is_near else pgettext("date format", "D j M Y")
    return f"{date_format(local, words)} {time}"


def instant_words(at: datetime) -> str:
    """Nothing left to guess: weekday, date, time with seconds, zone."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'l j F Y')}, {local:%H:%M:%S} {zone_name(at)}"
