"""SMTP that ends: Django's backend with a bound on the whole conversation.

A socket's timeout begins anew with every byte. A server that says one byte a second would hold a
worker for hours; here each step of opening and each message has one deadline for all its answers.
"""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

#: For opening a connection, and then for each message.
SECONDS = 20.0

_DJANGO_SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mail_connection() -> BaseEmailBackend:
    """The configured way out; SMTP with a bound on how long it takes."""
    if settings.EMAIL_BACKEND == _DJANGO_SMTP:
        return PunctualBackend()
    connection: BaseEmailBackend = get_connection()
    return connection


class _Punctual:
    """Mixed into smtplib's clients: every answer must arrive before the deadline."""

    sock: socket.socket | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.give_time()
        super().__init__(*args, **kwargs)

    def give_time(self) -> None:
        self._deadline = time.monotonic() + SECONDS

    def getreply(self) -> Any:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise smtplib.SMTPServerDisconnected("The mail server takes too long.")
        # Shutting the socket down ends the read that waits on it.
        alarm = threading.Timer(left, _shut_down, [self.sock])
        alarm.daemon = True
        alarm.start()
        try:
            return super().getreply()  # type: ignore[misc]
        finally:
            alarm.cancel()


class _PunctualSMTP(_Punctual, smtplib.SMTP):
    pass


class _PunctualSMTPOverTLS(_Punctual, smtplib.SMTP_SSL):
    pass


class PunctualBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PunctualSMTPOverTLS if self.use_ssl else _PunctualSMTP

    def _send(self, email_message: EmailMessage) -> bool:
        if isinstance(self.connection, _Punctual):
            self.connection.give_time()
        return super()._send(email_message)  # type: ignore[misc]


def _shut_down(sock: socket.socket | None) -> None:
    try:
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed meanwhile
        pass
