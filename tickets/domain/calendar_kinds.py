"""The two kinds of calendar: in which time a promise counts (TERMS 2.5).

Two kinds answer the same questions: `AlwaysOpen` round the clock, and `BusinessCalendar` with
opening hours in one time zone. Instants come in aware in any zone and go out in UTC; time is
counted in real elapsed time, to the microsecond.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Literal

from tickets.domain.calendar_rules import (
    calendar_micros,
    checked_closure,
    load_zone,
    ordered_openings,
)
from tickets.domain.errors import CalendarError
from tickets.domain.instants import (
    DAY,
    from_micros,
    micros_to_span,
    span_to_micros,
)
from tickets.domain.openings import Intervals, OpeningRules, OpeningTable, union

Reason = Literal["open", "closed_hours", "closed_day", "closure"]

HORIZON_YEARS = 5
# Any five calendar years are longer than this and shorter than the horizon: most due instants
# need no look at the calendar page to know that they are near enough.
SURELY_NEAR = 1_820 * DAY
HORIZON = 1_830 * DAY
MON_TO_FRI = (((9 * 3600, 17 * 3600),),) * 5 + ((),) * 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end) of an explanation; `name` is the holiday's, where there is one."""

    start: datetime
    end: datetime
    counted: bool
    reason: Reason
    name: str = ""


def five_years_after(start: datetime) -> datetime:
    """The same date and time in UTC five years on; for 29 February that is 28 February.

    Raises: ValueError after the year 9994.
    """
    at = start.astimezone(UTC)
    if (at.month, at.day) == (2, 29):
        at = at.replace(day=28)
    return at.replace(year=at.year + HORIZON_YEARS)


def _too_far() -> CalendarError:
    return CalendarError(
        "due_too_far",
        "The due instant would lie more than five years after the start: "
        "shorten the target or open the calendar more often.",
    )


def _target_micros(target: timedelta) -> int:
    need = span_to_micros(target)
    if need < 0:
        raise CalendarError("negative_target", "A target cannot be negative: give zero or more.")
    return need


def _checked_due(start: datetime, begin: int, due: int | None) -> datetime:
    """`due` as a datetime. Raises: CalendarError when it is missing or over five years away."""
    try:
        if due is not None:
            at = from_micros(due)
            if due - begin <= SURELY_NEAR or at <= five_years_after(start):
                return at
    except (OverflowError, ValueError):
        pass
    raise _too_far()


def _span(start: datetime, end: datetime) -> tuple[int, int]:
    begin, finish = calendar_micros(start), calendar_micros(end)
    if finish < begin:
        raise CalendarError("end_before_start", "The end lies before the start: swap them.")
    return begin, finish


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """Round the clock, every day."""

    def due(self, start: datetime, target: timedelta) -> datetime:
        begin = calendar_micros(start)
        return _checked_due(start, begin, begin + _target_micros(target))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        begin, finish = _span(start, end)
        return micros_to_span(finish - begin)

    def next_opening(self, at: datetime) -> datetime | None:
        return from_micros(calendar_micros(at))

    def explain(self, start: datetime, end: datetime) -> list[Segment]:
        begin, finish = _span(start, end)
        if begin == finish:
            return []
        return [Segment(from_micros(begin), from_micros(finish), True, "open")]


ALWAYS = AlwaysOpen()


