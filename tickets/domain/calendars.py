"""Calendars and their documents: the JSON form that the machine door and the tables share."""

import re
from datetime import date, datetime
from typing import Any

from tickets.domain.calendar_kinds import (
    ALWAYS,
    MON_TO_FRI,
    AlwaysOpen,
    BusinessCalendar,
    Calendar,
    Reason,
    Segment,
)
from tickets.domain.calendar_rules import clock_time, ordered_openings
from tickets.domain.errors import CalendarError, InstantError
from tickets.domain.instants import format_instant, parse_instant, shown
from tickets.domain.openings import Intervals

__all__ = [
    "ALWAYS",
    "MON_TO_FRI",
    "AlwaysOpen",
    "BusinessCalendar",
    "Calendar",
    "CalendarError",
    "Reason",
    "Segment",
    "calendar_from_document",
    "to_document",
]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = {"timezone", "week", "closed", "special", "closures", "names"}
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def calendar_from_document(document: object) -> Calendar:
    """Read `"always"` or a calendar object as the machine door takes it.

    `names` (date to holiday name) is ours on top; keys nobody knows are refused, since a mistyped
    `special` would change deadlines in silence. A special date with no openings is closed.

    Raises: CalendarError that names the part and says what to write.
    """
    if document == "always":
        return ALWAYS
    if not isinstance(document, dict):
        raise CalendarError("bad_calendar", 'A calendar is "always" or an object with a timezone.')
    if unknown := document.keys() - _KEYS:
        raise CalendarError("unknown_key", f"A calendar has no {shown(min(unknown))}: remove it.")
    for key in ("timezone", "week"):
        if key not in document:
            raise CalendarError("missing_key", f"The calendar lacks {key}: add it.")
    week = _expect(document["week"], dict, "week")
    if unknown := week.keys() - set(DAYS):
        raise CalendarError(
            "unknown_key", f"A week has no day {shown(min(unknown))}: use mon to sun."
        )
    special = _expect(document.get("special", {}), dict, "special")
    names = _expect(document.get("names", {}), dict, "names")
    return BusinessCalendar(
        timezone=document["timezone"],
        week=tuple(_openings(week.get(day, []), day) for day in DAYS),
        closed=frozenset(_date(day) for day in _expect(document.get("closed", []), list, "closed")),
        special={_date(day): _openings(hours, day) for day, hours in special.items()},
        closures=tuple(
            (_closure_instant(begin), _closure_instant(end))
            for begin, end in _pairs(document.get("closures", []), "closures")
        ),
        names={_date(day): _expect(name, str, "names") for day, name in names.items()},
    )


def to_document(calendar: Calendar) -> str | dict[str, Any]:
    """The calendar as `calendar_from_document` reads it; parts that are empty are left out."""
    if isinstance(calendar, AlwaysOpen):
        return "always"
    document: dict[str, Any] = {
        "timezone": calendar.timezone,
        "week": {
            day: _written(hours) for day, hours in zip(DAYS, calendar.week, strict=True) if hours
        },
        "closed": [day.isoformat() for day in sorted(calendar.closed)],
        "special": {
            day.isoformat(): _written(hours) for day, hours in sorted(calendar.special.items())
        },
        "closures": [
            [format_instant(begin), format_instant(end)] for begin, end in calendar.closures
        ],
        "names": {day.isoformat(): name for day, name in sorted(calendar.names.items())},
    }
    return {key: part for key, part in document.items() if part or key == "week"}


def _expect(value: object, kind: type[Any], where: str) -> Any:
    if not isinstance(value, kind):
        words: dict[type[Any], str] = {dict: "an object", list: "a list", str: "a text"}
        raise CalendarError("bad_calendar", f"{where} of a calendar must be {words[kind]}.")
    return value


def _pairs(value: object, where: str) -> list[list[Any]]:
    pairs: list[list[Any]] = _expect(value, list, where)
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise CalendarError(
                "bad_calendar", f"{where}: {shown(pair)} is not a pair of start and end."
            )
    return pairs


def _openings(value: object, where: str) -> Intervals:
    pairs = _pairs(value, where)
    return ordered_openings((_second_of_day(opens), _second_of_day(ends)) for opens, ends in pairs)


def _second_of_day(text: object) -> int:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match:
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        total = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and total <= 86_400:
            return total
    raise CalendarError("bad_time", f"{shown(text)} is not a time of day: write 00:00 up to 24:00.")


def _date(text: object) -> date:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CalendarError("bad_date", f"{shown(text)} is not a date: write it like 2026-12-25.")


def _closure_instant(text: object) -> datetime:
    try:
        return parse_instant(text)
    except InstantError as error:
        raise CalendarError(error.code, f"closures: {error.message}") from None


def _written(hours: Intervals) -> list[list[str]]:
    return [[clock_time(opens), clock_time(closes)] for opens, closes in hours]
