"""A process of its own that sends what is due, for tests that kill or freeze it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sla_support.settings")
django.setup()

from tickets.services.deliveries import send_due_deliveries  # noqa: E402

if __name__ == "__main__":
    print("dealt with", send_due_deliveries(), flush=True)
