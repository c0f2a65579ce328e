"""Can every target of some terms fall due at all? (TERMS §2.5)"""

from __future__ import annotations

from datetime import datetime, timedelta

from tickets.domain.terms import Terms

#: A calendar's opening hours differ over the year: starts in each month of the next one are tried.
STARTS = tuple(timedelta(days=30 * month) for month in range(13))


def check_targets_fall_due(terms: Terms, *, now: datetime) -> None:
    """Refuse terms that hold a promise which no ticket received in the year from `now` could keep.

    Raises:
        CalendarError: `due_too_far`, for a target due more than five years after such a start.
    """
    for level in terms.levels:
        for target in level.targets.values():
            for wait in STARTS:
                target.calendar.due(now + wait, target.duration)
