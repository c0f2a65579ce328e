"""What a mail server's refusal means for the mail."""

from __future__ import annotations

import errno
import smtplib
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    text: str
    #: It will not be taken later either.
    is_for_good: bool = False
    #: The mail was not at fault: the server was never put the question.
    is_unreachable: bool = False

    @classmethod
    def for_good(cls, text: str) -> Fault:
        return cls(text, is_for_good=True)

    @classmethod
    def unreachable(cls, error: BaseException) -> Fault:
        return cls(_words(error), is_unreachable=True)


def fault_of(error: BaseException) -> Fault:
    """What `error`, raised while a mail was sent over an open connection, means.

    Only a refusal (5xx) of the recipient or of the message itself is for good. A refused sender
    or a refused sign-in is about our settings, and all mails would be lost by believing it.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return Fault(_words(error), is_for_good=bool(codes) and min(codes) >= 500)
    if isinstance(error, smtplib.SMTPDataError):
        return Fault(_words(error), is_for_good=error.smtp_code >= 500)
    # The mail library's own errors are OSErrors too, without a number.
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return Fault.unreachable(error)
    return Fault(_words(error))


#: The trial's folder cannot take a mail; no mail is at fault.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def _words(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = (f"{code} {_text(text)}" for code, text in error.recipients.values())
        return "; ".join(answers)[:500]
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"[:500]
    text = f"{type(error).__name__}: {error}".strip(": ")
    return text.replace("\x00", "")[:500]


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return text.replace("\x00", "")
