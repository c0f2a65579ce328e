#!/usr/bin/env python
"""The desk's command line."""

import os
import sys

#: Commands that never touch the database: for them the embedded engine stays as it is.
WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "sla",
    "test",
    "up",
    "version",
}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sla_support.settings")
    os.environ["DESK_COMMAND"] = command
    if command == "up":
        from sla_support.up_options import into_environment

        into_environment(sys.argv[2:])
    try:
        prepare_database(command)
    except Exception as error:
        if type(error).__name__ not in {"ImproperlyConfigured", "UnableToStartEngine"}:
            raise
        sys.stderr.write(f"manage.py {command}: {error}\n")
        # A mail server that pipes mail in keeps it and tries again.
        sys.exit(os.EX_TEMPFAIL if command == "receive_mail" else 1)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def prepare_database(command: str) -> None:
    from django.conf import settings

    embedded = settings.DESK_EMBEDS_POSTGRES
    if embedded and command not in WITHOUT_DATABASE and not {"--help", "-h"} & set(sys.argv):
        from sla_support.engines import hold_postgres

        hold_postgres(settings.DESK_DATA)


if __name__ == "__main__":
    main()
