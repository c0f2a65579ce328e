"""What the desk understands of an incoming mail, and how much of it. No framework: the child
that parses starts in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

#: Bytes of the message's own header.
HEADER_BYTES = 256 * 1024
#: Parts, and parts within parts.
PARTS = 200
DEPTH = 20
#: Bytes of one HTML part, and elements within elements.
HTML_BYTES = 256 * 1024
HTML_DEPTH = 200
#: Characters of text kept in the ticket; the rest stays with the original message.
TEXT_CHARACTERS = 256 * 1024
#: Files named in the ticket.
ATTACHMENTS = 50
#: Message-IDs looked at to find the ticket a mail belongs to.
REFERENCES = 50


class Sort(StrEnum):
    """Who or what wrote a mail, by its headers."""

    PERSON = "person"
    #: Answers by itself, but may have something to say.
    AUTORESPONDER = "autoresponder"
    #: Declares itself automatic: never opens a ticket.
    MACHINE = "machine"
    #: A report that a mail was not delivered.
    BOUNCE = "bounce"
    #: A report about a delivery that has not failed.
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class ParsedMail:
    sort: Sort
    #: Empty when the mail names nobody who could be answered.
    address: str
    name: str
    #: One line; empty when there is none.
    subject: str
    #: Angle brackets included; empty when missing or unusable.
    mail_id: str
    #: Ids of the mails this one answers or follows, nearest first.
    references: list[str] = field(default_factory=list)
    text: str = ""
    #: Sanitised; empty when the mail had none, or more than is kept.
    html: str = ""
    is_text_cut: bool = False
    #: Names of files that came along.
    attachments: list[str] = field(default_factory=list)


class UnreadableMail(Exception):
    """The mail cannot be read within bounds. `code` says which bound.

    Codes: `header_too_large`, `too_many_parts`, `too_deep`, `took_too_long`, `took_too_much`,
    `parser_failed`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
