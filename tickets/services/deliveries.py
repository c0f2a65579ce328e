"""Sending what the outbox owes: by lease, at least once, with a Message-ID that never changes.

Each round takes one mail (or several alerts that one person gets as one mail), in three short
transactions around a conversation with the mail server that holds none:

1. claim: lease and counted attempt are committed before anything dangerous happens, so a mail
   that kills its worker is parked after a few tries and everything else goes on;
2. check: what is no longer worth telling is dropped;
3. settle: only by the holder of the lease. A worker that was frozen meanwhile changes nothing.

The database's clock decides when; no instant comes from a host.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tickets.emails.outgoing import render
from tickets.emails.smtp import mail_connection
from tickets.models import Alert, Delivery
from tickets.services import conversation
from tickets.services.alert_checks import reason_to_drop
from tickets.services.delivery_leases import Batch, ClockTimestamp, claim, held, settle
from tickets.services.mail_faults import Fault, fault_of

logger = logging.getLogger(__name__)

State = Delivery.State

#: Times a mail is put to the mail server before it is given up.
MAX_ATTEMPTS = 5
#: What to wait after the first, second … attempt that the server did not take yet.
DELAYS = [timedelta(seconds=15), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=4)]
#: While no mail server can be reached at all: between tries, and at most.
UNREACHABLE_DELAY = timedelta(minutes=1)
UNREACHABLE_FOR = timedelta(days=3)


def send_due_deliveries(*, limit: int = 50) -> int:
    """Send up to `limit` mails that are due, over one connection to the mail server.

    Must not be called inside a transaction. When the mail server cannot be reached it returns at
    once; the mails wait and are tried again.

    Returns:
        How many mails were dealt with: sent, dropped, put off or given up.
    """
    outlet = mail_connection()
    done = 0
    try:
        while done < limit:
            batch = claim()
            if batch is None:
                break
            done += 1
            if not _deal_with(batch, outlet):
                break
    finally:
        _hang_up(outlet)
    return done


def _deal_with(batch: Batch, outlet: BaseEmailBackend) -> bool:
    """Returns: whether the mail server can be talked to."""
    if any(delivery.attempts > MAX_ATTEMPTS for delivery in batch.deliveries):
        fault = Fault.for_good(f"Each of {MAX_ATTEMPTS} attempts ended without an answer.")
        _settle_fault(batch, batch.deliveries, fault)
        return True
    remaining = _drop_outdated(batch)
    if not remaining:
        return True
    failure = _put_to_server(batch, remaining, outlet)
    if failure is None:
        _settle_sent(batch, remaining)
        return True
    _hang_up(outlet)
    _settle_fault(batch, remaining, failure)
    return not failure.is_unreachable


def _drop_outdated(batch: Batch) -> list[Delivery]:
    """Drops alerts that have lost their point (TERMS §2.11). Returns: what remains to be sent."""
    remaining = []
    for delivery in batch.deliveries:
        reason = reason_to_drop(delivery, now=batch.now)
        if reason is None:
            remaining.append(delivery)
            continue
        with transaction.atomic(durable=True):
            if settle(batch, [delivery], state=State.DROPPED):
                _settle_alerts([delivery], state=Alert.State.DROPPED, reason=reason)
    return remaining


def _put_to_server(
    batch: Batch, deliveries: Sequence[Delivery], outlet: BaseEmailBackend
) -> Fault | None:
    """Returns: what went wrong; None when the mail server took the mail."""
    try:
        outlet.open()
    except Exception as error:
        logger.warning("no mail server can be reached: %s", error)
        return Fault.unreachable(error)
    try:
        outlet.send_messages([render(deliveries, now=batch.now)])
    except OSError as error:
        return fault_of(error)
    except Exception as error:
        logger.exception("deliveries %s cannot be sent", [each.pk for each in deliveries])
        return fault_of(error)
    return None


def _settle_sent(batch: Batch, deliveries: Sequence[Delivery]) -> None:
    with transaction.atomic(durable=True):
        if settle(batch, deliveries, state=State.SENT):
            _settle_alerts(deliveries, state=Alert.State.SENT)
        if _alert_ids(deliveries):
            _tell_late_withdrawals(deliveries)


def _settle_fault(batch: Batch, deliveries: Sequence[Delivery], fault: Fault) -> None:
    for delivery in deliveries:
        with transaction.atomic(durable=True):
            if _is_hopeless(delivery, fault, now=batch.now):
                _give_up(batch, delivery, fault)
            else:
                _put_off(batch, delivery, fault)


def _is_hopeless(delivery: Delivery, fault: Fault, *, now: datetime) -> bool:
    if fault.is_unreachable:
        return now - delivery.created_at > UNREACHABLE_FOR
    return fault.is_for_good or delivery.attempts >= MAX_ATTEMPTS


def _give_up(batch: Batch, delivery: Delivery, fault: Fault) -> None:
    if not settle(batch, [delivery], state=State.FAILED, error=fault.text):
        return
    logger.error("delivery %s to %s failed: %s", delivery.pk, delivery.address, fault.text)
    _settle_alerts([delivery], state=Alert.State.DROPPED, reason=Alert.DropReason.UNREACHABLE)
    if delivery.message is not None:
        # What never reached the customer was no response (TERMS §2.3).
        conversation.record_bounce(message=delivery.message, at=batch.now, now=batch.now)


def _put_off(batch: Batch, delivery: Delivery, fault: Fault) -> None:
    """An attempt that never came to the server is not held against the mail."""
    attempts = delivery.attempts - (1 if fault.is_unreachable else 0)
    delay = UNREACHABLE_DELAY if fault.is_unreachable else DELAYS[attempts - 1]
    held(batch, [delivery]).update(
        attempts=attempts,
        next_try_at=ClockTimestamp() + delay,
        lease=None,
        leased_until=None,
        latest_error=fault.text,
    )


def _settle_alerts(deliveries: Sequence[Delivery], *, state: Alert.State, reason: str = "") -> None:
    Alert.objects.filter(pk__in=_alert_ids(deliveries), state=Alert.State.QUEUED).update(
        state=state, drop_reason=reason, settled_at=ClockTimestamp()
    )


def _tell_late_withdrawals(deliveries: Sequence[Delivery]) -> None:
    """A breach withdrawn while its mail was on the way: who was told of it hears of that too."""
    withdrawn = Alert.objects.filter(
        pk__in=_alert_ids(deliveries), state=Alert.State.WITHDRAWN
    ).select_related("recipient__user")
    Delivery.objects.bulk_create(
        [
            Delivery(
                kind=Delivery.Kind.BREACH_WITHDRAWN,
                alert=alert,
                address=alert.recipient.user.email,
            )
            for alert in withdrawn
        ],
        ignore_conflicts=True,
    )


def _alert_ids(deliveries: Sequence[Delivery]) -> list[int]:
    return [d.alert_id for d in deliveries if d.kind == Delivery.Kind.ALERT and d.alert_id]


def _hang_up(outlet: BaseEmailBackend) -> None:
    try:
        outlet.close()
    except Exception as error:
        logger.info("the mail server did not say goodbye: %s", error)
