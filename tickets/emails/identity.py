"""Ids of our own mails: made to last, and recognised when they come back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import NAMESPACE_OID, UUID, uuid5

from django.conf import settings

from tickets.models import Delivery, Ticket

_OWN = re.compile(r"<(alert|breach_withdrawn|reply)\.([0-9a-f-]{36})@([^<>\s@]+)>", re.IGNORECASE)
_ROOT = re.compile(r"<ticket-([0-9]{1,15})@([^<>\s@]+)>", re.IGNORECASE)


def mail_id_of(delivery: Delivery) -> str:
    """The Message-ID of this delivery, the same at every attempt."""
    return f"<{delivery.kind.lower()}.{delivery.uid}@{settings.DESK_MAIL_DOMAIN}>"


def mail_id_of_all(deliveries: Iterable[Delivery]) -> str:
    """The Message-ID of one mail that carries several alerts: the same for the same alerts."""
    uids = sorted(str(delivery.uid) for delivery in deliveries)
    return f"<alerts.{uuid5(NAMESPACE_OID, ' '.join(uids))}@{settings.DESK_MAIL_DOMAIN}>"


def root_of(ticket: Ticket) -> str:
    """A Message-ID no mail has: programs group all that refer to it as one conversation."""
    return f"<ticket-{ticket.number}@{settings.DESK_MAIL_DOMAIN}>"


def own_delivery_uids(text: str) -> list[UUID]:
    """Which of our deliveries `text` names by Message-ID, in its order."""
    found = [uid for _, uid, domain in _OWN.findall(text) if _is_ours(domain)]
    return [UUID(uid) for uid in dict.fromkeys(found) if _is_uuid(uid)]


def own_root_numbers(mail_ids: Iterable[str]) -> list[int]:
    """Ticket numbers of our synthetic roots among `mail_ids`. Guessable: no proof of anything."""
    matches = (_ROOT.fullmatch(mail_id) for mail_id in mail_ids)
    return [int(m.group(1)) for m in matches if m and _is_ours(m.group(2))]


def _is_ours(domain: str) -> bool:
    return domain.lower() == settings.DESK_MAIL_DOMAIN.lower()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
