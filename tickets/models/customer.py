from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """An organisation that the provider made promises to."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    #: IANA name; empty means the provider's zone counts (TERMS §2.6).
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=8, default="en")
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    #: Mail from these domains belongs to this customer.
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    #: None means the desk's default calendar.
    calendar = models.ForeignKey(
        "tickets.Calendar", models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: None means the desk's default terms.
    terms = models.ForeignKey(
        "tickets.Terms", models.PROTECT, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person on a customer's side. Without a customer until someone says whose they are."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="contact_email_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(email="") | ~models.Q(phone="") | ~models.Q(name=""),
                name="contact_can_be_named_or_reached",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone
