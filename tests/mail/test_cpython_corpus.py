"""Every message of CPython's own e-mail test data becomes a ticket or a clear refusal."""

from importlib import resources
from pathlib import Path

import pytest
from django.utils import timezone

from tickets.models import InboundMail, Ticket
from tickets.services.mail_intake import receive_mail

State = InboundMail.State


def _messages() -> list[Path]:
    try:
        folder = Path(str(resources.files("test.test_email"))) / "data"
    except ModuleNotFoundError:  # some distributions leave their tests out
        return []
    return sorted(folder.glob("*.txt"))


MESSAGES = _messages()


@pytest.mark.skipif(not MESSAGES, reason="this interpreter comes without its e-mail test data")
class TestCPythonTestData:
    @pytest.mark.django_db
    @pytest.mark.parametrize("path", MESSAGES, ids=[path.stem for path in MESSAGES])
    def test_becomes_a_ticket_or_a_clear_refusal(self, path):
        now = timezone.now()

        mail = receive_mail(raw=path.read_bytes(), received_at=now, now=now)

        if mail.state == State.ACCEPTED:
            ticket = Ticket.objects.get(messages=mail.message)
            assert ticket.received_at == now
            assert mail.message.text
        else:
            assert mail.state == State.HELD
            assert mail.problem
        assert bytes(InboundMail.objects.get().raw) == path.read_bytes()

    @pytest.mark.django_db
    def test_most_are_understood(self):
        now = timezone.now()

        for path in MESSAGES:
            receive_mail(raw=path.read_bytes(), received_at=now, now=now)

        accepted = InboundMail.objects.filter(state=State.ACCEPTED).count()
        assert InboundMail.objects.count() == len({path.read_bytes() for path in MESSAGES})
        assert accepted >= 30
