"""Business time counted minute by minute: slow, and made of nothing the real table is made of.

Every minute of UTC time is turned into wall time; an opening begins at the first minute whose wall
time is the opening's, and ends at the last one. No offset is added anywhere, no interval is merged.
Good for zones and years whose offsets are whole minutes, and closures on whole minutes.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from tickets.domain.calendars import BusinessCalendar

MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 1440
UTC_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
ORIGIN = UTC_ORIGIN.replace(tzinfo=None)


@lru_cache(maxsize=4096)
def walls_of(zone: str, utc_day: int) -> tuple[int, ...]:
    """The wall time (in minutes since 1970-01-01 00:00 on the wall) of each minute of a UTC day."""
    tz = ZoneInfo(zone)
    first = UTC_ORIGIN + timedelta(days=utc_day)
    walls = ((first + n * MINUTE).astimezone(tz).replace(tzinfo=None) for n in range(MINUTES_A_DAY))
    return tuple((wall - ORIGIN) // MINUTE for wall in walls)


def utc_minutes_of(zone: str, wall: int, *, is_end: bool) -> int:
    """The minute of UTC time an opening edge at that wall time falls on, found by looking."""
    first_day = wall // MINUTES_A_DAY - 2
    walls = [each for day in range(5) for each in walls_of(zone, first_day + day)]
    begin = first_day * MINUTES_A_DAY
    if wall in walls:
        if is_end:
            return begin + len(walls) - 1 - walls[::-1].index(wall)
        return begin + walls.index(wall)
    for before, after in pairwise(walls):
        if before < wall < after:
            gap = after - before - 1
            return utc_minutes_of(zone, wall + gap, is_end=is_end)
    raise AssertionError("a wall time is either shown or jumped over")


class MinuteOracle:
    """Answers for one calendar; keeps which minutes of which UTC day are open."""

    def __init__(self, calendar: BusinessCalendar) -> None:
        self.calendar = calendar
        self._days: dict[int, bytearray] = {}
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def is_open(self, minute: int) -> bool:
        return bool(self._day(minute // MINUTES_A_DAY)[minute % MINUTES_A_DAY])

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time in [start, end), to the microsecond."""
        total = timedelta(0)
        for left, right in minutes_between(start, end):
            if self.is_open((left - UTC_ORIGIN) // MINUTE):
                total += right - left
        return total

    def due(self, start: datetime, target: timedelta, *, days: int = 60) -> datetime | None:
        """The due instant by walking; None when it is not reached within so many days."""
        left_over = target
        for left, right in minutes_between(start, start + timedelta(days=days)):
            if not self.is_open((left - UTC_ORIGIN) // MINUTE):
                continue
            if left_over <= right - left:
                return left + left_over
            left_over -= right - left
        return None

    def count(self, start: int, end: int) -> int:
        """Open minutes in [start, end), both whole minutes since 1970."""
        total = 0
        while start < end:
            day, first = divmod(start, MINUTES_A_DAY)
            last = min(MINUTES_A_DAY, first + end - start)
            total += self._day(day).count(1, first, last)
            start += last - first
        return total

    def place(self, start: int, target: int) -> int:
        """The minute at which `target` > 0 open minutes have passed since the minute `start`."""
        day, first = divmod(start, MINUTES_A_DAY)
        while (found := self._day(day).count(1, first)) < target:
            target, day, first = target - found, day + 1, 0
        for _ in range(target):
            first = self._day(day).index(1, first) + 1
        return day * MINUTES_A_DAY + first

    def _day(self, utc_day: int) -> bytearray:
        if utc_day not in self._days:
            self._days[utc_day] = self._look(utc_day)
        return self._days[utc_day]

    def _look(self, utc_day: int) -> bytearray:
        minutes = bytearray(MINUTES_A_DAY)
        base = utc_day * MINUTES_A_DAY
        for local_day in range(utc_day - 3, utc_day + 4):
            for begin, end in self._openings(local_day):
                for minute in range(max(begin, base), min(end, base + MINUTES_A_DAY)):
                    minutes[minute - base] = 1
        for begins, ends in self.calendar.closures:
            begin, end = (begins - UTC_ORIGIN) // MINUTE, (ends - UTC_ORIGIN) // MINUTE
            for minute in range(max(begin, base), min(end, base + MINUTES_A_DAY)):
                minutes[minute - base] = 0
        return minutes

    def _openings(self, local_day: int) -> list[tuple[int, int]]:
        if local_day not in self._spans:
            day = (ORIGIN + timedelta(days=local_day)).date()
            self._spans[local_day] = [
                (
                    self._edge(local_day, opens, is_end=False),
                    self._edge(local_day, closes, is_end=True),
                )
                for opens, closes in self._hours(day)
            ]
        return self._spans[local_day]

    def _edge(self, local_day: int, second: int, *, is_end: bool) -> int:
        wall = local_day * MINUTES_A_DAY + second // 60
        return utc_minutes_of(self.calendar.timezone, wall, is_end=is_end)

    def _hours(self, day: date) -> tuple[tuple[int, int], ...]:
        if day in self.calendar.closed:
            return ()
        return self.calendar.special.get(day, self.calendar.week[day.weekday()])


def minutes_between(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) cut at whole minutes."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    left = start
    while left < end:
        right = min(left.replace(second=0, microsecond=0) + MINUTE, end)
        yield left, right
        left = right
