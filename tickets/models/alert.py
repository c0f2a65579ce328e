from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.agent import Agent
from tickets.models.clock import Clock
from tickets.models.ticket import Ticket


class Alert(models.Model):
    """A warning or a breach that one person is told of, once (TERMS §2.11)."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("Queued")
        SENT = "SENT", _("Sent")
        DROPPED = "DROPPED", _("Dropped")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    class DropReason(models.TextChoices):
        MET = "MET", _("The clock was met meanwhile")
        PAUSED = "PAUSED", _("The clock was paused meanwhile")
        CANCELLED = "CANCELLED", _("The clock was cancelled meanwhile")
        MOVED = "MOVED", _("The deadline moved meanwhile")
        SUPERSEDED = "SUPERSEDED", _("A higher warning went out instead")
        UNREACHABLE = "UNREACHABLE", _("The mail could not be delivered")

    # No foreign keys to the clock: they would halve the speed of a burst of flags.
    clock = models.ForeignKey(
        Clock, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="alerts"
    )
    ticket = models.ForeignKey(Ticket, models.DO_NOTHING, db_constraint=False, related_name="+")
    # Two recipients a flag: checking that they exist took a fifth of a burst. The claim reads them
    # in the same statement, and PROTECT keeps them.
    recipient = models.ForeignKey(
        Agent, models.PROTECT, db_constraint=False, db_index=False, related_name="alerts"
    )
    #: Per cent of the clock's calendar time; 100 = breach.
    threshold = models.PositiveSmallIntegerField()
    clock_revision = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, db_default=State.QUEUED)
    drop_reason = models.CharField(max_length=16, choices=DropReason, db_default="", blank=True)
    created_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Told once. What was dropped or withdrawn may come due again after a deadline moved.
            models.UniqueConstraint(
                fields=["clock", "threshold", "recipient"],
                condition=Q(state__in=["QUEUED", "SENT"]),
                name="alert_once_each",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gt=0, threshold__lte=100), name="alert_threshold_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(state="DROPPED") | Q(drop_reason=""), name="alert_dropped_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.threshold} % of clock {self.clock_id} to {self.recipient_id}"

    @property
    def is_breach(self) -> bool:
        return self.threshold == 100
