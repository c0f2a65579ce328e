"""The calendar of BUDGETS row 1 in four libraries, behind one face: aware instants in UTC.

Monday to Friday 09:00-12:00 and 13:00-17:00 in Paris, 15 holidays. Each library is asked in the
way it answers fastest, tables compiled and caches warm.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pytz
import timegrid
from businesstimedelta import BusinessTimeDelta, HolidayRule, LunchTimeRule, Rules, WorkDayRule
from django_bizcal.calendars.working import WorkingCalendar
from django_bizcal.providers import SetHolidayProvider

from tickets.domain.calendars import BusinessCalendar

ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)
HOLIDAYS = [
    *(date(2026, month, day) for month, day in ((4, 6), (5, 1), (5, 8), (5, 14), (5, 25))),
    *(date(2026, month, day) for month, day in ((7, 14), (11, 11), (12, 25))),
    *(date(2027, month, day) for month, day in ((1, 1), (3, 29), (5, 6), (5, 17), (7, 14))),
    # businesstimedelta fails behind the last holiday of its list: two lie far ahead.
    date(2031, 11, 11),
    date(2031, 12, 25),
]
MORNING, AFTERNOON = (time(9), time(12)), (time(13), time(17))


class Contender(Protocol):
    name: str

    def due(self, start: datetime, target: timedelta) -> datetime: ...

    def elapsed(self, start: datetime, end: datetime) -> timedelta: ...


class Ours:
    name = "ours"

    def __init__(self) -> None:
        day = ((9 * 3600, 12 * 3600), (13 * 3600, 17 * 3600))
        calendar = BusinessCalendar(ZONE, (day,) * 5 + ((),) * 2, frozenset(HOLIDAYS))
        self.due, self.elapsed = calendar.due, calendar.elapsed


class Timegrid:
    """Knows no time zones: local wall time in and out is part of its answer."""

    name = "timegrid"

    def __init__(self) -> None:
        calendar = timegrid.TimeGridCalendar.weekdays(time(9), time(17))
        calendar = calendar.break_weekdays(time(12), time(13))
        for holiday in HOLIDAYS:
            calendar = calendar.close(holiday)
        self.calendar = calendar
        self.timeline = calendar.compile(datetime(2026, 1, 1), datetime(2029, 1, 1))  # noqa: DTZ001

    def due(self, start: datetime, target: timedelta) -> datetime:
        local = start.astimezone(PARIS).replace(tzinfo=None)
        return self.calendar.add_work_duration(local, target).replace(tzinfo=PARIS).astimezone(UTC)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        begin = start.astimezone(PARIS).replace(tzinfo=None)
        finish = end.astimezone(PARIS).replace(tzinfo=None)
        return self.timeline.get_working_duration(begin, finish)


class Bizcal:
    name = "django-bizcal"

    def __init__(self) -> None:
        calendar = WorkingCalendar(
            tz=ZONE,
            weekly_schedule={weekday: [MORNING, AFTERNOON] for weekday in range(5)},
            holiday_provider=SetHolidayProvider.from_dates(HOLIDAYS),
        )
        self.due, self.elapsed = calendar.add_business_time, calendar.business_time_between


class BusinessTimedelta:
    name = "businesstimedelta"

    def __init__(self) -> None:
        zone, days = pytz.timezone(ZONE), [0, 1, 2, 3, 4]
        work = WorkDayRule(start_time=time(9), end_time=time(17), working_days=days, tz=zone)
        lunch = LunchTimeRule(start_time=time(12), end_time=time(13), working_days=days, tz=zone)
        self.rules = Rules([work, lunch, HolidayRule(set(HOLIDAYS), tz=zone)])

    def due(self, start: datetime, target: timedelta) -> datetime:
        return start + BusinessTimeDelta(self.rules, timedelta=target)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        return self.rules.difference(start, end).timedelta
