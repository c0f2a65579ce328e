"""When a calendar is open, as instants: rules in local time become a searchable table in UTC.

The table is built lazily in stretches of whole weeks. Within a stretch two bisections answer
"how much open time lies before this instant" and its inverse, however long the span is.
All numbers are whole microseconds since 1970 (TERMS 2.5).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tickets.domain.instants import DAY, SECOND, span_to_micros

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]
Stretch = tuple[list[int], list[int], list[int], list[int]]

EPOCH_DAY = date(1970, 1, 1).toordinal()
FIRST_DAY = date.min.toordinal()
LAST_DAY = date.max.toordinal()
# A date's openings lie within a day of that date in UTC, whatever the offset (up to 16 h) and even
# where the date itself is skipped (Apia 2011-12-30); one day more costs nothing.
MARGIN_DAYS = 2
OPENINGS_PER_STRETCH = 2_000
STRETCHES_KEPT = 16


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted and disjoint; what touches is joined, what ends before it starts is dropped."""
    joined: list[Interval] = []
    for begin, end in sorted(intervals):
        if end <= begin:
            continue
        if joined and begin <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


def subtract(intervals: list[Interval], cuts: list[Interval]) -> list[Interval]:
    """What is left of `intervals` outside `cuts`; both sorted and disjoint."""
    if not cuts:
        return intervals
    left: list[Interval] = []
    for begin, end in intervals:
        position = bisect_right(cuts, begin, key=lambda cut: cut[1])
        while position < len(cuts) and cuts[position][0] < end:
            cut_begin, cut_end = cuts[position]
            if begin < cut_begin:
                left.append((begin, cut_begin))
            begin = max(begin, cut_end)
            position += 1
        if begin < end:
            left.append((begin, end))
    return left


