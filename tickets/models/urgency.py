from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.agent import Agent
from tickets.models.customer import Contact
from tickets.models.ticket import Ticket


class UrgencyProposal(models.Model):
    """One side's word on how urgent a ticket is (TERMS §2.7)."""

    class Side(models.TextChoices):
        CUSTOMER = "CUSTOMER", _("Customer")
        PROVIDER = "PROVIDER", _("Provider")

    class State(models.TextChoices):
        OPEN = "OPEN", _("On the table")
        AGREED = "AGREED", _("Agreed")
        REPLACED = "REPLACED", _("Replaced")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    class Door(models.TextChoices):
        MESSAGE = "MESSAGE", _("said in the message")
        PHONE = "PHONE", _("agent on the phone")
        WORKSPACE = "WORKSPACE", _("workspace")
        PORTAL = "PORTAL", _("portal")
        EMAIL_LINK = "EMAIL_LINK", _("signed e-mail link")
        API = "API", _("API")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="urgency_proposals")
    side = models.CharField(max_length=8, choices=Side)
    level = models.CharField(max_length=32)
    reason = models.CharField(max_length=500, blank=True)
    door = models.CharField(max_length=16, choices=Door)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "side"],
                condition=Q(state="OPEN"),
                name="urgency_one_open_proposal_a_side",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at=None)
                | (~Q(state="OPEN") & Q(decided_at__isnull=False)),
                name="urgency_decided_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["CUSTOMER", "PROVIDER"]), name="urgency_side_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} says {self.level} on {self.ticket_id}"
