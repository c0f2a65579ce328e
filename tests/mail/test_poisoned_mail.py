"""Mail made to break the one who reads it: bounded, kept, and the next one goes on."""

import resource
import time

import pytest
from django.utils import timezone

from tickets.emails import parse_child, parsing
from tickets.models import InboundMail, Ticket
from tickets.services.mail_intake import receive_mail

pytestmark = pytest.mark.django_db

HEAD = b"From: carl@acme.example\r\nSubject: poison\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
MEBIBYTE = 1024 * 1024


def nested(depth, *, boundary=b"b%d"):
    levels = b""
    for level in range(depth):
        name = boundary % level if b"%" in boundary else boundary
        levels += b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (name, name)
    return HEAD + levels + b"Content-Type: text/plain\r\n\r\nhi"


POISON = {
    "100 000 parameters": HEAD + b"Content-Type: text/plain" + b"; a=b" * 100_000 + b"\r\n\r\nhi",
    "20 000 parameters": HEAD + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\nhi",
    "a million parameters of a part": MIXED
    + b"--x\r\nContent-Type: text/plain"
    + b";a" * MEBIBYTE
    + b"\r\n\r\nhi\r\n--x--",
    "2000 nested multiparts": nested(2000),
    "2000 nested multiparts of one boundary": nested(2000, boundary=b"x"),
    "100 nested multiparts": nested(100),
    "2000 nested messages": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"hi",
    "100 000 parts": MIXED + b"--x\r\n\r\nhi\r\n" * 100_000 + b"--x--",
    "a header of 20 MiB": HEAD + b"X-A: " + b"a" * (20 * MEBIBYTE) + b"\r\n\r\nhi",
    "nested comments": b"From: " + b"(" * 5000 + b"\r\nSubject: x\r\n\r\nhi",
    "500 KB of nested divs": HTML + b"<div>" * 100_000,
    "200 KB of nested divs": HTML + b"<div>" * 40_000,
    "unclosed formatting": HTML + b"".join(b"<p><b a%d>" % n for n in range(15_000)),
    "unclosed comments": HTML + b"<!--" * 60_000,
    "angle brackets": HTML + b"<" * 250_000,
    "ampersands": HTML + b"&" * 250_000,
    "tables in tables": HTML + b"<table>" * 199 + b"<tr><td>x" * 20_000,
    "encoded words without end": b"From: a@b.example\r\nSubject: "
    + b"=?a?q?" * 20_000
    + b"\r\n\r\nhi",
    "bad base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"!@#" * 3_000_000,
    "equals signs": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 10**7,
    "On On On": HEAD + b"\r\n" + b"On " * 20_000,
    "20 000 newlines": HEAD + b"\r\n" + b"\n" * 20_000,
    "24 MiB of newlines": HEAD + b"\r\n" + b"\n" * (24 * MEBIBYTE),
    "24 MiB of attachment": MIXED
    + b"--x\r\n\r\nhi\r\n--x\r\nContent-Type: image/png; name=a.png\r\n"
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + (b"A" * 76 + b"\r\n") * 320_000
    + b"--x--",
    "24 MiB of two-byte letters": HEAD + b"\r\n" + "é".encode() * (12 * MEBIBYTE),
}

#: The child is killed by then, however busy the machine; alone it ends within CPU_SECONDS.
SECONDS = parsing.SECONDS + 10


class TestPoison:
    @pytest.mark.parametrize("name", POISON)
    def test_is_kept_in_bounded_time_and_the_next_mail_goes_on(self, name):
        now = timezone.now()
        began = time.monotonic()
        spent = _seconds_of_children()

        mail = receive_mail(raw=POISON[name], received_at=now, now=now)

        assert time.monotonic() - began < SECONDS
        assert _seconds_of_children() - spent < parse_child.CPU_SECONDS + 2
        assert mail.state in ("ACCEPTED", "HELD")
        assert mail.problem or mail.message.ticket.subject
        assert bytes(InboundMail.objects.get(pk=mail.pk).raw) == POISON[name]
        after = receive_mail(raw=HEAD + b"\r\nAnd now?", received_at=now, now=now)
        assert after.state == "ACCEPTED"

    def test_that_needs_too_much_memory_is_held(self):
        now = timezone.now()

        mail = receive_mail(raw=HEAD + b"\r\n" + b"a:b\n" * 6_000_000, received_at=now, now=now)

        assert mail.state == "HELD"
        assert "too much memory" in mail.problem  # the kernel holds the child to its limit

    def test_of_real_world_size_becomes_a_ticket(self):
        now = timezone.now()

        receive_mail(raw=POISON["24 MiB of attachment"], received_at=now, now=now)

        assert Ticket.objects.get().subject == "poison"


def _seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
