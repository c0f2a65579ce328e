from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.domain import terms as domain
from tickets.models.agent import Agent, Team
from tickets.models.calendar import Calendar
from tickets.models.customer import Contact, Customer
from tickets.models.terms import Terms


class NextNumber(models.Func):
    """The next public ticket number, from its sequence."""

    function = "nextval"
    template = "%(function)s('tickets_ticket_number')"
    output_field = models.BigIntegerField()


class Ticket(models.Model):
    """A customer's problem, from the instant it reached the provider until it is closed."""

    class Channel(models.TextChoices):
        EMAIL = "EMAIL", _("E-mail")
        PHONE = "PHONE", _("Phone")
        VOICEMAIL = "VOICEMAIL", _("Voicemail")
        PORTAL = "PORTAL", _("Portal")
        FORM = "FORM", _("Web form")
        API = "API", _("API")

    class Status(models.TextChoices):
        NEW = "NEW", _("New")
        OPEN = "OPEN", _("Open")
        WAITING = "WAITING", _("Waiting on customer")
        SOLVED = "SOLVED", _("Solved")
        CLOSED = "CLOSED", _("Closed")

    class CancelReason(models.TextChoices):
        MERGED = "MERGED", _("Merged")
        SPAM = "SPAM", _("Spam")
        DUPLICATE = "DUPLICATE", _("Duplicate")

    ACTIVE = (Status.NEW, Status.OPEN, Status.WAITING)

    number = models.BigIntegerField(unique=True, db_default=NextNumber(), editable=False)
    subject = models.CharField(_("subject"), max_length=250)
    channel = models.CharField(max_length=16, choices=Channel)
    status = models.CharField(max_length=16, choices=Status, default=Status.NEW)
    requester = models.ForeignKey(Contact, models.PROTECT, related_name="tickets")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    assignee = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="tickets")
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)

    #: When the customer's message reached the provider; the clocks start here (TERMS §2.1).
    received_at = models.DateTimeField()
    #: When it was put into the desk; the same or later.
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="recorded_tickets"
    )
    solved_at = models.DateTimeField(null=True, blank=True)
    #: When the oldest message that nobody has called back about was left (TERMS §2.12).
    unreturned_since = models.DateTimeField(null=True, blank=True)

    #: What was promised: one version of the terms, of the calendar, and the zone it is read in.
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="tickets")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="tickets")
    calendar_zone = models.CharField(max_length=64)

    #: Answers of the pure function over the timeline, kept here for the queue.
    governing_level = models.CharField(max_length=32)
    governing_rank = models.PositiveSmallIntegerField()
    #: Earliest due instant of a clock neither met, cancelled nor paused; None when there is none.
    next_due_at = models.DateTimeField(null=True, blank=True)

    cancel_reason = models.CharField(max_length=16, choices=CancelReason, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_tickets"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["NEW", "OPEN", "WAITING", "SOLVED", "CLOSED"]),
                name="ticket_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["EMAIL", "PHONE", "VOICEMAIL", "PORTAL", "FORM", "API"]),
                name="ticket_channel_is_known",
            ),
            models.CheckConstraint(
                condition=Q(received_at__lte=F("recorded_at")),
                name="ticket_received_before_recorded",
            ),
            models.CheckConstraint(
                condition=Q(cancel_reason="")
                | Q(cancel_reason__in=["MERGED", "SPAM", "DUPLICATE"], status="CLOSED"),
                name="ticket_cancelled_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None, cancel_reason__in=["", "SPAM", "DUPLICATE"])
                | Q(merged_into__isnull=False, cancel_reason="MERGED"),
                name="ticket_merged_names_its_target",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("pk")),
                name="ticket_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=Q(solved_at=None, status__in=["NEW", "OPEN", "WAITING", "CLOSED"])
                | Q(solved_at__isnull=False, status__in=["SOLVED", "CLOSED"]),
                name="ticket_solved_has_an_instant",
            ),
        ]
        indexes = [
            # selectors.queue: open tickets by next deadline, and how many there are.
            models.Index(
                "next_due_at",
                "id",
                name="ticket_queue",
                condition=Q(status__in=["NEW", "OPEN", "WAITING"]),
            ),
            # selectors.queue: messages to return, above their level's other tickets.
            models.Index(
                "governing_rank",
                "unreturned_since",
                "id",
                name="ticket_unreturned",
                condition=Q(unreturned_since__isnull=False, status__in=["NEW", "OPEN", "WAITING"]),
            ),
            # selectors.queue: the first other ticket of a level, which messages to return precede.
            models.Index(
                "governing_rank",
                "next_due_at",
                "id",
                name="ticket_of_level",
                condition=Q(unreturned_since=None, status__in=["NEW", "OPEN", "WAITING"]),
            ),
            # selectors.queue: one agent's open tickets, or nobody's, by next deadline.
            models.Index(
                "assignee",
                "next_due_at",
                "id",
                name="ticket_of_assignee",
                condition=Q(status__in=["NEW", "OPEN", "WAITING"]),
            ),
            # selectors.queue: tickets that wait for the customer, by next deadline.
            models.Index("next_due_at", "id", name="ticket_waiting", condition=Q(status="WAITING")),
            # selectors.queue: solved tickets, those that still owe something first.
            models.Index(
                F("next_due_at"),
                F("solved_at").desc(),
                F("id").desc(),
                name="ticket_solved",
                condition=Q(status="SOLVED"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE

    def promised_terms(self) -> domain.Terms:
        """The terms this ticket was promised under, with its calendar in its zone."""
        return self.terms.to_domain(calendar=self.calendar, zone=self.calendar_zone)
