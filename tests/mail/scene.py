"""Tickets with alerts to send, through the real services."""

from datetime import timedelta

from django.utils import timezone

from tests.factories import make_agent, make_contact, make_customer, make_ticket, make_user
from tickets.models import Agent, Delivery, Team, Ticket
from tickets.services.intake import correct_received_at


def make_support_agent(**user) -> Agent:
    person = {
        "name": "Alice Adams",
        "email": "alice@desk.example",
        "timezone": "Europe/Paris",
        **user,
    }
    team, _made = Team.objects.get_or_create(name="Support")
    return make_agent(user=make_user(**person), team=team)


def make_urgent_ticket(*, minutes_ago: float, **overrides) -> Ticket:
    """An urgent ticket received so long ago, its past marks flagged; Acme's unless told."""
    if "requester" not in overrides:
        customer = overrides.pop("customer", None) or make_customer()
        overrides["requester"] = make_contact(name="Carl Cooper", customer=customer)
    received_at = timezone.now() - timedelta(minutes=minutes_ago)
    fields = {"subject": "API down", "level": "URGENT", **overrides}
    return make_ticket(now=received_at, **fields)


def received_earlier(ticket: Ticket, *, minutes_ago: float, agent: Agent) -> Ticket:
    """Corrects received-at, so that more of its time is gone."""
    now = timezone.now()
    earlier = now - timedelta(minutes=minutes_ago)
    return correct_received_at(ticket=ticket, received_at=earlier, agent=agent, now=now)


def due_again(**filters) -> None:
    """Makes deliveries due now, as if their lease or their delay were over."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(state="QUEUED", **filters).update(next_try_at=past, leased_until=past)
