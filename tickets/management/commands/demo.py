from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from tickets.services.demo import UnableToFillDesk, fill_desk, sign_ins


class Command(BaseCommand):
    help = "Fills an empty trial desk with a week of a support desk, and prints the sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=2026, help="another number, another week")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            fill_desk(now=timezone.now(), seed=options["seed"])
        except UnableToFillDesk as error:
            raise CommandError(str(error)) from error
        for role, email, password in sign_ins():
            self.stdout.write(f"{role:<14} {email:<20} {password}")
