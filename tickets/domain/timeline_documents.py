"""Events as JSON, the form of the machine door (DESIGN 4)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from tickets.domain.errors import TimelineError
from tickets.domain.instants import parse_instant, shown
from tickets.domain.timeline import (
    AgentActed,
    AgentReplied,
    AutoAssigned,
    AutoReplySent,
    CallLogged,
    CallOutcome,
    Cancelled,
    CancelReason,
    CustomerWrote,
    MessageId,
    Received,
    Reopened,
    ReplyBounced,
    Side,
    Solved,
    TimelineEvent,
    UrgencyAgreed,
    UrgencyProposed,
    UrgencyWithdrawn,
    WaitingEnded,
    WaitingStarted,
)

Document = Mapping[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)


def events_from_document(document: object, *, now: datetime) -> list[TimelineEvent]:
    """Read a list of events. Of one later than `now` only the instant is read.

    `channel` may be left out; keys that an event has on top are not looked at.

    Raises: TimelineError or InstantError that says which part to mend.
    """
    if not isinstance(document, list):
        raise TimelineError("bad_events", "events must be a list of objects.")
    return [_event(each, now) for each in document]


def _event(document: object, now: datetime) -> TimelineEvent:
    if not isinstance(document, dict):
        raise TimelineError("bad_event", f"{shown(document)} is not an event: give an object.")
    at = parse_instant(_required(document, "at"))
    kind = _required(document, "type")
    if at > now:
        return TimelineEvent(at)
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise TimelineError(
            "unknown_type", f"{shown(kind)} is no type of event: use one of {', '.join(_READERS)}."
        )
    return read(at, document)


def _received(at: datetime, document: Document) -> TimelineEvent:
    return Received(at, _text(document, "channel") if "channel" in document else "")


def _proposed(at: datetime, document: Document) -> TimelineEvent:
    return UrgencyProposed(at, _choice(document, "by", Side), _text(document, "level"))


def _countered(at: datetime, document: Document) -> TimelineEvent:
    return UrgencyProposed(at, _choice(document, "by", Side), _text(document, "level"), True)


def _agreed(at: datetime, document: Document) -> TimelineEvent:
    return UrgencyAgreed(at, _choice(document, "by", Side))


def _withdrawn(at: datetime, document: Document) -> TimelineEvent:
    return UrgencyWithdrawn(at, _choice(document, "by", Side))


def _replied(at: datetime, document: Document) -> TimelineEvent:
    return AgentReplied(at, _message(document))


def _bounced(at: datetime, document: Document) -> TimelineEvent:
    return ReplyBounced(at, _message(document))


def _called(at: datetime, document: Document) -> TimelineEvent:
    return CallLogged(at, _choice(document, "outcome", CallOutcome))


def _wrote(at: datetime, document: Document) -> TimelineEvent:
    automatic = document.get("automatic", False)
    if not isinstance(automatic, bool):
        raise TimelineError("bad_value", "automatic must be true or false.")
    return CustomerWrote(at, automatic)


def _cancelled(at: datetime, document: Document) -> TimelineEvent:
    return Cancelled(at, _choice(document, "reason", CancelReason))


def _plain(kind: type[TimelineEvent]) -> Callable[[datetime, Document], TimelineEvent]:
    return lambda at, document: kind(at)


_READERS: dict[str, Callable[[datetime, Document], TimelineEvent]] = {
    "received": _received,
    "urgency_proposed": _proposed,
    "urgency_countered": _countered,
    "urgency_agreed": _agreed,
    "urgency_withdrawn": _withdrawn,
    "auto_assigned": _plain(AutoAssigned),
    "auto_reply_sent": _plain(AutoReplySent),
    "agent_acted": _plain(AgentActed),
    "solved": _plain(Solved),
    "agent_replied": _replied,
    "reply_bounced": _bounced,
    "call_logged": _called,
    "customer_wrote": _wrote,
    "cancelled": _cancelled,
    "reopened": _plain(Reopened),
    "waiting_started": _plain(WaitingStarted),
    "waiting_ended": _plain(WaitingEnded),
}


def _required(document: Document, key: str) -> Any:
    if key not in document:
        raise TimelineError("missing_key", f"An event lacks {key}: add it.")
    return document[key]


def _text(document: Document, key: str) -> str:
    value = _required(document, key)
    if not isinstance(value, str):
        raise TimelineError("bad_value", f"{key} must be a text, not {shown(value)}.")
    return value


def _message(document: Document) -> MessageId:
    value = _required(document, "message")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TimelineError("bad_value", "message must be a text or a whole number.")
    return value


def _choice(document: Document, key: str, choices: type[Choice]) -> Choice:
    value = _required(document, key)
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(choices)
        raise TimelineError(
            "bad_value", f"{key} cannot be {shown(value)}: use one of {known}."
        ) from None
