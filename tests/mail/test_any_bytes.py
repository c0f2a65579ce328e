"""Whatever bytes arrive, they are stored and answered."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tickets.emails.charsets import decode, one_line, storable
from tickets.emails.parse_child import parse
from tickets.emails.parsed_mail import ParsedMail, UnreadableMail

NAMES = ["From", "Subject", "Content-Type", "Content-Transfer-Encoding", "Message-ID", "X-Odd"]
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"carl@acme.example",
            b"multipart/mixed; boundary=b",
            b"multipart/alternative; boundary=b",
            b"message/rfc822",
            b"text/html; charset=utf-16",
            b"base64",
            b"quoted-printable",
            b"=?utf-8?b?w6k=?= <a@b.example>",
            b"multipart/report; report-type=delivery-status; boundary=b",
        ]
    ),
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)
BODIES = st.lists(
    st.one_of(st.binary(max_size=80), st.sampled_from([b"--b", b"--b--", b"", b"<p>", b"From x"])),
    max_size=8,
)


@st.composite
def mails(draw):
    head = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in draw(HEADERS))
    return head + b"\r\n" + b"\r\n".join(draw(BODIES))


class TestTheParser:
    @settings(max_examples=600, deadline=None)
    @given(st.one_of(st.binary(max_size=400), mails()))
    def test_understands_or_refuses(self, raw):
        try:
            mail = parse(raw)
        except UnreadableMail:
            return

        assert isinstance(mail, ParsedMail)
        for text in (mail.text, mail.html, mail.subject, mail.name, *mail.attachments):
            text.encode("utf-8")  # no lone surrogate
            assert "\x00" not in text
        assert "\n" not in mail.subject + mail.name + mail.mail_id + mail.address

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=20)))
    def test_decodes_any_bytes_in_any_charset(self, payload, charset):
        assert isinstance(decode(payload, charset), str)

    @settings(max_examples=300, deadline=None)
    @given(st.text(alphabet=st.characters(), max_size=200), st.integers(1, 50))
    def test_makes_any_text_storable(self, text, limit):
        storable(text).encode("utf-8")
        assert len(one_line(text, limit)) <= limit
        assert one_line(text, limit).isprintable()


class TestTheDoor(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(st.binary(min_size=1, max_size=300), mails()))
    def test_stores_and_answers(self, raw):
        from django.utils import timezone

        from tickets.models import InboundMail
        from tickets.services.mail_intake import UnableToReceiveMail, receive_mail

        now = timezone.now()
        if not raw.strip():
            with pytest.raises(UnableToReceiveMail):
                receive_mail(raw=raw, received_at=now, now=now)
            return

        mail = receive_mail(raw=raw, received_at=now, now=now)

        assert bytes(InboundMail.objects.get(pk=mail.pk).raw) == raw
        assert mail.state != "STORED"
        assert mail.message or mail.problem
        assert "failed on this mail" not in mail.problem
