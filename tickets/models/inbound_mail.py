from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.message import Message


class InboundMail(models.Model):
    """A raw RFC 5322 message as it reached us, kept before anyone tries to understand it."""

    class State(models.TextChoices):
        STORED = "STORED", _("Stored")
        ACCEPTED = "ACCEPTED", _("Became a message")
        HELD = "HELD", _("Held for a person")
        #: A bounce that was recorded, a notice of delay, one more copy: `problem` says which.
        SETTLED = "SETTLED", _("Needs nothing")

    raw = models.BinaryField()
    #: SHA-256 of `raw`: the same bytes are taken in once.
    digest = models.BinaryField(max_length=32, unique=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.STORED)
    #: What a person should know of a held message.
    problem = models.TextField(blank=True)
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="inbound_mail"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="ACCEPTED", message__isnull=False)
                | (~Q(state="ACCEPTED") & Q(message=None)),
                name="inbound_mail_accepted_has_a_message",
            ),
            models.CheckConstraint(
                condition=~Q(state="HELD") | ~Q(problem=""), name="inbound_mail_held_says_why"
            ),
        ]
        indexes = [
            # services.mail_intake.take_in_stored_mail, and nothing else: what a crash left behind.
            models.Index(
                fields=["received_at"], name="inbound_mail_stored", condition=Q(state="STORED")
            ),
        ]

    def __str__(self) -> str:
        return f"mail of {self.received_at:%Y-%m-%d %H:%M:%S}: {self.state}"
