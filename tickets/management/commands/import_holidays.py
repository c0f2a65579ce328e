from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from tickets.services.calendars import import_holidays, latest_calendar
from tickets.services.errors import Unable


class Command(BaseCommand):
    help = "Publishes a version of a calendar that is closed on a country's public holidays too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("calendar", help='name of the calendar, such as "Business hours"')
        parser.add_argument("country", help="ISO 3166 code, such as FR")
        parser.add_argument("--subdivision", default="", help="state or region, such as ENG for GB")
        parser.add_argument("--years", type=int, nargs="+", required=True, help="such as 2026 2027")
        parser.add_argument("--language", default="", help="of the names, such as fr or en_US")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            calendar = latest_calendar(options["calendar"])
            published = import_holidays(
                calendar=calendar,
                country=options["country"],
                subdivision=options["subdivision"],
                years=options["years"],
                language=options["language"],
                now=timezone.now(),
            )
        except Unable as error:
            raise CommandError(str(error)) from error
        if published == calendar:
            self.stdout.write(f"{calendar} has them all already.")
            return
        added = len(published.holiday_names) - len(calendar.holiday_names)
        self.stdout.write(f"{published} is published with {added} more public holidays.")
        self.stdout.write("Tickets opened from now on follow it; earlier ones keep their version.")
