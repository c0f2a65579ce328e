"""What an alert mail says, in the order a reader needs it. In the active language and zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tickets.domain.calendars import ALWAYS, AlwaysOpen, BusinessCalendar
from tickets.domain.terms import Metric, TermsError
from tickets.emails.charsets import storable
from tickets.emails.words import clock_words, instant_words, left_words, span_words
from tickets.models import Agent, Alert, Clock, Message, Ticket, UrgencyProposal
from tickets.selectors.clocks import metric_label
from tickets.selectors.levels import name_level

#: Characters of the customer's latest message that are quoted.
QUOTE_CHARACTERS = 500


@dataclass(frozen=True)
class Quote:
    author: str
    at: str
    text: str


def list_facts(*, alert: Alert, now: datetime) -> list[tuple[str, str]]:
    """(label, value) rows: which clock, due, time left and used, customer, urgency, owner, why."""
    ticket, clock = alert.ticket, alert.clock
    facts = [
        (pgettext("which promise", "Deadline"), _which(clock)),
        (_("Due"), instant_words(clock.due_at)),
        (_("Time"), _time(ticket, clock, now)),
        (_("Met"), instant_words(clock.met_at) if clock.met_at else ""),
        (_("Customer"), _customer(ticket)),
        (_("Urgency"), _urgency(ticket)),
        (_("Owner"), _owner(ticket, now)),
        (_("Why you get this"), _reason(alert)),
    ]
    return [(label, value) for label, value in facts if value]


def time_left(alert: Alert, now: datetime) -> timedelta:
    """Distance from `now` to the due instant, in the clock's own hours; how far over after it.

    A clock met late went over until it was met.
    """
    clock = alert.clock
    end = clock.met_at or now
    first, second = sorted((clock.due_at, end))
    return _hours_of(alert.ticket, clock).elapsed(first, second)


def quote_latest_words(ticket: Ticket) -> Quote | None:
    """The beginning of what the customer said last; None when they never said anything."""
    messages = ticket.messages.filter(kind=Message.Kind.PUBLIC, contact__isnull=False)
    latest = messages.select_related("contact").order_by("at", "pk").last()
    if latest is None:
        return None
    text = storable(latest.text).strip()
    cut = text[:QUOTE_CHARACTERS].rstrip() + ("…" if len(text) > QUOTE_CHARACTERS else "")
    return Quote(author=str(latest.contact), at=instant_words(latest.at), text=cut)


def _hours_of(ticket: Ticket, clock: Clock) -> AlwaysOpen | BusinessCalendar:
    try:
        return ticket.promised_terms().level(clock.level).targets[Metric(clock.metric)].calendar
    except (TermsError, KeyError, ValueError):
        return ALWAYS


def _which(clock: Clock) -> str:
    told = {
        "metric": metric_label(clock.metric),
        "target": span_words(timedelta(seconds=clock.target_seconds)),
    }
    if clock.cycle > 1:
        return _("%(metric)s, promised within %(target)s (reopened)") % told
    return _("%(metric)s, promised within %(target)s") % told


def _time(ticket: Ticket, clock: Clock, now: datetime) -> str:
    hours = _hours_of(ticket, clock)
    end = clock.met_at or now
    if end > clock.due_at:
        over = span_words(hours.elapsed(clock.due_at, end))
        return _("%(span)s over the promise") % {"span": over}
    whole = hours.elapsed(clock.moved_at, clock.due_at)
    used = hours.elapsed(clock.moved_at, max(now, clock.moved_at))
    told = {
        "left": left_words(whole - used),
        "share": int(100 * used / whole) if whole else 100,
        "wall": left_words(clock.due_at - now),
    }
    if isinstance(hours, BusinessCalendar):
        text = _("%(left)s of business time left (%(wall)s from now), %(share)d %% used")
        return text % told
    return _("%(left)s left, %(share)d %% used") % told


def _customer(ticket: Ticket) -> str:
    person = str(ticket.requester)
    return f"{ticket.customer} ({person})" if ticket.customer else person


def _urgency(ticket: Ticket) -> str:
    """The level in force, on what ground, and what is on the table."""
    level = name_level(terms_id=ticket.terms_id, code=ticket.governing_level)
    proposals = list(ticket.urgency_proposals.order_by("at", "pk"))
    table = [p for p in proposals if p.state == UrgencyProposal.State.OPEN]
    in_force = [p for p in table if p.level == ticket.governing_level]
    if any(p.state == UrgencyProposal.State.AGREED for p in proposals):
        parts = [_("%(level)s, agreed") % {"level": level}]
    elif in_force:
        told = {"level": level, "side": in_force[0].get_side_display().lower()}
        parts = [_("%(level)s, proposed by the %(side)s, not yet agreed") % told]
        table.remove(in_force[0])
    else:
        parts = [_("%(level)s by default, nothing agreed") % {"level": level}]
    for proposal in table:
        proposed = name_level(terms_id=ticket.terms_id, code=proposal.level)
        told = {"side": proposal.get_side_display(), "level": proposed}
        parts.append(_("%(side)s proposes: %(level)s") % told)
    return " · ".join(parts)


def _owner(ticket: Ticket, now: datetime) -> str:
    if ticket.assignee is not None:
        return f"{ticket.assignee}{_shift(ticket.assignee, now)}"
    if ticket.team is not None:
        return _("Nobody yet; team %(team)s") % {"team": ticket.team}
    return _("Nobody yet")


def _shift(agent: Agent, now: datetime) -> str:
    if agent.away_until and agent.away_until > now:
        until = clock_words(agent.away_until, now=now)
        return " · " + _("away until %(instant)s") % {"instant": until}
    calendar = agent.shift_calendar
    if calendar is None:
        return ""
    hours = calendar.to_domain(zone=calendar.zone_for(""))
    on_shift = hours.next_opening(now) == now
    return " · " + (_("on shift now") if on_shift else _("off shift now"))


def _reason(alert: Alert) -> str:
    ticket, recipient = alert.ticket, alert.recipient
    if ticket.assignee_id == recipient.pk:
        return _("The ticket is assigned to you.")
    team = ticket.team or (ticket.assignee and ticket.assignee.team)
    if team and alert.is_breach and team.lead_id == recipient.pk:
        return _("You lead the team %(team)s; its lead is told of every missed deadline.") % {
            "team": team
        }
    if team and ticket.assignee_id is None and recipient.team_id == team.pk:
        return _("Nobody is assigned, so everybody in the team %(team)s is told.") % {"team": team}
    if ticket.assignee_id is None and recipient.is_manager:
        return _("The ticket is nobody's, so the managers are told.")
    return _("It was yours to know when the deadline was flagged.")
