"""Publishing calendars and importing public holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from tests.factories import make_contact, make_customer, make_ticket, standard_calendar
from tickets.models import Calendar, Customer, Ticket
from tickets.services.calendars import (
    UnableToImportHolidays,
    UnableToPublishCalendar,
    import_holidays,
    publish_calendar,
)

pytestmark = pytest.mark.django_db

OFFICE = {"week": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "12:00"], ["13:00", "17:00"]]}}


def publish(now: datetime, **overrides: Any) -> Calendar:
    fields: dict[str, Any] = {"name": "Shop hours", "timezone": "Europe/Paris", "hours": OFFICE}
    return publish_calendar(**{**fields, **overrides}, now=now)


class TestPublishCalendar:
    def test_writes_the_next_version_and_leaves_the_one_before(self, now: datetime) -> None:
        first = publish(now)

        second = publish(now, hours={"week": {"wed": [["10:00", "24:00"]]}})

        assert (first.version, second.version) == (1, 2)
        assert Calendar.objects.get(pk=first.pk).hours == OFFICE

    def test_moves_customers_on_but_no_ticket_already_promised(self, now: datetime) -> None:
        customer = make_customer(calendar=publish(now))
        before = make_ticket(now=now, requester=make_contact(customer=customer))

        second = publish(now, hours={"week": {"wed": [["10:00", "20:00"]]}})

        customer.refresh_from_db()
        after = make_ticket(now=now, requester=make_contact(customer=customer))
        assert customer.calendar == after.calendar == second
        assert Ticket.objects.get(pk=before.pk).calendar.version == 1

    def test_stays_the_default_over_versions(self, now: datetime) -> None:
        default = standard_calendar()

        published = publish(now, name=default.name)

        assert standard_calendar() == published

    def test_can_become_the_default(self, now: datetime) -> None:
        assert publish(now, make_default=True) == standard_calendar()

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"timezone": "Mars/Olympus"}, "unknown_zone"),
            ({"name": " "}, "name_missing"),
            ({"hours": {"week": {}}}, "never_open"),
            ({"hours": {}}, "never_open"),
            ({"hours": {"week": {"mon": [["17:00", "09:00"]]}}}, "end_not_after_start"),
            (
                {"hours": {"week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}},
                "overlapping_openings",
            ),
            (
                {
                    "hours": {
                        **OFFICE,
                        "closed": ["2026-12-25"],
                        "special": {"2026-12-25": [["10:00", "12:00"]]},
                    }
                },
                "closed_and_special",
            ),
            ({"hours": {"week": {"mon": [["9", "17"]]}}}, "bad_time"),
            ({"hours": {"weak": {}}}, "unknown_key"),
            # 480 minutes at a minute a week take nine years.
            ({"hours": {"week": {"mon": [["09:00", "09:01"]]}}}, "due_too_far"),
        ],
    )
    def test_refuses_what_cannot_be_a_calendar(
        self, now: datetime, changed: dict[str, Any], code: str
    ) -> None:
        count = Calendar.objects.count()

        with pytest.raises(UnableToPublishCalendar) as refusal:
            publish(now, **changed)

        assert refusal.value.code == code
        assert str(refusal.value).strip()
        assert Calendar.objects.count() == count


class TestImportHolidays:
    def test_closes_the_days_and_keeps_their_names(self, now: datetime) -> None:
        calendar = import_holidays(
            calendar=publish(now), country="fr", years=[2026], language="fr", now=now
        )

        assert calendar.version == 2
        assert "2026-07-14" in calendar.hours["closed"]
        assert calendar.holiday_names["2026-07-14"] == "Fête nationale"
        domain = calendar.to_domain(zone="Europe/Paris")
        assert date(2026, 7, 14) in domain.closed
        start, end = datetime(2026, 7, 14, 7, tzinfo=UTC), datetime(2026, 7, 14, 8, tzinfo=UTC)
        assert [(s.reason, s.name) for s in domain.explain(start, end)] == [
            ("closed_day", "Fête nationale")
        ]

    def test_knows_the_regions(self, now: datetime) -> None:
        calendar = import_holidays(
            calendar=publish(now), country="AU", subdivision="WA", years=[2026], now=now
        )

        assert calendar.holiday_names["2026-06-01"] == "Western Australia Day"

    def test_leaves_special_openings_and_own_closed_days(self, now: datetime) -> None:
        hours = {
            **OFFICE,
            "closed": ["2026-03-02"],
            "special": {"2026-12-25": [["10:00", "12:00"]]},
        }
        own = publish(now, hours=hours, holiday_names={"2026-03-02": "Inventory"})

        calendar = import_holidays(calendar=own, country="FR", years=[2026], now=now)

        assert calendar.hours["special"] == hours["special"]
        assert "2026-12-25" not in calendar.hours["closed"]
        assert calendar.holiday_names["2026-03-02"] == "Inventory"

    def test_publishes_nothing_when_nothing_is_new(self, now: datetime) -> None:
        calendar = import_holidays(calendar=publish(now), country="FR", years=[2026], now=now)

        assert import_holidays(calendar=calendar, country="FR", years=[2026], now=now) == calendar

    def test_imports_the_years_asked_for_only(self, now: datetime) -> None:
        calendar = import_holidays(calendar=publish(now), country="US", years=[2027], now=now)

        assert {day[:4] for day in calendar.hours["closed"]} == {"2027"}

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"country": "XX"}, "place_unknown"),
            ({"subdivision": "ZZ"}, "place_unknown"),
            ({"language": "zz"}, "language_unknown"),
            ({"years": []}, "years_missing"),
            ({"years": [20260]}, "years_missing"),
        ],
    )
    def test_refuses_what_nobody_knows(
        self, now: datetime, changed: dict[str, Any], code: str
    ) -> None:
        fields: dict[str, Any] = {"country": "FR", "years": [2026]}
        with pytest.raises(UnableToImportHolidays) as refusal:
            import_holidays(calendar=publish(now), **{**fields, **changed}, now=now)

        assert refusal.value.code == code


class TestRefusedCalendar:
    def test_leaves_customers_where_they_were(self, now: datetime) -> None:
        customer = make_customer(calendar=publish(now))

        with pytest.raises(UnableToPublishCalendar):
            publish(now, hours={"week": {"mon": [["09:00", "09:01"]]}})

        assert not connection.needs_rollback
        stored = Customer.objects.get(pk=customer.pk).calendar
        assert stored is not None
        assert stored.version == 1
