"""From a template's twins, text and HTML, to one message ready to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formataddr
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from tickets.emails.charsets import one_line
from tickets.models import Ticket, User

_SUBJECT_CHARACTERS = 200

#: Dark colours live in an @media rule, which no style attribute can hold.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@contextmanager
def reading_as(*, language: str, zone: str) -> Iterator[None]:
    """Words and instants as a person with this language and IANA zone reads them."""
    with translation.override(language or settings.LANGUAGE_CODE), timezone.override(_zone(zone)):
        yield


def reading_as_user(user: User) -> Any:
    return reading_as(language=user.language, zone=user.timezone)


def compose(
    *,
    template: str,
    context: Mapping[str, Any],
    subject: str,
    to: str,
    headers: Mapping[str, str],
    sender: str = "",
) -> EmailMultiAlternatives:
    """The message `template` makes of `context`: emails/{template}.txt and .html.

    Nothing of a stranger's can add a header: subject and names are cut to one printable line.
    """
    subject = one_line(subject, _SUBJECT_CHARACTERS)
    shown = {**context, "subject": subject, "desk_name": settings.DESK_NAME}
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"emails/{template}.txt", shown).strip() + "\n",
        from_email=address_of(sender or settings.DESK_NAME, settings.DESK_MAIL_FROM),
        to=[to],
        headers=dict(headers),
    )
    html = _INLINER.inline(render_to_string(f"emails/{template}.html", shown))
    mail.attach_alternative(html, "text/html")
    return mail


def address_of(name: str, address: str) -> str:
    """`name <address>`; the bare address where it is not ASCII, which the sender spells out."""
    return formataddr((one_line(name, 100), address)) if address.isascii() else address


def notification_headers(*, mail_id: str, root: str, kind: str) -> dict[str, str]:
    """Headers of mail that a program sends to a colleague (RFC 3834).

    X-Auto-Response-Suppress never says All: that would keep Exchange from reporting a bounce.
    """
    return {
        "Message-ID": mail_id,
        **({"References": root, "In-Reply-To": root} if root else {}),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "List-Id": f"<{kind}.{settings.DESK_MAIL_DOMAIN}>",
    }


def ticket_link(ticket: Ticket, anchor: str = "") -> str:
    """The ticket's page on the public address. Opening a link changes nothing."""
    return f"{settings.DESK_ADDRESS}{reverse('tickets:ticket', args=[ticket.number])}{anchor}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(settings.DESK_TIMEZONE)
