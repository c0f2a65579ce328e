from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.agent import Agent
from tickets.models.customer import Contact
from tickets.models.ticket import Ticket


class Message(models.Model):
    """Something said on a ticket: a public message, an internal note or a call."""

    class Kind(models.TextChoices):
        PUBLIC = "PUBLIC", _("Public message")
        NOTE = "NOTE", _("Internal note")
        CALL = "CALL", _("Call")

    class CallOutcome(models.TextChoices):
        REACHED = "REACHED", _("Reached")
        NO_ANSWER = "NO_ANSWER", _("No answer")
        LEFT_VOICEMAIL = "LEFT_VOICEMAIL", _("Left a voicemail")

    # Its index is message_of_ticket.
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_index=False, related_name="messages")
    kind = models.CharField(max_length=8, choices=Kind)
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(blank=True)
    #: Sanitised; empty when the message had none.
    html = models.TextField(blank=True)
    call_outcome = models.CharField(max_length=16, choices=CallOutcome, blank=True)
    #: When it was said or reached us; not when it was typed in.
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    #: Sent by a machine on the customer's side: no reopening, no effect on clocks (TERMS §2.9).
    is_automatic = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(null=True, blank=True)
    #: RFC 5322 Message-ID, angle brackets included; empty for what never was a mail.
    mail_id = models.CharField(max_length=998, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agent=None, contact__isnull=False)
                | Q(agent__isnull=False, contact=None),
                name="message_has_one_author",
            ),
            models.CheckConstraint(
                condition=Q(kind="PUBLIC") | Q(kind__in=["NOTE", "CALL"], agent__isnull=False),
                name="message_notes_and_calls_are_the_providers",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="CALL", call_outcome__in=["REACHED", "NO_ANSWER", "LEFT_VOICEMAIL"]
                )
                | (~Q(kind="CALL") & Q(call_outcome="")),
                name="message_only_calls_have_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(bounced_at=None) | Q(kind="PUBLIC", agent__isnull=False),
                name="message_only_replies_bounce",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="message_of_ticket"),
            models.Index(fields=["mail_id"], name="message_mail_id", condition=~Q(mail_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} on {self.ticket_id}"

    @property
    def is_from_customer(self) -> bool:
        return self.contact_id is not None
