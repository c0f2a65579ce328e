"""The door that a mail server pipes mail into."""

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT, database_url, environment_of_processes, free_port
from tickets.models import InboundMail, Ticket

MAIL = b"From: carl@acme.example\r\nSubject: API down\r\n\r\nNothing arrives.\r\n"

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments, stdin=MAIL, database=None):
    environment = environment_of_processes({"DATABASE_URL": database or database_url()})
    return subprocess.run(
        [sys.executable, "manage.py", "receive_mail", *arguments],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


class TestReceiveMail:
    def test_opens_a_ticket_and_prints_its_number(self):
        answer = run("--received-at", "2026-03-02T09:00:00+01:00")

        ticket = Ticket.objects.get()
        assert answer.returncode == os.EX_OK, answer.stderr
        assert answer.stdout.decode().strip() == f"Accepted: ticket #{ticket.number}"
        assert ticket.received_at.isoformat() == "2026-03-02T08:00:00+00:00"

    def test_prints_why_a_mail_is_held(self):
        answer = run(stdin=b"Subject: from nobody\r\n\r\nHello.\r\n")

        assert answer.returncode == os.EX_OK
        assert answer.stdout.startswith(b"Held for a person: ")
        assert InboundMail.objects.get().problem.encode() in answer.stdout

    def test_asks_the_mail_server_to_keep_it_when_the_database_is_away(self):
        answer = run(database=f"postgres://desk@127.0.0.1:{free_port()}/desk")

        assert answer.returncode == os.EX_TEMPFAIL
        assert b"Try again later" in answer.stderr
        assert b"Traceback" not in answer.stderr

    def test_refuses_nothing_and_too_much_for_good(self, monkeypatch):
        monkeypatch.setenv("DESK_MAX_MAIL_BYTES", "1000")

        assert run(stdin=b"").returncode == os.EX_DATAERR
        assert run(stdin=MAIL + b"x" * 1000).returncode == os.EX_DATAERR
        assert InboundMail.objects.count() == 0

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--received-at", "yesterday"],
            ["--received-at", "2026-03-02T09:00:00"],
            ["--received-at", "2026-02-30T09:00:00Z"],
            ["--received-at", "2999-01-01T00:00:00Z"],
            ["--received-at", "0001-01-01T00:00:00+02:00"],
            ["--nonsense"],
        ],
    )
    def test_names_wrong_usage(self, arguments):
        answer = run(*arguments)

        assert answer.returncode == os.EX_USAGE
        assert answer.stderr
        assert b"Traceback" not in answer.stderr
        assert InboundMail.objects.count() == 0


class TestADeskThatIsSetUpWrongly:
    def test_asks_the_mail_server_to_keep_the_mail(self):
        answer = run(database="no address at all")

        assert answer.returncode == os.EX_TEMPFAIL
        assert b"DATABASE_URL" in answer.stderr
