from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.services.api_tokens import remove_token
from tickets.services.errors import Unable


class Command(BaseCommand):
    help = "Refuse a token of the API from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="how the agent signs in")
        parser.add_argument("name", help="what the token was for")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            remove_token(email=options["email"], name=options["name"])
        except Unable as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("Removed.")
