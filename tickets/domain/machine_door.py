"""The machine door: one JSON line in, one JSON line out (DESIGN 4).

Lines are answered alone; nothing but bounded tables of calendars and terms, which are costly to
set up and mostly repeated, is kept between them.
"""

import json
import marshal
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from tickets.domain.calendars import Calendar, calendar_from_document
from tickets.domain.clocks import ClockState, compute_clocks
from tickets.domain.errors import DomainError
from tickets.domain.instants import format_instant, parse_instant, span_to_micros
from tickets.domain.terms import Terms, terms_from_document, whole_span
from tickets.domain.timeline_documents import events_from_document

Kept = TypeVar("Kept")

CALENDARS_KEPT = 256
LONGEST_LINE = 16 * 1024 * 1024
UNITS = {"minutes": timedelta(minutes=1), "seconds": timedelta(seconds=1)}


class RequestError(DomainError):
    """A line that is no request."""


class Shelf(dict[Hashable, Any]):
    """A table of bounded size that drops what was put in first."""

    def keep(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        kept: Kept | None = self.get(key)
        if kept is None:
            kept = make()
            if len(self) >= CALENDARS_KEPT:
                del self[next(iter(self))]
            self[key] = kept
        return kept


class MachineDoor:
    """Answers lines of one verb. Raises: KeyError for a verb that does not exist."""

    def __init__(self, verb: str) -> None:
        self._answer_verb = _VERBS[verb]
        self._calendars = Shelf()
        self._terms = Shelf()

    def answer(self, line: bytes) -> str:
        """The answer to one line, without its line end; never raises for what the line says."""
        name = "null"
        try:
            request = _parse(line)
            if not isinstance(request, dict):
                raise RequestError("not_an_object", "A request is one JSON object a line.")
            given = ""
            if "id" in request:
                name = _dump(request["id"])
                given = f'"id": {name}, '
            return f"{{{given}{self._answer_verb(self, request)}}}"
        except DomainError as error:
            return _refusal(name, error.code, error.message)
        except RecursionError:
            return _refusal(name, "too_deep", "The request is nested too deeply: flatten it.")

    def calendar(self, document: Any) -> Calendar:
        return self._calendars.keep(
            marshal.dumps(document, 2), lambda: calendar_from_document(document)
        )

    def terms(self, document: Any, business: Any) -> Terms:
        calendar = self.calendar(business)
        return self._terms.keep(
            marshal.dumps((document, business), 2),
            lambda: terms_from_document(document, calendar),
        )


def _due(door: MachineDoor, request: Mapping[str, Any]) -> str:
    calendar = door.calendar(_required(request, "calendar"))
    start = parse_instant(_required(request, "start"))
    given = [unit for unit in UNITS if unit in request]
    if len(given) != 1:
        raise RequestError("minutes_or_seconds", "Give exactly one of minutes and seconds.")
    target = whole_span(request[given[0]], given[0], UNITS[given[0]])
    return f'"due": "{format_instant(calendar.due(start, target))}"'


def _elapsed(door: MachineDoor, request: Mapping[str, Any]) -> str:
    calendar = door.calendar(_required(request, "calendar"))
    start = parse_instant(_required(request, "start"))
    end = parse_instant(_required(request, "end"))
    whole, rest = divmod(span_to_micros(calendar.elapsed(start, end)), 1_000_000)
    fraction = f".{rest:06}".rstrip("0") if rest else ""
    return f'"seconds": {whole}{fraction}'


def _clocks(door: MachineDoor, request: Mapping[str, Any]) -> str:
    business = _required(request, "calendar")
    named = request.get("terms")
    if named is None and "terms" in request:
        raise RequestError("bad_terms", "terms is null: leave it out for the standard terms.")
    terms = door.terms(named, business)
    now = parse_instant(_required(request, "now"))
    events = events_from_document(_required(request, "events"), now=now)
    outcome = compute_clocks(events, terms=terms, now=now)
    clocks = ", ".join(_clock(clock) for clock in outcome.clocks)
    return f'"governing": {json.dumps(outcome.governing)}, "clocks": [{clocks}]'


_VERBS: dict[str, Callable[[MachineDoor, Mapping[str, Any]], str]] = {
    "due": _due,
    "elapsed": _elapsed,
    "clocks": _clocks,
}
VERBS = tuple(_VERBS)


def _clock(clock: ClockState) -> str:
    return (
        f'{{"metric": "{clock.metric.value}", "cycle": {clock.cycle}, '
        f'"start": {_instant(clock.start)}, "due": {_instant(clock.due)}, '
        f'"met_at": {_instant(clock.met_at)}, "breached_at": {_instant(clock.breached_at)}, '
        f'"cancelled_at": {_instant(clock.cancelled_at)}}}'
    )


def _instant(at: datetime | None) -> str:
    return "null" if at is None else f'"{format_instant(at)}"'


def _parse(line: bytes) -> object:
    """Raises: RequestError for what is not one JSON text in UTF-8."""
    if len(line) > LONGEST_LINE:
        raise RequestError("line_too_long", "The line is longer than 16 MiB: send a smaller one.")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(
            "not_utf8", f"The line is not UTF-8 (byte {error.start + 1}): convert it."
        ) from None
    if not text.strip():
        raise RequestError("empty_line", "The line is empty: send one JSON object a line.")
    try:
        return _READER.decode(text)
    except ValueError as error:
        raise RequestError("bad_json", f"The line is not JSON: {error}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has a key twice")
    return members


_READER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _required(request: Mapping[str, Any], key: str) -> Any:
    if key not in request:
        raise RequestError("missing_key", f"The request lacks {key}: add it.")
    return request[key]


def _dump(value: object) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        raise RequestError("bad_id", "The id holds a number too large to hand back.") from None


def _refusal(name: str, code: str, message: str) -> str:
    error = json.dumps({"code": code, "message": message})
    return f'{{"id": {name}, "error": {error}}}'
