"""Mails to agents: a deadline comes near, was missed, or turned out not to have been missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tickets.emails.alert_facts import list_facts, quote_latest_words, time_left
from tickets.emails.composing import (
    compose,
    notification_headers,
    reading_as_user,
    ticket_link,
)
from tickets.emails.identity import mail_id_of, mail_id_of_all, root_of
from tickets.emails.words import clock_words, instant_words, left_words, span_words
from tickets.models import Alert, Delivery, Event, Ticket
from tickets.selectors.clocks import metric_label
from tickets.selectors.levels import name_level


def alert_mail(*, delivery: Delivery, now: datetime) -> EmailMultiAlternatives:
    """One warning or breach, in its recipient's language and zone; `now` is when it is sent."""
    alert = _alert_of(delivery)
    ticket = alert.ticket
    with reading_as_user(alert.recipient.user):
        context = {
            "alert": alert,
            "ticket": ticket,
            "heading": _heading(alert, now),
            "facts": list_facts(alert=alert, now=now),
            "words": quote_latest_words(ticket),
            "links": _links(ticket),
        }
        return compose(
            template="alert",
            context=context,
            subject=_subject(alert, now),
            to=delivery.address,
            headers=notification_headers(
                mail_id=mail_id_of(delivery), root=root_of(ticket), kind="deadlines"
            ),
        )


def alerts_mail(*, deliveries: Sequence[Delivery], now: datetime) -> EmailMultiAlternatives:
    """Several alerts of one person as one table, what is due first at the top."""
    alerts = sorted(map(_alert_of, deliveries), key=lambda alert: alert.clock.due_at)
    missed = sum(alert.is_breach for alert in alerts)
    with reading_as_user(alerts[0].recipient.user):
        counts = {"count": len(alerts), "missed": missed}
        return compose(
            template="alerts",
            context={"rows": [_row(alert, now) for alert in alerts], "counts": counts},
            subject=_subject_of_all(counts),
            to=deliveries[0].address,
            headers=notification_headers(
                mail_id=mail_id_of_all(deliveries), root="", kind="deadlines"
            ),
        )


def _subject_of_all(counts: dict[str, int]) -> str:
    if counts["missed"] == 0:
        return _("[%(count)d deadlines near]") % counts
    if counts["missed"] == counts["count"]:
        return _("[%(count)d deadlines missed]") % counts
    return _("[%(count)d deadlines] %(missed)d missed, the others near") % counts


def withdrawal_mail(*, delivery: Delivery) -> EmailMultiAlternatives:
    """A breach that its recipient was told of turned out not to have been."""
    alert = _alert_of(delivery)
    ticket, clock = alert.ticket, alert.clock
    event = (
        ticket.events.filter(
            kind=Event.Kind.BREACH_WITHDRAWN,
            data__metric=clock.metric,
            data__cycle=clock.cycle,
            recorded_at__lte=delivery.created_at,
        )
        .order_by("pk")
        .last()
    )
    with reading_as_user(alert.recipient.user):
        subject = _("[not missed] %(metric)s #%(number)s %(customer)s: %(subject)s")
        return compose(
            template="breach_withdrawn",
            context={
                "ticket": ticket,
                "metric": metric_label(clock.metric),
                "facts": _withdrawal_facts(event.data if event else {}),
                "links": _links(ticket),
            },
            subject=subject % _about(alert),
            to=delivery.address,
            headers=notification_headers(
                mail_id=mail_id_of(delivery), root=root_of(ticket), kind="deadlines"
            ),
        )


def _alert_of(delivery: Delivery) -> Alert:
    alert = delivery.alert
    assert alert is not None  # a constraint: a delivery of these kinds has one
    return alert


def _about(alert: Alert) -> dict[str, Any]:
    ticket = alert.ticket
    return {
        "metric": _verb(alert.clock.metric),
        "number": ticket.number,
        "customer": ticket.customer or ticket.requester,
        "subject": ticket.subject,
        "level": name_level(terms_id=ticket.terms_id, code=alert.clock.level),
    }


def _verb(metric: str) -> str:
    """What there is to do, in a word."""
    return {
        "ACTION": pgettext("deadline", "Act"),
        "RESPONSE": pgettext("deadline", "Reply"),
        "NEXT_RESPONSE": pgettext("deadline", "Reply again"),
        "RESOLUTION": pgettext("deadline", "Solve"),
    }.get(metric, metric)


def _subject(alert: Alert, now: datetime) -> str:
    due = clock_words(alert.clock.due_at, now=now)
    about = {**_about(alert), "due": due, "span": _span(alert, now)}
    if alert.is_breach:
        return (
            _(
                "[missed %(due)s] %(metric)s #%(number)s %(customer)s: %(subject)s"
                " (%(level)s, %(span)s over)"
            )
            % about
        )
    return (
        _(
            "[due %(due)s] %(metric)s #%(number)s %(customer)s: %(subject)s"
            " (%(level)s, %(span)s left)"
        )
        % about
    )


def _span(alert: Alert, now: datetime) -> str:
    """How long until the due instant, or how long over."""
    return (span_words if alert.is_breach else left_words)(time_left(alert, now))


def _heading(alert: Alert, now: datetime) -> str:
    told = {"metric": metric_label(alert.clock.metric), "span": _span(alert, now)}
    if not alert.is_breach:
        return _("%(metric)s due in %(span)s") % told
    if alert.clock.met_at is not None:
        return _("%(metric)s deadline missed, met late") % told
    return _("%(metric)s deadline missed %(span)s ago") % told


def _row(alert: Alert, now: datetime) -> dict[str, Any]:
    return {
        **_about(alert),
        "ticket": alert.ticket,
        "is_breach": alert.is_breach,
        "due": clock_words(alert.clock.due_at, now=now),
        "span": _span(alert, now),
        "link": ticket_link(alert.ticket),
    }


def _links(ticket: Ticket) -> dict[str, str]:
    return {
        "open": ticket_link(ticket),
        "reply": ticket_link(ticket, "#composer"),
        "why": ticket_link(ticket, "#why"),
    }


def _withdrawal_facts(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The fact that shows it, when it happened, when it was recorded and by whom."""
    labels = dict(Event.Kind.choices)
    fact = str(labels.get(data.get("fact", ""), data.get("fact", "")))
    facts = [
        (_("Deadline"), _instant(data.get("breached_at"))),
        (_("What shows it"), fact),
        (_("It happened"), _instant(data.get("fact_at"))),
        (_("It was recorded"), _instant(data.get("fact_recorded_at"))),
        (_("Recorded by"), data.get("fact_recorded_by") or _("the desk itself")),
    ]
    return [(label, value) for label, value in facts if value]


def _instant(text: str | None) -> str:
    at = parse_datetime(text) if text else None
    return instant_words(at) if at else ""
