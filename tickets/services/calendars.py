"""Publishing versions of business calendars (TERMS §2.5, §2.13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import holidays
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.domain.calendars import BusinessCalendar, calendar_from_document, to_document
from tickets.domain.errors import DomainError
from tickets.models import Agent, Calendar, Customer, Terms
from tickets.services.errors import Unable
from tickets.services.promises import check_targets_fall_due
from tickets.services.refusals import in_words

#: An importer reaches this far; a typing error should not make a thousand rows.
YEARS = range(1970, 2101)


class UnableToPublishCalendar(Unable):
    pass


class UnableToImportHolidays(Unable):
    pass


@transaction.atomic
def publish_calendar(
    *,
    name: str,
    timezone: str,
    hours: Mapping[str, Any],
    holiday_names: Mapping[str, str] | None = None,
    is_in_customer_zone: bool = False,
    make_default: bool = False,
    now: datetime,
) -> Calendar:
    """Write the next version of the calendar `name`; tickets keep the version they have.

    `hours` has `week`, `closed`, `special` and `closures` as the machine door writes them;
    `holiday_names` maps ISO dates to names. Customers and shifts on an earlier version, and the
    desk's default if that was one, go on with the new one.

    Raises:
        UnableToPublishCalendar: the hours cannot be a calendar, or a target of the terms that
            would be read in it never falls due (judged for starts from `now` on).
    """
    name = name.strip()
    if not name:
        raise UnableToPublishCalendar("name_missing", _("Give the calendar a name."))
    calendar = _read(timezone=timezone, hours=hours, names=holiday_names or {})
    # Held to the end, so that two publishers of one calendar follow one another.
    earlier = list(Calendar.objects.select_for_update().filter(name=name).order_by("-version"))
    is_default = make_default or any(version.is_default for version in earlier)
    if is_default:
        Calendar.objects.filter(is_default=True).update(is_default=False)
    published = Calendar.objects.create(
        name=name,
        version=earlier[0].version + 1 if earlier else 1,
        timezone=timezone,
        is_in_customer_zone=is_in_customer_zone,
        hours=_hours(calendar),
        holiday_names={day.isoformat(): words for day, words in sorted(calendar.names.items())},
        is_default=is_default,
    )
    Customer.objects.filter(calendar__in=earlier).update(calendar=published)
    Agent.objects.filter(shift_calendar__in=earlier).update(shift_calendar=published)
    _check_promises(published, now=now)
    return published


@transaction.atomic
def import_holidays(
    *,
    calendar: Calendar,
    country: str,
    subdivision: str = "",
    years: Iterable[int],
    language: str = "",
    now: datetime,
) -> Calendar:
    """Publish a version of `calendar` that is closed on the public holidays of `country` too.

    `country` is an ISO 3166 code, `subdivision` one of its states or regions. A date with special
    openings keeps them: somebody decided so. Dates the calendar had are kept, with their names.
    What a library says today is copied into our own rows, so no deadline changes with it.

    Returns:
        The new version; `calendar` itself when it had all of them already.

    Raises:
        UnableToImportHolidays: an unknown country, subdivision or language, or no sensible year.
        UnableToPublishCalendar: the calendar would never open any more.
    """
    found = _list_holidays(
        country=country, subdivision=subdivision, years=sorted(set(years)), language=language
    )
    hours = dict(calendar.hours)
    closed = {*hours.get("closed", ()), *(found.keys() - hours.get("special", {}).keys())}
    names = {**found, **calendar.holiday_names}
    if closed == set(hours.get("closed", ())) and names == calendar.holiday_names:
        return calendar
    return publish_calendar(
        name=calendar.name,
        timezone=calendar.timezone,
        hours={**hours, "closed": sorted(closed)},
        holiday_names=names,
        is_in_customer_zone=calendar.is_in_customer_zone,
        now=now,
    )


def latest_calendar(name: str) -> Calendar:
    """The latest version of the calendar `name`.

    Raises:
        UnableToImportHolidays: there is none of that name.
    """
    calendar = Calendar.objects.filter(name=name).order_by("-version").first()
    if calendar is None:
        known = Calendar.objects.order_by("name").values_list("name", flat=True).distinct()
        raise UnableToImportHolidays(
            "calendar_unknown",
            _("No calendar is called “%(name)s”. There are: %(known)s.")
            % {"name": name, "known": ", ".join(known)},
        )
    return calendar


def _read(*, timezone: str, hours: Mapping[str, Any], names: Mapping[str, str]) -> BusinessCalendar:
    try:
        calendar = calendar_from_document(
            {"week": {}, **hours, "timezone": timezone, "names": dict(names)}
        )
    except DomainError as error:
        raise UnableToPublishCalendar(error.code, in_words(error)) from error
    assert isinstance(calendar, BusinessCalendar)
    return calendar


def _hours(calendar: BusinessCalendar) -> dict[str, Any]:
    document = to_document(calendar)
    assert isinstance(document, dict)
    return {part: hours for part, hours in document.items() if part not in ("timezone", "names")}


def _check_promises(calendar: Calendar, *, now: datetime) -> None:
    """Under the default terms, and under those of the customers who are promised by it."""
    theirs = Q(calendar=calendar) | (Q(calendar=None) if calendar.is_default else Q())
    used = Customer.objects.filter(theirs).values("terms")
    for terms in Terms.objects.filter(Q(is_default=True) | Q(pk__in=used)).order_by("pk"):
        try:
            promised = terms.to_domain(calendar=calendar, zone=calendar.timezone)
            check_targets_fall_due(promised, now=now)
        except DomainError as error:
            raise UnableToPublishCalendar(error.code, in_words(error)) from error


def _list_holidays(
    *, country: str, subdivision: str, years: list[int], language: str
) -> dict[str, str]:
    _check_years(years)
    try:
        known = holidays.country_holidays(
            country.upper(), subdiv=subdivision or None, years=years, language=language or None
        )
    except NotImplementedError as error:
        raise UnableToImportHolidays(
            "place_unknown",
            _(
                "No public holidays are known for “%(place)s”. Give a country code such as FR, "
                "and a state or region of it such as ENG."
            )
            % {"place": f"{country} {subdivision}".strip()},
        ) from error
    if language and language not in known.supported_languages:
        raise UnableToImportHolidays(
            "language_unknown",
            _("These holidays have no names in “%(language)s”. There are: %(known)s.")
            % {"language": language, "known": ", ".join(known.supported_languages)},
        )
    # A day observed in the year after is imported with that year.
    days = sorted(day for day in known if day.year in years)
    return {day.isoformat(): known[day] for day in days}


def _check_years(years: list[int]) -> None:
    if not years or any(year not in YEARS for year in years):
        raise UnableToImportHolidays(
            "years_missing",
            _("Give the years to import, between %(first)s and %(last)s.")
            % {"first": YEARS[0], "last": YEARS[-1]},
        )
