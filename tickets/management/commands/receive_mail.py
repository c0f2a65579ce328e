import logging
import os
import sys
from datetime import datetime
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets.models import InboundMail
from tickets.services.errors import Unable
from tickets.services.mail_intake import receive_mail

logger = logging.getLogger(__name__)

# Exit codes of sysexits.h: mail servers that pipe mail into a command act on them.
EX_USAGE, EX_DATAERR, EX_TEMPFAIL = os.EX_USAGE, os.EX_DATAERR, os.EX_TEMPFAIL


class Command(BaseCommand):
    help = (
        "Takes in one raw e-mail (RFC 5322) from standard input and prints what became of it. "
        "Exit status: 0 stored; 75 try again later; 65 refused for good; 64 wrong usage."
    )
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = _refuse_usage  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--received-at",
            metavar="INSTANT",
            help="when the mail server accepted it: ISO 8601 with an offset (default: now)",
        )

    def handle(self, *, received_at: str | None, **options: Any) -> None:
        now = timezone.now()
        at = _instant(received_at) if received_at else now
        raw = _standard_input()
        try:
            mail = receive_mail(raw=raw, received_at=at, now=now)
        except Unable as error:
            usage = error.code == "received_in_future"
            raise CommandError(str(error), returncode=EX_USAGE if usage else EX_DATAERR) from error
        except Exception as error:
            # Whatever failed, the mail is not safely ours: the mail server is to keep it.
            if not isinstance(error, DatabaseError):
                logger.exception("mail could not be stored")
            raise CommandError(
                f"The mail cannot be stored now ({_first_line(error)}). Try again later.",
                returncode=EX_TEMPFAIL,
            ) from error
        self.stdout.write(_outcome(mail))


def _refuse_usage(message: str) -> NoReturn:
    # Arguments are read before Django turns a CommandError into an exit status.
    sys.stderr.write(f"receive_mail: {message}\n")
    sys.exit(EX_USAGE)


def _instant(text: str) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    # Before mail there was none; a year like 1 is a typing error that would come back for ever.
    if at is None or at.tzinfo is None or at.year < 1970:
        raise CommandError(
            f"--received-at {text!r}: give date, time and offset, as in 2026-03-02T09:00:00+01:00.",
            returncode=EX_USAGE,
        )
    return at


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise CommandError(
            "Pipe the message in: manage.py receive_mail < message.eml", returncode=EX_USAGE
        )
    # One byte more than is taken tells that there is more, without reading all of it.
    return sys.stdin.buffer.read(settings.DESK_MAX_MAIL_BYTES + 1)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _outcome(mail: InboundMail) -> str:
    if mail.message is not None:
        return f"Accepted: ticket #{mail.message.ticket.number}"
    return f"{mail.get_state_display()}: {mail.problem}"