@dataclass(frozen=True)
class BusinessCalendar:
    """Opening hours in one time zone.

    `week` holds Monday to Sunday, each day's openings as (opens, closes) in seconds of the local
    day, 86 400 being 24:00. On a date in `closed` nothing is open, on one in `special` its own
    openings replace the weekday's, and `closures` are cut out between two instants. `names` are
    the holidays' names for display; they do not make two calendars different.

    Openings are put in order; they may touch. Raises: CalendarError, when made, for an unknown
    zone, openings that overlap or end before they start, a date both closed and special, a closure
    that does not end after its start, and a calendar without a single opening.
    """

    timezone: str
    week: tuple[Intervals, ...]
    closed: frozenset[date] = frozenset()
    special: Mapping[date, Intervals] = field(default_factory=dict)
    closures: tuple[tuple[datetime, datetime], ...] = ()
    names: Mapping[date, str] = field(default_factory=dict, compare=False)
    _table: OpeningTable = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise CalendarError("bad_week", "A week needs seven days, Monday to Sunday.")
        put = object.__setattr__
        put(self, "week", tuple(ordered_openings(day) for day in self.week))
        put(self, "closed", frozenset(self.closed))
        special = {day: ordered_openings(hours) for day, hours in self.special.items()}
        put(self, "special", special)
        if both := self.closed & special.keys():
            raise CalendarError(
                "closed_and_special",
                f"{min(both)} is both closed and special: keep it in one of the two.",
            )
        cuts = union([checked_closure(begin, end) for begin, end in self.closures])
        put(self, "closures", tuple(sorted((begin, end) for begin, end in self.closures)))
        zone = load_zone(self.timezone)
        rules = OpeningRules(zone, self.week, self.closed, special, cuts)
        if not rules.opens_at_all():
            raise CalendarError(
                "never_open", "The calendar never opens: give it at least one opening."
            )
        put(self, "_table", OpeningTable(rules))

    def __hash__(self) -> int:
        return hash((self.timezone, self.week, self.closed, self.closures, len(self.special)))

    def due(self, start: datetime, target: timedelta) -> datetime:
        """The instant at which `target` of open time has passed since `start`.

        Exactly at closing time it is that closing time; a target of zero is due at the first open
        instant at or after the start. Raises: CalendarError for a negative target and for a due
        instant after the same date and time five years later.
        """
        begin = calendar_micros(start)
        need = _target_micros(target)
        if need:
            due = self._table.due(begin, need, begin + HORIZON)
        else:
            due = self._table.next_opening(begin, begin + HORIZON)
        return _checked_due(start, begin, due)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time in [start, end). Raises: CalendarError when the end lies before the start."""
        begin, finish = _span(start, end)
        return micros_to_span(self._table.elapsed(begin, finish))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first open instant at or after `at`; None when the next five years have none."""
        try:
            return self.due(at, timedelta(0))
        except CalendarError as error:
            if error.code == "due_too_far":
                return None
            raise

    def explain(self, start: datetime, end: datetime) -> list[Segment]:
        """Every stretch of [start, end), open or why not; neighbours always differ."""
        begin, finish = _span(start, end)
        rules = self._table.rules
        open_now = self._table.between(begin, finish)
        by_rule = [
            (max(opens, begin), min(closes, finish))
            for opens, closes in rules.between(begin, finish)
        ]
        days = self._day_starts(begin, finish)
        edges = {begin, finish, *days}
        for edge in (*open_now, *by_rule):
            edges.update(edge)
        cuts = sorted(edge for edge in edges if begin <= edge <= finish)
        segments: list[Segment] = []
        for left, right in pairwise(cuts):
            segment = self._segment(left, right, _covers(open_now, left), _covers(by_rule, left))
            _append_merged(segments, segment)
        return segments

    def _day_starts(self, begin: int, finish: int) -> list[int]:
        first = (from_micros(begin).astimezone(self._table.rules.zone)).date().toordinal()
        last = (from_micros(finish).astimezone(self._table.rules.zone)).date().toordinal()
        rules = self._table.rules
        return [rules.instant_of(day, 0, closing=False) for day in range(first, last + 1)]

    def _segment(self, left: int, right: int, is_open: bool, by_rule: bool) -> Segment:
        start, end = from_micros(left), from_micros(right)
        day = start.astimezone(self._table.rules.zone).date()
        reason: Reason = "closed_hours"
        if is_open:
            reason = "open"
        elif by_rule:
            reason = "closure"
        elif day in self.closed:
            reason = "closed_day"
        dated = reason == "closed_day" or (is_open and day in self.special)
        return Segment(start, end, is_open, reason, self.names.get(day, "") if dated else "")


Calendar = AlwaysOpen | BusinessCalendar


def _covers(intervals: list[tuple[int, int]], at: int) -> bool:
    position = bisect_right(intervals, at, key=itemgetter(0)) - 1
    return position >= 0 and at < intervals[position][1]


def _append_merged(segments: list[Segment], segment: Segment) -> None:
    latest = segments[-1] if segments else None
    if latest and (latest.counted, latest.reason, latest.name) == (
        segment.counted,
        segment.reason,
        segment.name,
    ):
        segments[-1] = Segment(
            latest.start, segment.end, latest.counted, latest.reason, latest.name
        )
    else:
        segments.append(segment)
