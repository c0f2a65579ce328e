"""A reply to the customer: a person's mail, and marked as nothing else."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from tickets.emails.composing import address_of, compose, reading_as
from tickets.emails.identity import mail_id_of
from tickets.models import Delivery, Message, Ticket

#: Ids in References besides the first; mail programs need no more to keep a conversation together.
REFERENCES = 20


def reply_mail(*, delivery: Delivery) -> EmailMultiAlternatives:
    """The reply that `delivery` carries, in the customer's language, in their conversation.

    No header says that it is automatic: it is not, and must not be treated as such (RFC 3834).
    """
    message = delivery.message
    assert message is not None  # a constraint: a delivery of this kind has one
    ticket, contact, customer = message.ticket, message.ticket.requester, message.ticket.customer
    language = contact.language or (customer.language if customer else "")
    zone = (customer.timezone if customer else "") or settings.DESK_TIMEZONE
    with reading_as(language=language, zone=zone):
        sender = _("%(agent)s (%(desk)s)") % {"agent": message.agent, "desk": settings.DESK_NAME}
        return compose(
            template="reply",
            context={"ticket": ticket, "message": message, "agent": message.agent},
            subject=_subject(ticket),
            to=address_of(contact.name, delivery.address),
            headers={"Message-ID": mail_id_of(delivery), **_thread(message)},
            sender=sender,
        )


def _subject(ticket: Ticket) -> str:
    """The number stands first, where no mail program cuts it off."""
    return f"Re: [#{ticket.number}] {ticket.subject}"


def _thread(message: Message) -> dict[str, str]:
    """In-Reply-To: what the customer wrote last. References: the first mail and the latest ones."""
    earlier = message.ticket.messages.filter(kind=Message.Kind.PUBLIC, pk__lt=message.pk)
    said = list(earlier.prefetch_related("deliveries").order_by("pk"))
    ids = [mail_id for each in said for mail_id in _ids_of(each)]
    if not ids:
        return {}
    from_customer = [each.mail_id for each in said if each.is_from_customer and each.mail_id]
    references = dict.fromkeys([ids[0], *ids[1:][-REFERENCES:]])
    return {
        "In-Reply-To": from_customer[-1] if from_customer else ids[-1],
        "References": " ".join(references),
    }


def _ids_of(message: Message) -> list[str]:
    if message.mail_id:
        return [message.mail_id]
    return [mail_id_of(delivery) for delivery in message.deliveries.all()]
