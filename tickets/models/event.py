from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.agent import Agent
from tickets.models.customer import Contact
from tickets.models.ticket import Ticket


class Event(models.Model):
    """One line of a ticket's timeline. The database refuses to change or delete it."""

    class Kind(models.TextChoices):
        RECEIVED = "RECEIVED", _("Received")
        RECEIVED_CORRECTED = "RECEIVED_CORRECTED", _("Received-at corrected")
        CUSTOMER_WROTE = "CUSTOMER_WROTE", _("Customer wrote")
        ACKNOWLEDGED = "ACKNOWLEDGED", _("Automatic acknowledgement sent")
        ASSIGNED = "ASSIGNED", _("Assigned")
        NOTED = "NOTED", _("Note written")
        REPLIED = "REPLIED", _("Replied")
        REPLY_BOUNCED = "REPLY_BOUNCED", _("Reply bounced")
        CALL_LOGGED = "CALL_LOGGED", _("Call logged")
        STATUS_CHANGED = "STATUS_CHANGED", _("Status changed")
        SOLVED = "SOLVED", _("Solved")
        REOPENED = "REOPENED", _("Reopened")
        CANCELLED = "CANCELLED", _("Cancelled")
        TICKET_MERGED_IN = "TICKET_MERGED_IN", _("Another ticket merged in")
        URGENCY_PROPOSED = "URGENCY_PROPOSED", _("Urgency proposed")
        URGENCY_COUNTERED = "URGENCY_COUNTERED", _("Urgency counter-proposed")
        URGENCY_AGREED = "URGENCY_AGREED", _("Urgency agreed")
        URGENCY_WITHDRAWN = "URGENCY_WITHDRAWN", _("Urgency proposal withdrawn")
        CLOCKS_PLANNED = "CLOCKS_PLANNED", _("Deadlines planned")
        CLOCK_WARNED = "CLOCK_WARNED", _("Deadline near")
        CLOCK_BREACHED = "CLOCK_BREACHED", _("Deadline missed")
        BREACH_WITHDRAWN = "BREACH_WITHDRAWN", _("Breach withdrawn")

    # Its index is event_of_ticket. Unchecked by the database, which took a sixth of a burst of
    # flags: whoever writes here holds the ticket, and its clocks' foreign key keeps it.
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, db_constraint=False, db_index=False, related_name="events"
    )
    kind = models.CharField(max_length=24, choices=Kind)
    #: When it happened.
    at = models.DateTimeField()
    #: When the desk learned of it; the database's clock.
    recorded_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    #: Who did it; neither means the desk itself. Without indexes: flags are written in bursts.
    agent = models.ForeignKey(
        Agent, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    #: The message this line is about.
    message = models.ForeignKey(
        "tickets.Message", models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    #: The clock a flag is about. No foreign key: it would halve the speed of a burst of flags.
    clock = models.ForeignKey(
        "tickets.Clock",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    #: For flags: which plan of the clock, and which of its marks (per cent; 100 = breach).
    clock_revision = models.PositiveIntegerField(null=True, blank=True)
    threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            # A mark of a plan is flagged once, whoever claims it.
            models.UniqueConstraint(
                fields=["clock", "clock_revision", "threshold"],
                condition=Q(kind__in=["CLOCK_WARNED", "CLOCK_BREACHED"]),
                name="event_one_flag_a_mark",
            ),
            models.CheckConstraint(
                condition=Q(agent=None) | Q(contact=None), name="event_one_actor_at_most"
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="event_of_ticket"),
            # selectors.health: the latest flags, whose lag is shown.
            models.Index(
                fields=["kind", "id"],
                name="event_flag",
                condition=Q(kind__in=["CLOCK_WARNED", "CLOCK_BREACHED"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.ticket_id} at {self.at:%Y-%m-%d %H:%M:%S}"
