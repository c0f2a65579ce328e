"""Who is calling or writing."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Contact, Customer
from tickets.services.errors import Unable


class UnableToIdentifyContact(Unable):
    pass


@transaction.atomic
def identify_contact(
    *, email: str = "", name: str = "", phone: str = "", customer: Customer | None = None
) -> Contact:
    """Find the contact, or make one: by e-mail address, by phone, or by name in a `customer`.

    A new contact without a `customer` belongs to the one whose mail domain the address has.

    Raises:
        UnableToIdentifyContact: neither address, phone nor name; or the address belongs to a
            contact of another customer.
    """
    email, name, phone = email.strip(), name.strip(), phone.strip()
    if not (email or phone or name):
        raise UnableToIdentifyContact(
            "contact_unnamed", _("Give a name, an e-mail address or a telephone number.")
        )
    contact = _find_contact(email=email, name=name, phone=phone, customer=customer)
    if contact is None:
        contact = _create_contact(email=email, name=name, phone=phone, customer=customer)
    if customer is not None and contact.customer_id not in (None, customer.pk):
        raise UnableToIdentifyContact(
            "contact_of_another_customer",
            _(
                "%(address)s belongs to %(customer)s."
                " Choose that customer, or leave the address out."
            )
            % {"address": contact.email or contact, "customer": contact.customer},
        )
    return contact


def _find_contact(
    *, email: str, name: str, phone: str, customer: Customer | None
) -> Contact | None:
    contacts = Contact.objects.select_related("customer").order_by("pk")
    if email:
        return contacts.filter(email__iexact=email).first()
    within = contacts.filter(customer=customer)
    if phone:
        return within.filter(phone=phone).first()
    if customer is None:
        return None  # two strangers of one name are two people
    return within.filter(name__iexact=name, email="", phone="").first()


def _create_contact(*, email: str, name: str, phone: str, customer: Customer | None) -> Contact:
    customer = customer or _customer_of_domain(email.rpartition("@")[2])
    if not email:
        return Contact.objects.create(name=name, phone=phone, customer=customer)
    # Two mails of a newcomer may arrive at once: the second finds what the first one made.
    Contact.objects.bulk_create(
        [Contact(email=email, name=name, phone=phone, customer=customer)], ignore_conflicts=True
    )
    return Contact.objects.select_related("customer").get(email__iexact=email)


def _customer_of_domain(domain: str) -> Customer | None:
    if not domain:
        return None
    return Customer.objects.filter(domains__contains=[domain.lower()]).order_by("pk").first()
