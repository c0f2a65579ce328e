"""Instants: whole microseconds since 1970 inside the core, aware datetimes and ISO 8601 outside."""

import re
from datetime import UTC, datetime, timedelta

from tickets.domain.errors import InstantError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
DAY = 86_400 * SECOND

_ISO = re.compile(
    r"(?:\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,](?P<fraction>\d+))?)?"
    r"|\d{8}[Tt]\d{4}(?:\d\d(?:[.,](?P<digits>\d+))?)?)"
    r"(?P<offset>[Zz]|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)


def span_to_micros(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def micros_to_span(micros: int) -> timedelta:
    return timedelta(0, micros // SECOND, micros % SECOND)  # twice as fast as micros alone


def from_micros(micros: int) -> datetime:
    """The instant in UTC. Raises: OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(0, micros // SECOND, micros % SECOND)


def parse_instant(text: object) -> datetime:
    """Read ISO 8601 with an offset, as written by machines, into UTC.

    A date, `T` (or a space), hours and minutes, optionally seconds and a fraction down to
    microseconds, then `Z` or an offset; extended (`2026-05-04T10:00:00+02:00`) or basic
    (`20260504T100000Z`) form.

    Raises: InstantError when it is not that, has no offset, is finer than a microsecond (it would
    have to be rounded, which could turn in time into late) or lies outside the years 1 to 9999.
    """
    match = _ISO.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InstantError(
            "bad_instant",
            f"{shown(text)} is not an instant: write it like 2026-05-04T10:00:00+02:00.",
        )
    if match["offset"] is None:
        raise InstantError(
            "naive_instant", f"{shown(text)} has no UTC offset: add Z or one like +02:00."
        )
    fraction = match["fraction"] or match["digits"] or ""
    if fraction[6:].strip("0"):
        raise InstantError(
            "instant_too_fine", f"{shown(text)} is finer than a microsecond: round it first."
        )
    try:
        return datetime.fromisoformat(match[0].upper()).astimezone(UTC)
    except OverflowError:
        raise InstantError(
            "instant_out_of_range", f"{shown(text)} lies outside the years 1 to 9999 in UTC."
        ) from None
    except ValueError as error:
        raise InstantError("bad_instant", f"{shown(text)} is not an instant: {error}.") from None


def format_instant(at: datetime) -> str:
    """ISO 8601 in UTC with `Z`; a fraction of a second only where there is one."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def shown(value: object) -> str:
    """A value as an error message quotes it: short, whatever was sent."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
