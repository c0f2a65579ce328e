from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.domain.calendars import BusinessCalendar, calendar_from_document
from tickets.models.shipped import shown_name


class Calendar(models.Model):
    """One version of a business calendar. Never edited: a change is a new version (TERMS §2.13)."""

    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(default=1)
    timezone = models.CharField(_("time zone"), max_length=64)
    #: True: the hours are read in the customer's zone where one is set (TERMS §2.6).
    is_in_customer_zone = models.BooleanField(default=False)
    #: `week`, `closed`, `special`, `closures` as the machine door writes them, zone left out.
    hours = models.JSONField()
    #: ISO date -> name of the holiday; for display only.
    holiday_names = models.JSONField(default=dict, blank=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="calendar_version_once"),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="calendar_one_default",
            ),
        ]

    def __str__(self) -> str:
        return f"{shown_name(self.name)} v{self.version}"

    def zone_for(self, customer_zone: str) -> str:
        """The IANA zone these hours are read in for a customer whose zone is `customer_zone`."""
        return (self.is_in_customer_zone and customer_zone) or self.timezone

    def to_domain(self, *, zone: str) -> BusinessCalendar:
        """The calendar read in `zone`.

        Raises:
            CalendarError: the stored hours cannot be a calendar.
        """
        return _domain_calendar(self, zone)

    def as_document(self, *, zone: str) -> dict[str, Any]:
        """The same calendar as the machine door reads it."""
        return {**self.hours, "timezone": zone, "names": self.holiday_names}


# Versions never change, so a parsed calendar can be kept: its table of openings is what makes
# deadlines cheap. Hashed by primary key.
@lru_cache(maxsize=1024)
def _domain_calendar(calendar: Calendar, zone: str) -> BusinessCalendar:
    domain = calendar_from_document(calendar.as_document(zone=zone))
    if not isinstance(domain, BusinessCalendar):
        raise TypeError("a stored calendar has opening hours")
    return domain