@dataclass(frozen=True)
class OpeningRules:
    """What a calendar says, in local time: seconds of the local day, dates, and UTC closures."""

    zone: ZoneInfo
    week: tuple[Intervals, ...]
    closed: frozenset[date]
    special: Mapping[date, Intervals]
    closures: list[Interval]

    def hours_of(self, ordinal: int) -> Intervals:
        """The local openings of a date, before clock changes and closures."""
        day = date.fromordinal(ordinal)
        if day in self.closed:
            return ()
        return self.special[day] if day in self.special else self.week[(ordinal - 1) % 7]

    def openings_of(self, ordinal: int) -> list[Interval]:
        """The same as instants; one may end before it starts after a clock change."""
        return [
            (self.instant_of(ordinal, opens, closing=False), self.instant_of(ordinal, closes))
            for opens, closes in self.hours_of(ordinal)
        ]

    def instant_of(self, ordinal: int, second: int, *, closing: bool = True) -> int:
        """The instant of a local time; 86 400 is 00:00 of the next date.

        A time that does not exist is moved forward by the gap; of one that happens twice, an
        opening starts at the first and ends at the second.
        """
        ordinal, second = ordinal + second // 86_400, second % 86_400
        wall = datetime.fromordinal(min(ordinal, LAST_DAY)) + timedelta(0, second)
        offset = self._offset(wall)
        if closing:
            offset = min(offset, self._offset(wall.replace(fold=1)))
        return (ordinal - EPOCH_DAY) * DAY + second * SECOND - span_to_micros(offset)

    def _offset(self, wall: datetime) -> timedelta:
        return self.zone.utcoffset(wall) or timedelta(0)

    def between(self, begin: int, end: int) -> list[Interval]:
        """The openings that touch [begin, end), joined, before closures; they may reach out."""
        first = max(begin // DAY + EPOCH_DAY - MARGIN_DAYS, FIRST_DAY)
        last = min(end // DAY + EPOCH_DAY + MARGIN_DAYS, LAST_DAY)
        raw: list[Interval] = []
        for ordinal in range(first, last + 1):
            raw += self.openings_of(ordinal)
        return [opening for opening in union(raw) if opening[0] < end and opening[1] > begin]

    def opens_at_all(self) -> bool:
        """Whether there is a single opening left after clock changes and closures."""
        return any(subtract(union([opening]), self.closures) for opening in self._candidates())

    def _candidates(self) -> Iterator[Interval]:
        """Openings enough to find one that is left: the special ones, and weekly ones from the
        first day of all, going on behind the closure whenever one lies within it."""
        for day in self.special:
            yield from self.openings_of(day.toordinal())
        ordinal = FIRST_DAY if any(self.week) else LAST_DAY + 1
        while ordinal <= LAST_DAY:
            openings = self.openings_of(ordinal)
            yield from openings
            ordinal = max(ordinal + 1, self._day_behind_closure(openings))

    def _day_behind_closure(self, openings: list[Interval]) -> int:
        if not openings:
            return 0
        position = bisect_right(self.closures, openings[-1][0], key=lambda closure: closure[1])
        if position == len(self.closures) or self.closures[position][0] > openings[0][0]:
            return 0
        return self.closures[position][1] // DAY + EPOCH_DAY - MARGIN_DAYS


class OpeningTable:
    """Counts and places open time. Not thread-safe to the point of building a stretch twice,
    which is harmless: both builds are equal."""

    def __init__(self, rules: OpeningRules) -> None:
        per_week = max(sum(len(day) for day in rules.week), 1)
        self.rules = rules
        self.period = max(1, min(52, OPENINGS_PER_STRETCH // per_week)) * 7 * DAY
        self._stretches: dict[int, Stretch] = {}
        self._totals: dict[int, int] = {}

    def due(self, at: int, need: int, horizon: int) -> int | None:
        """The first instant by which `need` (> 0) of open time has passed since `at`.

        None when that is not reached in the stretches up to `horizon`.
        """
        index = at // self.period
        opens, closes, sums, shifts = self._stretches.get(index) or self._build(index)
        position = bisect_right(opens, at) - 1
        close = closes[position]
        goal = (at if at < close else close) - shifts[position] + need
        while goal > sums[-1]:
            goal -= sums[-1]
            index += 1
            if index * self.period > horizon:
                return None
            _, _, sums, shifts = self._stretches.get(index) or self._build(index)
        return goal + shifts[bisect_left(sums, goal)]

    def next_opening(self, at: int, horizon: int) -> int | None:
        """The first open instant at or after `at`; None when there is none up to `horizon`."""
        index = at // self.period
        opens, closes, _, _ = self._stretches.get(index) or self._build(index)
        position = bisect_right(opens, at) - 1
        if at < closes[position]:
            return at
        while position + 1 == len(opens):
            index += 1
            if index * self.period > horizon:
                return None
            opens, _, _, _ = self._stretches.get(index) or self._build(index)
            position = 0
        return opens[position + 1]

    def elapsed(self, begin: int, end: int) -> int:
        """Open time in [begin, end)."""
        period = self.period
        first, last = begin // period, end // period
        opens, closes, sums, shifts = self._stretches.get(first) or self._build(first)
        position = bisect_right(opens, begin) - 1
        close = closes[position]
        before = (begin if begin < close else close) - shifts[position]
        if first != last:
            before -= sums[-1]
            for index in range(first + 1, last):
                total = self._totals.get(index)
                before -= self._total(index) if total is None else total
            opens, closes, sums, shifts = self._stretches.get(last) or self._build(last)
        position = bisect_right(opens, end) - 1
        close = closes[position]
        return (end if end < close else close) - shifts[position] - before

    def between(self, begin: int, end: int) -> list[Interval]:
        """The openings within [begin, end), clipped to it, closures cut out."""
        openings = self.rules.between(begin, end)
        clipped = [(max(opens, begin), min(closes, end)) for opens, closes in openings]
        return subtract(clipped, self.rules.closures)

    def _total(self, index: int) -> int:
        return self._build(index)[2][-1]

    def _build(self, index: int) -> Stretch:
        """Openings of one stretch behind a sentinel that is empty and begins with it.

        `sums[i]` is the open time up to the end of opening i; `closes[i] - sums[i]`, the shift,
        turns open time into an instant of that opening and back.
        """
        begin = index * self.period
        opens, closes, sums, shifts = [begin], [begin], [0], [begin]
        for opening, closing in self.between(begin, begin + self.period):
            opens.append(opening)
            closes.append(closing)
            sums.append(sums[-1] + closing - opening)
            shifts.append(closing - sums[-1])
        if len(self._stretches) >= STRETCHES_KEPT:
            self._stretches.pop(list(self._stretches)[0], None)  # noqa: RUF015 (atomic under threads)
        self._stretches[index] = stretch = (opens, closes, sums, shifts)
        self._totals[index] = sums[-1]
        return stretch
