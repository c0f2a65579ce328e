"""What the form for a new ticket offers."""

from __future__ import annotations

from tickets.models import Customer, Terms
from tickets.selectors.levels import LevelView, list_levels

#: Names offered at once; whoever is missing is found by typing more of the name.
NAMES_SHOWN = 50


def list_default_levels() -> tuple[LevelView, ...]:
    """The urgency levels of the terms that customers without terms of their own have."""
    terms_id = Terms.objects.values_list("pk", flat=True).get(is_default=True)
    return list_levels(terms_id=terms_id)


def list_customer_names(*, containing: str = "") -> list[str]:
    """The first customer names with `containing` in them, in alphabetical order."""
    customers = Customer.objects.order_by("name", "pk")
    if "\x00" in containing:  # no name holds one, and the database refuses to compare
        return []
    if containing:
        customers = customers.filter(name__icontains=containing)
    return list(customers.values_list("name", flat=True)[:NAMES_SHOWN])


def find_customer(name: str) -> Customer | None:
    """The customer of exactly this name, whatever the case."""
    return Customer.objects.filter(name__iexact=name).order_by("pk").first()
