from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.alert import Alert
from tickets.models.message import Message


class Delivery(models.Model):
    """An outgoing mail as an obligation: written with the thing it tells, sent by lease.

    At least once, with a stable Message-ID; twice only if the machine died between the server's
    acceptance and our commit.
    """

    class Kind(models.TextChoices):
        ALERT = "ALERT", _("Warning or breach")
        BREACH_WITHDRAWN = "BREACH_WITHDRAWN", _("Breach withdrawn")
        REPLY = "REPLY", _("Reply to the customer")

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("Queued")
        SENT = "SENT", _("Sent")
        DROPPED = "DROPPED", _("Dropped")
        FAILED = "FAILED", _("Failed")

    kind = models.CharField(max_length=20, choices=Kind)
    alert = models.ForeignKey(
        Alert,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,  # delivery_alert_once serves it
        related_name="deliveries",
    )
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    address = models.EmailField(max_length=254)
    #: Names this mail for ever: its Message-ID is made of it.
    uid = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    state = models.CharField(max_length=8, choices=State, db_default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    next_try_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    #: Whose turn it is: a worker that lost its lease cannot settle the row.
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    latest_error = models.TextField(db_default="", blank=True)
    created_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="REPLY", message__isnull=False, alert=None)
                | Q(kind__in=["ALERT", "BREACH_WITHDRAWN"], message=None, alert__isnull=False),
                name="delivery_tells_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state="QUEUED", settled_at=None)
                | (~Q(state="QUEUED") & Q(settled_at__isnull=False)),
                name="delivery_settled_has_an_instant",
            ),
            models.UniqueConstraint(
                fields=["alert", "kind"], condition=Q(message=None), name="delivery_alert_once"
            ),
            models.UniqueConstraint(
                fields=["message", "address"],
                condition=Q(alert=None),
                name="delivery_reply_once",
            ),
        ]
        indexes = [
            # services.deliveries.claim_deliveries, and nothing else: what is to be sent.
            models.Index(
                fields=["next_try_at", "id"],
                name="delivery_to_send",
                condition=Q(state="QUEUED"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address}: {self.state}"
