from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tickets.services.api_tokens import add_token
from tickets.services.errors import Unable


class Command(BaseCommand):
    help = (
        "Make a token with which a program may use the API as one agent. Standard output is the "
        "token and nothing else; the desk keeps its hash only and cannot show it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="how the agent signs in")
        parser.add_argument("name", help="what the token is for")
        parser.add_argument("--days", type=int, default=365, help="how long it is good for (365)")

    def handle(self, *args: Any, **options: Any) -> None:
        # Nothing overflows: what lives longer is refused.
        life = timedelta(days=max(min(options["days"], 10**6), 0))
        try:
            made, token = add_token(
                email=options["email"], name=options["name"], life=life, now=timezone.now()
            )
        except Unable as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"{made}, until {made.expires_at:%Y-%m-%d %H:%M} UTC. Shown this once:")
        self.stdout.write(token)
