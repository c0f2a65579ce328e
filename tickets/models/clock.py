from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.domain.terms import Metric
from tickets.models.ticket import Ticket


class Clock(models.Model):
    """One timed promise on one ticket: the stored answer of the pure function over its timeline."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        SOON = "SOON", _("Due soon")
        BREACHED = "BREACHED", _("Breached")
        MET = "MET", _("Met")
        MET_LATE = "MET_LATE", _("Met late")
        PAUSED = "PAUSED", _("Paused")
        CANCELLED = "CANCELLED", _("Cancelled")

    #: The reason of a clock that, by a fact recorded late, never began.
    VOID = "VOID"

    # Its index is clock_once.
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_index=False, related_name="clocks")
    cycle = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=16, choices=[(m.value, m.value) for m in Metric])
    #: Counts the clocks of one metric in one cycle: only NEXT_RESPONSE has several.
    ordinal = models.PositiveSmallIntegerField(default=1)
    level = models.CharField(max_length=32)
    target_seconds = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    #: The start, or the change that last moved the deadline: warnings count from here.
    moved_at = models.DateTimeField()
    #: Since when it waits on the customer; always None for ACTION and RESPONSE (TERMS §2.8).
    paused_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)
    #: The due instant, once it is past unmet (TERMS §2.4).
    breached_at = models.DateTimeField(null=True, blank=True)
    #: When the desk flagged the breach: the database's clock.
    noticed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(
        max_length=16, choices=[*Ticket.CancelReason.choices, (VOID, _("Never began"))], blank=True
    )

    #: Instants still of interest when this plan was made, ascending; the due instant is the last.
    marks = ArrayField(models.DateTimeField())
    #: What each mark stands for: per cent of the calendar time, 100 = due.
    thresholds = ArrayField(models.PositiveSmallIntegerField())
    #: How many marks have gone by.
    position = models.PositiveSmallIntegerField(default=0)
    #: The next mark; None when nothing is left to do.
    next_wake_at = models.DateTimeField(null=True, blank=True)
    #: Counts the plans; a flag of an older plan is stale.
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "cycle", "metric", "ordinal"], name="clock_once"
            ),
            models.CheckConstraint(
                condition=Q(metric__in=[m.value for m in Metric]), name="clock_metric_is_known"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("started_at")), name="clock_due_after_start"
            ),
            models.CheckConstraint(
                condition=Q(breached_at=None, noticed_at=None)
                | Q(breached_at=F("due_at"), noticed_at__gt=F("due_at")),
                name="clock_breach_is_dated_by_its_due_instant",
            ),
            models.CheckConstraint(
                condition=Q(met_at=None)
                | Q(met_at__gte=F("started_at"), met_at__lte=F("due_at"), breached_at=None)
                | Q(met_at__gt=F("due_at"), breached_at__isnull=False),
                name="clock_met_in_time_or_breached",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancel_reason="")
                | (
                    Q(cancelled_at__isnull=False, met_at=None, breached_at=None)
                    & ~Q(cancel_reason="")
                ),
                name="clock_cancelled_while_undecided_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | ~Q(metric__in=["ACTION", "RESPONSE"]),
                name="clock_act_and_response_never_pause",
            ),
            models.CheckConstraint(
                condition=Q(next_wake_at=None)
                | Q(met_at=None, breached_at=None, cancelled_at=None, paused_at=None),
                name="clock_settled_has_no_wake_up",
            ),
        ]
        indexes = [
            # services.timers.claim_due_clocks, and nothing else: what falls due next.
            models.Index(
                fields=["next_wake_at"],
                name="clock_wake",
                condition=Q(next_wake_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.cycle} of {self.ticket_id} due {self.due_at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_settled(self) -> bool:
        """Nothing is owed on it any more: met, or cancelled."""
        return self.met_at is not None or self.cancelled_at is not None

    @property
    def detection_lag(self) -> timedelta | None:
        """How long after the due instant the desk flagged the breach."""
        return None if self.noticed_at is None else self.noticed_at - self.due_at

    def state_at(self, now: datetime) -> State:
        """The word for this clock at `now`; due soon from its last warning mark on."""
        if self.cancelled_at is not None:
            return self.State.CANCELLED
        if self.met_at is not None:
            return self.State.MET if self.breached_at is None else self.State.MET_LATE
        if self.paused_at is not None:
            return self.State.PAUSED
        if self.breached_at is not None or now > self.due_at:
            return self.State.BREACHED
        return self.State.SOON if now >= self.soon_at else self.State.RUNNING

    @property
    def soon_at(self) -> datetime:
        """From when on it is due soon: its first mark of 75 % or more, else the due instant."""
        marks = zip(self.marks, self.thresholds, strict=True)
        return min((at for at, share in marks if 75 <= share < 100), default=self.due_at)
