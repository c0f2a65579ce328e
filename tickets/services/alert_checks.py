"""Whether an alert still says something true and new when its mail is about to go."""

from __future__ import annotations

from datetime import datetime

from tickets.models import Alert, Clock, Delivery

Reason = Alert.DropReason


def reason_to_drop(delivery: Delivery, *, now: datetime) -> str | None:
    """Why `delivery` is not sent any more; None when it is (TERMS §2.11).

    An empty reason: its alert was settled already, and says why itself. A breach is a fact and is
    told whatever happened since, unless it was withdrawn. Replies and withdrawals always go; but
    nothing goes to somebody who left.
    """
    alert = delivery.alert
    if alert is not None and not alert.recipient.user.is_active:
        return str(Reason.UNREACHABLE)
    if delivery.kind != Delivery.Kind.ALERT or alert is None:
        return None
    if alert.state != Alert.State.QUEUED:
        return ""
    if alert.is_breach:
        return None
    return _pointless(alert, alert.clock, now)


def _pointless(alert: Alert, clock: Clock, now: datetime) -> str | None:
    checks = [
        (clock.cancelled_at is not None, Reason.CANCELLED),
        (clock.met_at is not None, Reason.MET),
        (clock.paused_at is not None, Reason.PAUSED),
        (_is_moved(alert, clock, now), Reason.MOVED),
        (now > clock.due_at, Reason.SUPERSEDED),
        (_is_outdone(alert), Reason.SUPERSEDED),
    ]
    return next((str(reason) for applies, reason in checks if applies), None)


def _is_moved(alert: Alert, clock: Clock, now: datetime) -> bool:
    """The plan changed, and in the new one this mark has not gone by."""
    if alert.clock_revision == clock.revision:
        return False
    marks = dict(zip(clock.thresholds, clock.marks, strict=True))
    return alert.threshold in marks and marks[alert.threshold] > now


def _is_outdone(alert: Alert) -> bool:
    """A higher one to the same person is on its way or has arrived."""
    higher = Alert.objects.filter(
        clock_id=alert.clock_id,
        recipient_id=alert.recipient_id,
        threshold__gt=alert.threshold,
        state__in=[Alert.State.QUEUED, Alert.State.SENT],
    )
    return higher.exists()
