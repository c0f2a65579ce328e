"""Which ticket a mail belongs to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from tickets.emails.identity import own_delivery_uids, own_root_numbers
from tickets.emails.parsed_mail import ParsedMail
from tickets.models import Alert, Delivery, Message, Ticket

#: The number as our own subjects write it.
_SUBJECT_NUMBER = re.compile(r"\[#([0-9]{1,15})\]")


def find_ticket(mail: ParsedMail) -> Ticket | None:
    """The ticket `mail` continues; None when it starts something new.

    First by the ids of mails it answers, received and sent ones, nearest first. Numbers, in the
    subject or in our synthetic ids, can be guessed: they count only for a sender who already
    takes part in that ticket. Of a merged ticket, the one it went into.
    """
    return _surviving(_by_mail_ids(mail) or _by_numbers(mail))


def answered_alert(mail: ParsedMail) -> Alert | None:
    """The warning that `mail` answers, when it comes from the very address the warning went to."""
    uids = own_delivery_uids(" ".join(mail.references))
    delivery = (
        Delivery.objects.filter(
            uid__in=uids,
            alert__isnull=False,
            address__iexact=mail.address,
            alert__recipient__user__is_active=True,
        )
        .select_related("alert__ticket", "alert__recipient__user")
        .order_by("pk")
        .first()
    )
    return delivery.alert if delivery else None


def known_copy(mail: ParsedMail, *, text: str) -> Message | None:
    """The message that the same mail already became, received over another address.

    The same Message-ID alone proves nothing: some programs reuse theirs.
    """
    if not mail.mail_id:
        return None
    copies = Message.objects.filter(mail_id=mail.mail_id, contact__email__iexact=mail.address)
    return copies.filter(text=text).select_related("ticket").order_by("pk").first()


def _by_mail_ids(mail: ParsedMail) -> Ticket | None:
    candidates = _tickets_by_mail_id(mail.references)
    for mail_id in mail.references:
        tickets = candidates.get(mail_id, {})
        if len(tickets) == 1:
            return next(iter(tickets.values()))
        # One id on several tickets: a program that reuses its ids, perhaps for many senders.
        found = [t for t in tickets.values() if _takes_part(mail.address, t)]
        if found:
            return max(found, key=lambda ticket: ticket.pk)
    return None


def _tickets_by_mail_id(mail_ids: list[str]) -> dict[str, dict[int, Ticket]]:
    found: dict[str, dict[int, Ticket]] = defaultdict(dict)
    received = Message.objects.filter(mail_id__in=mail_ids).select_related("ticket")
    for message in received.order_by("pk")[:100]:
        found[message.mail_id][message.ticket_id] = message.ticket
    uids = {uid: mail_id for mail_id in mail_ids for uid in own_delivery_uids(mail_id)}
    sent = Delivery.objects.filter(uid__in=uids).select_related("message__ticket", "alert__ticket")
    for delivery in sent:
        ticket = _ticket_of(delivery)
        found[uids[delivery.uid]][ticket.pk] = ticket
    return found


def _ticket_of(delivery: Delivery) -> Ticket:
    source = delivery.message or delivery.alert
    assert source is not None  # a constraint: a delivery tells one thing
    return source.ticket


def _by_numbers(mail: ParsedMail) -> Ticket | None:
    numbers = own_root_numbers(mail.references)
    numbers += [int(number) for number in _SUBJECT_NUMBER.findall(mail.subject)]
    tickets = Ticket.objects.select_related("requester").in_bulk(
        _first(numbers, 10), field_name="number"
    )
    found = (tickets.get(number) for number in numbers)
    return next((t for t in found if t is not None and _takes_part(mail.address, t)), None)


def _first(numbers: Iterable[int], count: int) -> list[int]:
    return list(dict.fromkeys(numbers))[:count]


def _takes_part(address: str, ticket: Ticket) -> bool:
    return Ticket.objects.filter(
        Q(requester__email__iexact=address) | Q(messages__contact__email__iexact=address),
        pk=ticket.pk,
    ).exists()


def _surviving(ticket: Ticket | None) -> Ticket | None:
    while ticket is not None and ticket.merged_into is not None:
        ticket = ticket.merged_into
    return ticket
