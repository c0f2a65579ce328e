"""Which tickets changed: the timeline read on from where one stopped, for the live pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q

from tickets.models import Event

#: A primary key is taken before its transaction commits, so a lower one may show up after a
#: higher one. One that is missing is waited for this long (seconds), longer than the database
#: lets a statement or an idle transaction live; then its transaction was rolled back.
PATIENCE = 65.0
#: Rows in one look, and events looked through for somebody who was away.
BATCH = 10_000
REPLAY = 20_000
#: More missing stretches than this are asked for as one.
STRETCHES = 50
#: How far back a tail looks for missing keys when it starts.
START = 1_000
#: A page read the tickets a little before it said what time it was to the browser.
MARGIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Gap:
    """Primary keys [first, last] not seen, missing since `since` (monotonic seconds)."""

    first: int
    last: int
    since: float


class EventTail:
    """The end of the timeline of all tickets. One reader at a time."""

    def __init__(self) -> None:
        self._high: int | None = None
        self._gaps: list[Gap] = []

    @property
    def mark(self) -> int:
        """Every event up to this key was seen: whoever reads on from here misses nothing."""
        return self._gaps[0].first - 1 if self._gaps else self._high or 0

    def read(self, *, at: float) -> list[int]:
        """Numbers of the tickets with events not seen before, `at` in monotonic seconds.

        One query. The first call finds the end and tells nothing; a number may come twice.
        """
        if self._high is None:
            self._start(at)
            return []
        self._gaps = [gap for gap in self._gaps if at - gap.since < PATIENCE]
        numbers: dict[int, None] = {}
        while True:
            rows = self._look()
            new = [row for row in rows if row[0] > self._high or self._is_missing(row[0])]
            numbers.update(dict.fromkeys(number for _pk, number in new))
            self._note([pk for pk, _number in new], at)
            if len(rows) < BATCH:
                return list(numbers)

    def _start(self, at: float) -> None:
        high = Event.objects.aggregate(high=Max("pk"))["high"] or 0
        keys = Event.objects.filter(pk__gt=high - START, pk__lte=high).order_by("pk")
        self._high = max(0, high - START)
        self._note(list(keys.values_list("pk", flat=True)), at)

    def _look(self) -> list[tuple[int, int]]:
        wanted = Q(pk__gt=self._high)
        if len(self._gaps) > STRETCHES:
            wanted |= Q(pk__gte=self._gaps[0].first, pk__lte=self._gaps[-1].last)
        else:
            for gap in self._gaps:
                wanted |= Q(pk__gte=gap.first, pk__lte=gap.last)
        rows = Event.objects.filter(wanted).order_by("pk").values_list("pk", "ticket__number")
        return list(rows[:BATCH])

    def _is_missing(self, pk: int) -> bool:
        position = bisect_right(self._gaps, pk, key=lambda gap: gap.first) - 1
        return position >= 0 and pk <= self._gaps[position].last

    def _note(self, keys: Sequence[int], at: float) -> None:
        """Close the gaps that `keys` (ascending) fill; note the ones they leave."""
        high = self._high or 0
        gaps = [part for gap in self._gaps for part in _without(gap, keys)]
        beyond = [pk for pk in keys if pk > high]
        if beyond:
            gaps.extend(_without(Gap(high + 1, beyond[-1], at), beyond))
            self._high = beyond[-1]
        self._gaps = gaps


def _without(gap: Gap, keys: Sequence[int]) -> Iterable[Gap]:
    """What is left of `gap` when `keys` (ascending) are found."""
    first = gap.first
    for pk in keys[bisect_right(keys, gap.first - 1) : bisect_right(keys, gap.last)]:
        if first < pk:
            yield Gap(first, pk - 1, gap.since)
        first = pk + 1
    if first <= gap.last:
        yield Gap(first, gap.last, gap.since)


def list_changed_after(*, event_id: int) -> list[int] | None:
    """Numbers of the tickets with events after `event_id`; None when that is too long ago."""
    high = Event.objects.aggregate(high=Max("pk"))["high"] or 0
    if not high - REPLAY <= event_id <= high:
        return None
    return _numbers(Event.objects.filter(pk__gt=event_id).values_list("ticket__number", flat=True))


def list_changed_since(*, since: datetime) -> list[int] | None:
    """Numbers of the tickets with events since about `since`; None when that is too long ago."""
    latest = Event.objects.order_by("-pk").values_list("recorded_at", "ticket__number")[:START]
    rows = list(latest)
    if len(rows) == START and rows[-1][0] >= since - MARGIN:
        return None
    return _numbers(number for recorded_at, number in rows if recorded_at >= since - MARGIN)


def _numbers(found: Iterable[int]) -> list[int]:
    return sorted(set(found))
