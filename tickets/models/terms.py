from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.domain import terms as domain
from tickets.domain.calendars import ALWAYS, AlwaysOpen, BusinessCalendar
from tickets.models.calendar import Calendar
from tickets.models.shipped import shown_name


def default_thresholds() -> list[int]:
    return [50, 75, 90]


class Terms(models.Model):
    """One version of the agreement. Never edited: a change is a new version (TERMS §2.13)."""

    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(default=1)
    default_level = models.CharField(max_length=32)
    #: Per cent of a clock's calendar time at which people are warned (TERMS §2.11).
    thresholds = ArrayField(models.PositiveSmallIntegerField(), default=default_thresholds)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="terms_version_once"),
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="terms_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{shown_name(self.name)} v{self.version}"

    def to_domain(self, *, calendar: Calendar, zone: str) -> domain.Terms:
        """These terms with `calendar`, read in the IANA zone `zone`, as their business hours."""
        return _domain_terms(self, calendar, zone)


class Level(models.Model):
    """An urgency level of one version of the terms."""

    terms = models.ForeignKey(Terms, models.CASCADE, related_name="levels")
    code = models.CharField(max_length=32)
    #: 0 is the most urgent.
    rank = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    name_fr = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terms", "code"], name="level_code_once"),
            models.UniqueConstraint(fields=["terms", "rank"], name="level_rank_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """How much time one metric has at one level, and in which hours that time is counted."""

    class Hours(models.TextChoices):
        ALWAYS = "ALWAYS", _("round the clock")
        BUSINESS = "BUSINESS", _("business hours")

    level = models.ForeignKey(Level, models.CASCADE, related_name="targets")
    metric = models.CharField(max_length=16, choices=[(m.value, m.value) for m in domain.Metric])
    minutes = models.PositiveIntegerField()
    hours = models.CharField(max_length=16, choices=Hours)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "metric"], name="target_once"),
            models.CheckConstraint(
                condition=models.Q(metric__in=[m.value for m in domain.Metric]),
                name="target_metric_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(hours__in=["ALWAYS", "BUSINESS"]), name="target_hours_are_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level_id} {self.metric} {self.minutes} min"


@lru_cache(maxsize=1024)
def _domain_terms(terms: Terms, calendar: Calendar, zone: str) -> domain.Terms:
    business = calendar.to_domain(zone=zone)
    levels = terms.levels.order_by("rank").prefetch_related("targets")
    return domain.Terms(
        levels=tuple(_domain_level(level, business) for level in levels),
        default_level=terms.default_level,
        thresholds=tuple(terms.thresholds),
    )


def _domain_level(level: Level, business: BusinessCalendar) -> domain.Level:
    hours: dict[str, AlwaysOpen | BusinessCalendar] = {
        Target.Hours.ALWAYS: ALWAYS,
        Target.Hours.BUSINESS: business,
    }
    targets = {
        domain.Metric(target.metric): domain.Target(
            metric=domain.Metric(target.metric),
            duration=timedelta(minutes=target.minutes),
            calendar=hours[target.hours],
        )
        for target in level.targets.all()
    }
    return domain.Level(code=level.code, rank=level.rank, targets=targets)
