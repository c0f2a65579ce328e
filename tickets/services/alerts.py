"""What becomes of alerts when the facts change under them."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Now

from tickets.models import Alert, Clock, Delivery, Event, Ticket
from tickets.services import bell
from tickets.services.timeline import record


def drop_moved_warnings(clock: Clock) -> set[int]:
    """The deadline moved: warnings not yet sent move with it (TERMS §2.11).

    What is just being sent is left to the sender: dropped here, it would be told a second time.

    Returns:
        The thresholds already told, which are not repeated.
    """
    alerts = Alert.objects.filter(clock_id=clock.pk, threshold__lt=100)
    waiting = Delivery.objects.select_for_update(no_key=True, of=("self",)).filter(
        alert__in=alerts.filter(state=Alert.State.QUEUED), state=Delivery.State.QUEUED, lease=None
    )
    moved = dict(waiting.values_list("pk", "alert_id"))
    Delivery.objects.filter(pk__in=moved).update(state=Delivery.State.DROPPED, settled_at=Now())
    alerts.filter(pk__in=moved.values(), state=Alert.State.QUEUED).update(
        state=Alert.State.DROPPED, drop_reason=Alert.DropReason.MOVED, settled_at=Now()
    )
    return set(alerts.filter(state=Alert.State.SENT).values_list("threshold", flat=True))


def withdraw_breach(*, ticket: Ticket, clock: Clock, at: datetime) -> None:
    """A flagged breach turns out not to have been: say so, and tell those who were alerted.

    The line on the timeline names the fact that shows it, who recorded it and when.
    """
    fact = (
        ticket.events.exclude(
            kind__in=[
                Event.Kind.CLOCKS_PLANNED,
                Event.Kind.CLOCK_WARNED,
                Event.Kind.CLOCK_BREACHED,
                Event.Kind.BREACH_WITHDRAWN,
            ]
        )
        .select_related("agent__user", "contact")
        .latest("pk")
    )
    record(
        ticket=ticket,
        kind=Event.Kind.BREACH_WITHDRAWN,
        at=at,
        data={
            "metric": clock.metric,
            "cycle": clock.cycle,
            "level": clock.level,
            "breached_at": clock.breached_at and clock.breached_at.isoformat(),
            "noticed_at": clock.noticed_at and clock.noticed_at.isoformat(),
            "fact": fact.kind,
            "fact_at": fact.at.isoformat(),
            "fact_recorded_at": fact.recorded_at.isoformat(),
            "fact_recorded_by": str(fact.agent or fact.contact or ""),
        },
    )
    clock.breached_at = clock.noticed_at = None
    # A plan of its own: should the breach come back (the reply bounces), it is flagged anew.
    clock.position = max(len(clock.marks) - 1, 0)
    clock.revision += 1
    _tell_withdrawal(clock)


def _tell_withdrawal(clock: Clock) -> None:
    told = Alert.objects.filter(clock_id=clock.pk, threshold=100).select_related("recipient__user")
    Delivery.objects.filter(
        alert__in=told.filter(state=Alert.State.QUEUED), state=Delivery.State.QUEUED
    ).update(state=Delivery.State.DROPPED, settled_at=Now())
    Delivery.objects.bulk_create(
        Delivery(
            kind=Delivery.Kind.BREACH_WITHDRAWN, alert=alert, address=alert.recipient.user.email
        )
        for alert in told.filter(state=Alert.State.SENT)
    )
    told.filter(state__in=[Alert.State.QUEUED, Alert.State.SENT]).update(
        state=Alert.State.WITHDRAWN, settled_at=Now()
    )
    bell.ring_deliveries_after_commit()
