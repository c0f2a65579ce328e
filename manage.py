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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sla_support.settings")
    # A command makes one connection and ends; a pool would only add threads to it.
    os.environ.setdefault("DESK_DATABASE_POOL", "0")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_DATABASE and not {"--help", "-h", "--version"} & set(sys.argv):
        from sla_support.engines import database_for_command

        database_for_command()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
