"""What an understood mail becomes: a ticket, a message, a note, a recorded bounce, or held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.html import escape
from django.utils.translation import gettext as _

from tickets.emails.identity import own_delivery_uids
from tickets.emails.parsed_mail import ParsedMail, Sort, UnreadableMail
from tickets.models import Alert, Delivery, InboundMail, Message, Ticket
from tickets.services import conversation, intake
from tickets.services.customers import identify_contact
from tickets.services.errors import Unable
from tickets.services.mail_threads import answered_alert, find_ticket, known_copy

#: Bytes of a delivery report in which our own Message-ID is looked for.
_REPORT_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Filed:
    """What became of a mail."""

    state: InboundMail.State
    message: Message | None = None
    problem: str = ""

    @classmethod
    def held(cls, problem: str) -> Filed:
        return cls(state=InboundMail.State.HELD, problem=problem)

    @classmethod
    def settled(cls, problem: str) -> Filed:
        return cls(state=InboundMail.State.SETTLED, problem=problem)

    @classmethod
    def accepted(cls, message: Message) -> Filed:
        return cls(state=InboundMail.State.ACCEPTED, message=message)


def file_mail(mail: InboundMail, parsed: ParsedMail, *, raw: bytes, now: datetime) -> Filed:
    """Put `parsed` where it belongs, in the caller's transaction.

    Bounces never open a ticket, and mail that declares itself automatic only joins one (RFC 3834).
    """
    if parsed.sort in (Sort.BOUNCE, Sort.REPORT):
        return _file_report(mail, parsed, raw=raw, now=now)
    if not parsed.address:
        return Filed.held(_("The mail names no sender who could be answered."))
    if _is_own(parsed):
        return Filed.held(_("The desk's own mail came back to it. Look for a mail loop."))
    _queue_behind_copies(parsed)
    try:
        return _file_words(mail, parsed, now=now)
    except Unable as error:
        return Filed.held(str(error))


def describe_unreadable(error: UnreadableMail) -> str:
    """Why a mail cannot be read, for the person who looks at it."""
    why = {
        "header_too_large": _("Its header is larger than any real one."),
        "too_many_parts": _("It has more parts than any real mail."),
        "too_deep": _("Its parts are nested deeper than in any real mail."),
        "took_too_long": _("Reading it took too long."),
        "took_too_much": _("Reading it took too much memory."),
    }.get(error.code, _("The parser broke on it."))
    return _("This mail cannot be read safely; the original is kept. %(why)s") % {"why": why}


def _file_report(mail: InboundMail, parsed: ParsedMail, *, raw: bytes, now: datetime) -> Filed:
    text = raw[:_REPORT_BYTES].replace(b"=\r\n", b"").replace(b"=\n", b"").decode("latin-1")
    deliveries = Delivery.objects.filter(uid__in=own_delivery_uids(text)).order_by("pk")
    delivery = deliveries.select_related("message__ticket").first()
    if delivery is None:
        return Filed.held(_("A delivery report about a mail the desk did not send."))
    told = {"address": delivery.address}
    if parsed.sort == Sort.REPORT:
        return Filed.settled(_("A report of delay or delivery of a mail to %(address)s.") % told)
    if delivery.message is None:
        return Filed.held(_("A warning to %(address)s could not be delivered.") % told)
    conversation.record_bounce(message=delivery.message, at=mail.received_at, now=now)
    return Filed.settled(
        _("Recorded on #%(number)s: the reply to %(address)s came back.")
        % {**told, "number": delivery.message.ticket.number}
    )


def _is_own(parsed: ParsedMail) -> bool:
    if parsed.address.lower() == settings.DESK_MAIL_FROM.lower():
        return True
    return Delivery.objects.filter(uid__in=own_delivery_uids(parsed.mail_id)).exists()


def _queue_behind_copies(parsed: ParsedMail) -> None:
    """Two copies of one mail (to two of our addresses) are filed one after the other."""
    if parsed.mail_id:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [parsed.mail_id]
            )


def _file_words(mail: InboundMail, parsed: ParsedMail, *, now: datetime) -> Filed:
    text = _text_of(parsed)
    copy = known_copy(parsed, text=text)
    if copy is not None:
        return Filed.settled(
            _("Another copy of a message on #%(number)s.") % {"number": copy.ticket.number}
        )
    alert = answered_alert(parsed)
    if alert is not None:
        return _file_answer_to_alert(alert, parsed, text=text, now=now)
    ticket = find_ticket(parsed)
    if parsed.sort == Sort.MACHINE and ticket is None:
        return Filed.held(_("An automatic mail that answers nothing of ours."))
    if ticket is not None and (ticket.is_active or ticket.status == Ticket.Status.SOLVED):
        return Filed.accepted(_continue(ticket, mail, parsed, text=text, now=now))
    if parsed.sort == Sort.MACHINE:
        return Filed.held(_("An automatic mail about a ticket that is closed."))
    return Filed.accepted(_open(mail, parsed, text=text, follows=ticket, now=now))


def _file_answer_to_alert(alert: Alert, parsed: ParsedMail, *, text: str, now: datetime) -> Filed:
    """An agent answers a warning: an internal note, never a word to the customer."""
    if parsed.sort != Sort.PERSON:
        return Filed.settled(_("An automatic answer to one of the desk's own warnings."))
    note = conversation.add_note(ticket=alert.ticket, agent=alert.recipient, text=text, now=now)
    return Filed.accepted(note)


def _continue(
    ticket: Ticket, mail: InboundMail, parsed: ParsedMail, *, text: str, now: datetime
) -> Message:
    return conversation.record_customer_message(
        ticket=ticket,
        contact=identify_contact(email=parsed.address, name=parsed.name),
        text=text,
        html=_html_of(parsed),
        at=mail.received_at,
        now=now,
        mail_id=parsed.mail_id,
        is_automatic=parsed.sort != Sort.PERSON,
    )


def _open(
    mail: InboundMail, parsed: ParsedMail, *, text: str, follows: Ticket | None, now: datetime
) -> Message:
    if follows is not None:
        remark = _("Follows #%(number)s, which is closed.") % {"number": follows.number}
        text = f"{text}\n\n[{remark}]"
    ticket = intake.open_ticket(
        requester=identify_contact(email=parsed.address, name=parsed.name),
        subject=parsed.subject or _("(no subject)"),
        text=text,
        html=_html_of(parsed),
        channel=Ticket.Channel.EMAIL,
        received_at=mail.received_at,
        now=now,
        mail_id=parsed.mail_id,
        is_automatic=parsed.sort != Sort.PERSON,
    )
    message: Message = ticket.messages.order_by("pk").get()
    return message


def _text_of(parsed: ParsedMail) -> str:
    remarks = "\n".join(f"[{remark}]" for remark in _remarks(parsed))
    return "\n\n".join(filter(None, (parsed.text or _("(no text)"), remarks)))


def _html_of(parsed: ParsedMail) -> str:
    if not parsed.html:
        return ""
    return parsed.html + "".join(f"\n<p>[{escape(remark)}]</p>" for remark in _remarks(parsed))


def _remarks(parsed: ParsedMail) -> list[str]:
    """What is not shown here, and where it is."""
    remarks = []
    if parsed.is_text_cut:
        remarks.append(_("The text goes on; the rest is kept with the original message."))
    if parsed.attachments:
        names = ", ".join(parsed.attachments)
        remarks.append(_("Kept with the original message: %(names)s") % {"names": names})
    return remarks
