"""The parts of a calendar, checked one by one (TERMS 2.5)."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from tickets.domain.errors import CalendarError
from tickets.domain.instants import EPOCH, SECOND, shown
from tickets.domain.openings import Intervals


def calendar_micros(at: datetime) -> int:
    """Microseconds since the epoch. Raises: CalendarError for a naive datetime."""
    try:
        span = at - EPOCH
    except TypeError:
        raise CalendarError(
            "naive_instant", f"{at} has no UTC offset: give an aware datetime."
        ) from None
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def load_zone(name: str) -> ZoneInfo:
    """An IANA zone. Raises: CalendarError for anything else, zones with leap seconds included."""
    usable = isinstance(name, str) and name.split("/")[0] not in (
        "",
        "right",
        "posix",
        "posixrules",
        "localtime",
    )
    try:
        if usable:
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise CalendarError(
        "unknown_zone", f"{shown(name)} is not an IANA time zone: write one like Europe/Paris."
    )


def ordered_openings(openings: Iterable[tuple[int, int]]) -> Intervals:
    """A day's openings in order. Raises: CalendarError when they are impossible or overlap."""
    ordered = tuple(sorted((opens, closes) for opens, closes in openings))
    for opens, closes in ordered:
        if not 0 <= opens <= 86_400 or not 0 <= closes <= 86_400:
            raise CalendarError("bad_time", "An opening lies between 00:00 and 24:00 of its day.")
        if closes <= opens:
            raise CalendarError(
                "end_not_after_start",
                f"The opening {clock_time(opens)}-{clock_time(closes)} does not end after its "
                "start: split one over midnight at 24:00.",
            )
    for (_, closes), (opens, _) in pairwise(ordered):
        if opens < closes:
            raise CalendarError(
                "overlapping_openings",
                f"An opening starts at {clock_time(opens)} while another lasts until "
                f"{clock_time(closes)}: join them.",
            )
    return ordered


def clock_time(second: int) -> str:
    """A second of the local day as HH:MM, or HH:MM:SS where it is not a whole minute."""
    minutes, seconds = divmod(second, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def checked_closure(begin: datetime, end: datetime) -> tuple[int, int]:
    closure = (calendar_micros(begin), calendar_micros(end))
    if closure[1] <= closure[0]:
        raise CalendarError(
            "end_not_after_start", f"The closure from {begin} does not end after its start."
        )
    return closure
