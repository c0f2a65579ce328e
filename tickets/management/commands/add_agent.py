import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.models import Agent
from tickets.services.errors import Unable
from tickets.services.people import add_agent


class Command(BaseCommand):
    help = (
        "Give somebody who works at this desk a sign-in. Asks for the password; when input "
        "is no terminal, its first line is the password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--role",
            choices=[role.lower() for role in Agent.Role.values],
            default="agent",
            help="what the person may do (agent)",
        )
        parser.add_argument("--team", default="", help="made when it is new (the first team)")

    def handle(self, *args: Any, **options: Any) -> None:
        password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            agent = add_agent(
                email=options["email"],
                name=options["name"],
                password=password,
                role=Agent.Role(options["role"].upper()),
                team=options["team"],
            )
        except Unable as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{agent} can sign in as {agent.user.email}.")
