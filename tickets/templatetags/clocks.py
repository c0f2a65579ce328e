"""A clock's state as word, icon and share used. Colour is the style sheet's business."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tickets.templatetags.icons import icon
from tickets.templatetags.instants import countdown, span, span_text, unit
from tickets.templatetags.punctuation import colon

register = template.Library()

ICONS = {
    "RUNNING": "clock",
    "SOON": "bell-alert",
    "BREACHED": "exclamation-circle",
    "MET": "check-circle",
    "MET_LATE": "exclamation-triangle",
    "PAUSED": "pause-circle",
    "CANCELLED": "no-symbol",
}
STATES = {
    "RUNNING": _("Running"),
    "SOON": _("Due soon"),
    "BREACHED": _("Breached"),
    "MET": _("Met"),
    "MET_LATE": _("Met late"),
    "PAUSED": _("Paused"),
    "CANCELLED": _("Cancelled"),
}
METRICS = {
    "ACTION": _("Act"),
    "RESPONSE": _("Respond"),
    "NEXT_RESPONSE": _("Respond again"),
    "RESOLUTION": _("Solve"),
}
PENDING = {
    "ACTION": _("Act in {}"),
    "RESPONSE": _("Respond in {}"),
    "NEXT_RESPONSE": _("Respond again in {}"),
    "RESOLUTION": _("Solve in {}"),
}
BREACHED = {
    "ACTION": _("Act: breached {} ago"),
    "RESPONSE": _("Respond: breached {} ago"),
    "NEXT_RESPONSE": _("Respond again: breached {} ago"),
    "RESOLUTION": _("Solve: breached {} ago"),
}


@register.simple_tag
def clock_icon(state: str) -> SafeString:
    return icon(ICONS[state])


@register.filter
def shown_clock(row: Any) -> Any:
    """The clock a row of the queue shows: what is owed next, else a late one, else the latest."""
    late = next((clock for clock in row.clocks if clock.state == "MET_LATE"), None)
    latest = row.clocks[-1] if row.clocks else None
    return row.next_clock or late or latest


@register.filter
def state_word(state: str) -> str:
    return str(STATES[state])


@register.filter
def metric_word(metric: str) -> str:
    return str(METRICS.get(metric, metric))


@register.filter
def hours(length: timedelta | None) -> str:
    """An amount of a calendar's time, "40 h": its days would be taken for working days."""
    if length is None or length < timedelta(days=1):
        return span(length)
    whole, minutes = divmod(int(length.total_seconds()) // 60, 60)
    rest = f" {minutes:02} {unit('m')}" if minutes else ""
    return f"{whole} {unit('h')}{rest}"


@register.simple_tag(takes_context=True)
def clock_text(context: Context, clock: Any) -> SafeString:
    """What the clock asks for and by when, in one short phrase that ticks while it is open."""
    if clock.state in ("RUNNING", "SOON"):
        return format_html(str(PENDING[clock.metric]), countdown(context, clock.due_at))
    if clock.state == "BREACHED":
        return format_html(str(BREACHED[clock.metric]), countdown(context, clock.due_at))
    if clock.state == "MET_LATE":
        late = span_text(clock.met_at - clock.due_at)
        return format_html(
            "{}{}{}", METRICS[clock.metric], colon(), _("met %(late)s late") % {"late": late}
        )
    return format_html("{}{}{}", METRICS[clock.metric], colon(), str(STATES[clock.state]).lower())


@register.simple_tag
def used_track(share: float | None, marks: str = "50 75 90") -> SafeString:
    """How much of the promised time is used, with a notch at each warning; 0 to 1, more is full."""
    used = min(max(share or 0, 0), 1) * 100
    notches = format_html_join(
        "",
        '<line class="clock-track__mark" x1="{0}" x2="{0}" y1="0" y2="6"/>',
        ((mark,) for mark in marks.split()),
    )
    return format_html(
        '<svg class="clock-track" viewBox="0 0 100 6" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="clock-track__whole" width="100" height="6" rx="1"/>'
        '<rect class="clock-track__used" width="{}" height="6" rx="1"/>{}</svg>',
        f"{used:.1f}",
        notches,
    )
