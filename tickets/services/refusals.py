"""What the domain refuses about calendars and terms, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from tickets.domain.errors import DomainError

_WORDS: dict[str, Any] = {
    "unknown_zone": _("This is not an IANA time zone. Write one like Europe/Paris."),
    "overlapping_openings": _("Two openings of one day overlap. Join them."),
    "end_not_after_start": _(
        "An opening or closure does not end after its start. Split one over midnight at 24:00."
    ),
    "bad_time": _("An opening lies between 00:00 and 24:00 of its day. Write times like 09:30."),
    "bad_date": _("This is not a date. Write it like 2026-12-25."),
    "closed_and_special": _("A date is both closed and special. Keep it in one of the two."),
    "never_open": _("The calendar never opens. Give it at least one opening."),
    "due_too_far": _(
        "A target would never fall due, or only after more than five years. "
        "Lower the target or open the calendar longer."
    ),
    "negative_target": _("A target is negative. Give zero minutes or more."),
    "no_levels": _("Terms need at least one urgency level."),
    "level_twice": _("Two urgency levels have the same code. Give each its own."),
    "bad_rank": _("Ranks count up from 0, the most urgent level first."),
    "unknown_level": _("The default level is none of the levels. Choose one of them."),
    "bad_thresholds": _(
        "Warnings are whole percentages from 1 to 99, each higher than the one before."
    ),
}


def in_words(error: DomainError) -> Any:
    """The refusal as a person reads it; the domain's own words say where exactly."""
    general = _WORDS.get(error.code)
    return error.message if general is None else f"{general} ({error.message})"
