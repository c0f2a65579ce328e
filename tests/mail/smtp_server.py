"""A real mail server on loopback that can be made to behave badly."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """What arrived, and what to answer; a callable answer is called when the data are in."""

    mails: list[EmailMessage] = field(default_factory=list)
    #: Answers to RCPT and to the end of DATA, first to last; then everything is accepted.
    to_recipient: list[str] = field(default_factory=list)
    to_data: list[str | Callable[[], str]] = field(default_factory=list)
    on_hello: Callable[[], None] = lambda: None
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        await asyncio.to_thread(self.on_hello)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.to_recipient.pop(0) if self.to_recipient else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            answer = self.to_data.pop(0) if self.to_data else "250 OK"
        if callable(answer):
            answer = await asyncio.to_thread(answer)
        if answer == "reset":
            reset = struct.pack("ii", 1, 0)
            raw = server.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            server.transport.abort()
        return answer

    @property
    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]
