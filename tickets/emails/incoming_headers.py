"""The header of an incoming mail. Runs in the parsing child; every reader is bounded and total.

Headers are taken raw, as bytes, and cut before anything interprets them: the structured header
parser of the standard library recurses on nested comments and is quadratic in parameters.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from tickets.emails.charsets import decode, one_line
from tickets.emails.parsed_mail import REFERENCES, Sort

#: Characters of a header that are looked at.
_HEADER_CHARACTERS = 8 * 1024
_MAIL_ID = re.compile(r"<[^<>\s]{3,990}>")
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,255}")
_MAILER_NAMES = {"mailer-daemon", "mail-daemon", "mailerdaemon"}
#: Headers that only programs which answer by themselves set.
_AUTORESPONDER_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponse",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
)


def header(message: Message, name: str) -> str:
    """The header's first value as the sender wrote it, unfolded; empty when missing."""
    return _texts(message, name)[0] if message.get(name) is not None else ""


def readable(value: str, limit: int) -> str:
    """An unstructured header for people: encoded words decoded, one line."""
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return one_line(value, limit)
    return one_line("".join(_word(chunk, charset) for chunk, charset in chunks), limit)


def _word(chunk: str | bytes, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    if charset is None:  # what stood between encoded words, as `decode_header` hands it back
        try:
            return chunk.decode("raw_unicode_escape")
        except UnicodeError:
            pass
    return decode(chunk, charset)


def sender_of(message: Message) -> tuple[str, str]:
    """(address, name) of whoever can be answered; empty when the mail names nobody."""
    for name in ("From", "Reply-To", "Sender"):
        for value in _texts(message, name):
            for found in (value, readable(value, _HEADER_CHARACTERS)):
                address, person = _first_address(found)
                if address:
                    return address, person
    return "", ""


def mail_id_of(message: Message) -> str:
    """The Message-ID with its angle brackets; a bare one gets them; empty when unusable."""
    value = header(message, "Message-ID")
    found = _MAIL_ID.search(value)
    if found:
        return found.group()
    bare = value.strip().strip("<>")
    return f"<{bare}>" if bare and len(bare) < 990 and not re.search(r"[\s<>]", bare) else ""


def references_of(message: Message) -> list[str]:
    """Ids of the mails this one answers or follows, nearest first (RFC 5322 §3.6.4)."""
    answered = _ids(message, "In-Reply-To")
    followed = _ids(message, "References")[::-1]
    return list(dict.fromkeys([*answered, *followed]))[:REFERENCES]


def sort_of(message: Message, address: str) -> Sort:
    """Person or machine, by what the mail says of itself (RFC 3834, RFC 3464)."""
    if _is_delivery_report(message, address):
        return Sort.REPORT if _is_good_or_pending(message) else Sort.BOUNCE
    if _is_declared_automatic(message):
        return Sort.MACHINE
    precedences = {header(message, name).strip().lower() for name in ("Precedence", "X-Precedence")}
    if "auto_reply" in precedences or any(message.get(name) for name in _AUTORESPONDER_HEADERS):
        return Sort.AUTORESPONDER
    return Sort.PERSON


def _texts(message: Message, name: str) -> list[str]:
    """Every value of a header, cut, unfolded, 8-bit bytes decoded (they have no charset)."""
    wanted = name.lower()
    values = [value for key, value in message.raw_items() if key.lower() == wanted]
    return [
        decode(_cut(name, str(v)).encode("ascii", "surrogateescape"), None)
        .replace("\r", "")
        .replace("\n", "")
        for v in values
    ]


def _cut(name: str, value: str) -> str:
    """A header's beginning; of References the end, where the nearest ids stand."""
    return value[-_HEADER_CHARACTERS:] if name == "References" else value[:_HEADER_CHARACTERS]


def _ids(message: Message, name: str) -> list[str]:
    return [found for value in _texts(message, name) for found in _MAIL_ID.findall(value)]


def _first_address(value: str) -> tuple[str, str]:
    try:
        pairs = getaddresses([value])
    except (ValueError, IndexError, RecursionError):
        pairs = []
    for person, address in pairs:
        if _ADDRESS.fullmatch(address) and len(address) <= 254:
            name = readable(person, 200)
            return address, "" if name.lower() == address.lower() else name
    found = _ADDRESS.search(value)
    return (found.group()[:254], "") if found else ("", "")


def _content_type(message: Message) -> str:
    return header(message, "Content-Type").lower()


def _is_delivery_report(message: Message, address: str) -> bool:
    kind = _content_type(message)
    if kind.startswith("multipart/report"):
        return "delivery-status" in kind or "disposition-notification" not in kind
    local = address.partition("@")[0].lower()
    return message.get("X-Failed-Recipients") is not None or local in _MAILER_NAMES


def _is_good_or_pending(message: Message) -> bool:
    """Whether the report says delayed, delivered, relayed or expanded, and nothing failed."""
    actions = re.findall(r"^action:\s*([a-z]+)", _status_text(message), re.MULTILINE)
    return bool(actions) and "failed" not in actions


def _status_text(message: Message) -> str:
    parts = [*message.walk()][:20]
    texts = [
        str(block)
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for block in (part.get_payload() if part.is_multipart() else [part.get_payload()])
    ]
    return "\n".join(texts)[: 64 * 1024].lower()


def _is_declared_automatic(message: Message) -> bool:
    declared = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        declared not in ("", "no")
        or header(message, "Return-Path").strip() == "<>"
        or _content_type(message).startswith("multipart/report")
    )
