"""From a delivery to the message it carries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMultiAlternatives

from tickets.emails.alerts import alert_mail, alerts_mail, withdrawal_mail
from tickets.emails.replies import reply_mail
from tickets.models import Delivery


def render(deliveries: Sequence[Delivery], *, now: datetime) -> EmailMultiAlternatives:
    """The mail of one delivery, or of several alerts to one person."""
    if len(deliveries) > 1:
        return alerts_mail(deliveries=deliveries, now=now)
    (delivery,) = deliveries
    if delivery.kind == Delivery.Kind.REPLY:
        return reply_mail(delivery=delivery)
    if delivery.kind == Delivery.Kind.BREACH_WITHDRAWN:
        return withdrawal_mail(delivery=delivery)
    return alert_mail(delivery=delivery, now=now)
