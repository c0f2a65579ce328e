"""Terms: which level of urgency is promised what (TERMS 2.4, 2.6, 2.8, 2.11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from tickets.domain.calendars import Calendar, calendar_from_document
from tickets.domain.errors import TermsError
from tickets.domain.instants import shown

__all__ = [
    "DEFAULT_DOCUMENT",
    "DEFAULT_THRESHOLDS",
    "Level",
    "Metric",
    "Target",
    "Terms",
    "TermsError",
    "terms_from_document",
]


class Metric(StrEnum):
    """What is timed. The first two are the agreement's; the others only where terms have them."""

    ACTION = "ACTION"
    RESPONSE = "RESPONSE"
    NEXT_RESPONSE = "NEXT_RESPONSE"
    RESOLUTION = "RESOLUTION"


PAUSING = frozenset({Metric.NEXT_RESPONSE, Metric.RESOLUTION})
DEFAULT_THRESHOLDS = (50, 75, 90)

# The published agreement, T5 and T6, read when a request names no terms.
DEFAULT_DOCUMENT: Mapping[str, Any] = {
    "levels": [
        {"level": "URGENT", "action_minutes": 30, "response_minutes": 120, "calendar": "always"},
        {
            "level": "NON_URGENT",
            "action_minutes": 480,
            "response_minutes": 480,
            "calendar": "business",
        },
    ],
    "default_level": "NON_URGENT",
}


@dataclass(frozen=True, slots=True)
class Target:
    """An amount of time in a calendar. Raises: TermsError when it is negative."""

    metric: Metric
    duration: timedelta
    calendar: Calendar

    def __post_init__(self) -> None:
        if self.duration < timedelta(0):
            raise TermsError(
                "negative_target", f"The {self.metric} target is negative: give zero or more."
            )


@dataclass(frozen=True, slots=True)
class Level:
    """A level of urgency; `rank` 0 is the most urgent."""

    code: str
    rank: int
    targets: Mapping[Metric, Target] = field(hash=False)


@dataclass(frozen=True)
class Terms:
    """One version of the promise: its levels, the most urgent first.

    Raises: TermsError for no levels, a level twice, ranks out of order, an unknown default level,
    and thresholds that are not ascending whole percentages between 1 and 99.
    """

    levels: tuple[Level, ...]
    default_level: str
    thresholds: tuple[int, ...] = DEFAULT_THRESHOLDS
    _by_code: Mapping[str, Level] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code = {level.code: level for level in self.levels}
        if not self.levels:
            raise TermsError("no_levels", "Terms need at least one level.")
        if len(by_code) < len(self.levels):
            raise TermsError("level_twice", "Terms have a level twice: give each its own code.")
        if [level.rank for level in self.levels] != list(range(len(self.levels))):
            raise TermsError("bad_rank", "Ranks count up from 0, the most urgent level first.")
        object.__setattr__(self, "_by_code", by_code)
        self.level(self.default_level)
        steps = (0, *self.thresholds, 100)
        if any(low >= high for low, high in pairwise(steps)):
            raise TermsError(
                "bad_thresholds", "Warning thresholds ascend between 1 and 99 percent."
            )

    def level(self, code: str) -> Level:
        """Raises: TermsError for a level that these terms do not have."""
        try:
            return self._by_code[code]
        except KeyError:
            known = ", ".join(level.code for level in self.levels)
            raise TermsError(
                "unknown_level", f"The terms have no level {shown(code)}: use one of {known}."
            ) from None


def terms_from_document(document: object, business_calendar: Calendar) -> Terms:
    """Read terms as the machine door takes them; None stands for the published agreement.

    A level's `calendar` is `"always"`, `"business"` (the calendar given) or a calendar object;
    `next_response_minutes`, `resolution_minutes` and `thresholds` may be left out.

    Raises: TermsError or CalendarError that names the part and says what to write.
    """
    document = DEFAULT_DOCUMENT if document is None else document
    if not isinstance(document, Mapping):
        raise TermsError("bad_terms", "Terms are an object with levels and a default_level.")
    if unknown := document.keys() - {"levels", "default_level", "thresholds"}:
        raise TermsError("unknown_key", f"Terms have no {shown(min(unknown))}: remove it.")
    levels = _required(document, "levels", list, "The terms lack")
    thresholds = document.get("thresholds", list(DEFAULT_THRESHOLDS))
    if not isinstance(thresholds, list) or not all(type(each) is int for each in thresholds):
        raise TermsError("bad_thresholds", "Warning thresholds are a list of whole percentages.")
    return Terms(
        levels=tuple(_level(level, rank, business_calendar) for rank, level in enumerate(levels)),
        default_level=_required(document, "default_level", str, "The terms lack"),
        thresholds=tuple(thresholds),
    )


MINUTES_KEYS = {f"{metric.lower()}_minutes": metric for metric in Metric}


def _level(document: object, rank: int, business_calendar: Calendar) -> Level:
    if not isinstance(document, Mapping):
        raise TermsError("bad_terms", f"{shown(document)} is not a level: give an object.")
    if unknown := document.keys() - MINUTES_KEYS.keys() - {"level", "calendar"}:
        raise TermsError("unknown_key", f"A level has no {shown(min(unknown))}: remove it.")
    for key in ("action_minutes", "response_minutes", "calendar"):
        if key not in document:
            raise TermsError("missing_key", f"A level lacks {key}: add it.")
    named = document["calendar"]
    calendar = business_calendar if named == "business" else calendar_from_document(named)
    targets = {
        metric: Target(metric, whole_span(document[key], key, timedelta(minutes=1)), calendar)
        for key, metric in MINUTES_KEYS.items()
        if key in document
    }
    return Level(_required(document, "level", str, "A level lacks"), rank, targets)


def _required(document: Mapping[str, Any], key: str, kind: type[Any], lack: str) -> Any:
    if key not in document:
        raise TermsError("missing_key", f"{lack} {key}: add it.")
    if not isinstance(document[key], kind):
        words = "a list" if kind is list else "a text"
        raise TermsError("bad_terms", f"{key} must be {words}.")
    return document[key]


def whole_span(amount: object, key: str, unit: timedelta) -> timedelta:
    """A whole number of units as a span. Raises: TermsError for anything else, and for one that
    no calendar could ever hold."""
    if type(amount) is not int:
        raise TermsError("not_an_integer", f"{key} must be a whole number, not {shown(amount)}.")
    try:
        return amount * unit
    except OverflowError:
        raise TermsError("due_too_far", f"{key} is longer than five years: shorten it.") from None
