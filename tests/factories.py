"""Plain functions that make what a test needs; every keyword can be overridden."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tickets.models import Agent, Calendar, Contact, Customer, Team, Terms, Ticket, User
from tickets.services.intake import open_ticket

_serial = itertools.count(1)


def make_user(**overrides: Any) -> User:
    n = next(_serial)
    fields = {"email": f"person{n}@desk.example", "name": f"Person {n}", "password": None}
    return User.objects.create_user(**{**fields, **overrides})


def make_team(**overrides: Any) -> Team:
    return Team.objects.create(**{"name": f"Team {next(_serial)}", **overrides})


def make_agent(
    *, name: str = "", email: str = "", password: str | None = None, **overrides: Any
) -> Agent:
    person = {key: value for key, value in {"name": name, "email": email}.items() if value}
    return Agent.objects.create(**{"user": make_user(password=password, **person), **overrides})


def make_customer(**overrides: Any) -> Customer:
    return Customer.objects.create(**{"name": f"Customer {next(_serial)}", **overrides})


def make_contact(**overrides: Any) -> Contact:
    n = next(_serial)
    fields = {"name": f"Contact {n}", "email": f"contact{n}@customer.example"}
    if "customer" not in overrides:
        fields["customer"] = make_customer()
    return Contact.objects.create(**{**fields, **overrides})


def make_ticket(*, now: datetime | None = None, **overrides: Any) -> Ticket:
    """A ticket through the real service, received and recorded at `now` (default: this instant)."""
    now = now or timezone.now()
    fields: dict[str, Any] = {
        "subject": "Messages are not delivered",
        "text": "Since this morning nothing arrives.",
        "channel": Ticket.Channel.PHONE,
        "received_at": now,
    }
    if "requester" not in overrides:
        fields["requester"] = make_contact()
    return open_ticket(**{**fields, **overrides}, now=now)


def standard_terms() -> Terms:
    """The published agreement, as the migration ships it."""
    return Terms.objects.get(is_default=True)


def standard_calendar() -> Calendar:
    return Calendar.objects.get(is_default=True)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)
