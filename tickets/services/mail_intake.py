"""Incoming mail: kept first, understood second, and never lost."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from tickets.emails.parsed_mail import UnreadableMail
from tickets.emails.parsing import read_mail
from tickets.models import InboundMail
from tickets.services.errors import Unable
from tickets.services.mail_filing import Filed, describe_unreadable, file_mail

logger = logging.getLogger(__name__)

#: How far the mail server's clock may run ahead of ours.
CLOCK_SKEW = timedelta(minutes=1)
#: How long a mail may be on its way through `receive_mail` before the sweep takes it for left over.
LEFT_OVER_AFTER = timedelta(minutes=2)


class UnableToReceiveMail(Unable):
    pass


def receive_mail(*, raw: bytes, received_at: datetime, now: datetime) -> InboundMail:
    """Keep a raw RFC 5322 message, then make of it a ticket, a message on one, or a held mail.

    `received_at` is when our mail server accepted it (UTC), never the sender's Date (TERMS §2.1).
    The bytes are committed before anybody tries to understand them; the same bytes are taken in
    once, however often and however concurrently they arrive.

    Returns:
        The stored mail: ACCEPTED with its message, HELD or SETTLED with `problem` saying why.

    Raises:
        UnableToReceiveMail: empty, too large, or received in the future; nothing is stored.
    """
    _check(raw=raw, received_at=received_at, now=now)
    mail = _store(raw=raw, received_at=min(received_at, now))
    _take_in(mail, raw=raw, now=now)
    return mail


def take_in_stored_mail(*, now: datetime, limit: int = 20) -> int:
    """Take in mail that was stored, but whose process died before it was understood.

    Returns:
        How many mails were looked at.
    """
    left_over = InboundMail.objects.filter(
        state=InboundMail.State.STORED, received_at__lt=now - LEFT_OVER_AFTER
    )
    mails = list(left_over.order_by("received_at", "pk")[:limit])
    for mail in mails:
        _take_in(mail, raw=bytes(mail.raw), now=now)
    return len(mails)


def _check(*, raw: bytes, received_at: datetime, now: datetime) -> None:
    if not raw.strip():
        raise UnableToReceiveMail("mail_empty", _("There is no message. Hand over its raw bytes."))
    if len(raw) > settings.DESK_MAX_MAIL_BYTES:
        raise UnableToReceiveMail(
            "mail_too_large",
            _("The message is larger than %(limit)s bytes. Raise DESK_MAX_MAIL_BYTES to take it.")
            % {"limit": settings.DESK_MAX_MAIL_BYTES},
        )
    if received_at > now + CLOCK_SKEW:
        raise UnableToReceiveMail(
            "received_in_future",
            _("Received-at lies in the future. Give the instant the mail server accepted it."),
        )


def _store(*, raw: bytes, received_at: datetime) -> InboundMail:
    digest = hashlib.sha256(raw).digest()
    with transaction.atomic(durable=True):
        InboundMail.objects.bulk_create(
            [InboundMail(raw=raw, digest=digest, received_at=received_at)], ignore_conflicts=True
        )
        return InboundMail.objects.defer("raw").select_related("message").get(digest=digest)


def _take_in(mail: InboundMail, *, raw: bytes, now: datetime) -> None:
    """Settle a stored mail. Whatever it contains, its state says in the end what became of it."""
    if mail.state != InboundMail.State.STORED:
        return
    with override(settings.LANGUAGE_CODE):
        try:
            parsed = read_mail(raw)
            _settle(mail, lambda: file_mail(mail, parsed, raw=raw, now=now))
        except UnreadableMail as error:
            problem = describe_unreadable(error)
            _settle(mail, lambda: Filed.held(problem))
        except (OperationalError, InterfaceError):
            raise  # the database is gone; the mail is stored, and taken in when it is back
        except Exception as error:
            # A fault of ours must not make the mail server hand over the same mail for ever.
            logger.exception("mail %s could not be taken in", mail.pk)
            problem = _("The desk failed on this mail: %(error)s") % {"error": error}
            _settle(mail, lambda: Filed.held(problem))


def _settle(mail: InboundMail, decide: Callable[[], Filed]) -> None:
    with transaction.atomic(durable=True):
        locked = InboundMail.objects.select_for_update().defer("raw").get(pk=mail.pk)
        if locked.state == InboundMail.State.STORED:
            filed = decide()
            locked.state, locked.message = filed.state, filed.message
            locked.problem = filed.problem
            locked.save(update_fields=["state", "message", "problem"])
        mail.state, mail.message, mail.problem = locked.state, locked.message, locked.problem
    if mail.state == InboundMail.State.HELD:
        logger.warning("mail %s is held: %s", mail.pk, mail.problem)
