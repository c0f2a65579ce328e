"""What can happen to a ticket: the events that its clocks are computed from (DESIGN 4).

An *act* is something a person on the provider's side does about the ticket; a *response* is a
message from that person to the customer. Everything else moves no ACTION or RESPONSE clock.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tickets.domain.errors import TimelineError

__all__ = [
    "AgentActed",
    "AgentReplied",
    "AutoAssigned",
    "AutoReplySent",
    "CallLogged",
    "CallOutcome",
    "CancelReason",
    "Cancelled",
    "CustomerWrote",
    "MessageId",
    "Received",
    "Reopened",
    "ReplyBounced",
    "Resumed",
    "Side",
    "Solved",
    "TimelineError",
    "TimelineEvent",
    "UrgencyAgreed",
    "UrgencyProposed",
    "UrgencyWithdrawn",
    "WaitingEnded",
    "WaitingStarted",
]

MessageId = str | int


class Side(StrEnum):
    """Who takes a step about the urgency."""

    CUSTOMER = "customer"
    PROVIDER = "provider"

    @property
    def other(self) -> "Side":
        return Side.PROVIDER if self is Side.CUSTOMER else Side.CUSTOMER


class CallOutcome(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    LEFT_VOICEMAIL = "left_voicemail"


class CancelReason(StrEnum):
    MERGED = "merged"
    SPAM = "spam"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something happened at an instant; by itself it has no effect on any clock."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Received(TimelineEvent):
    """The customer's message reached the provider: comes first, starts cycle 1."""

    channel: str = ""


@dataclass(frozen=True, slots=True)
class UrgencyProposed(TimelineEvent):
    """Puts or replaces a side's proposal; `countered` when it answers one of the other side."""

    by: Side
    level: str
    countered: bool = False


@dataclass(frozen=True, slots=True)
class UrgencyAgreed(TimelineEvent):
    """A side agrees to the other side's proposal."""

    by: Side


@dataclass(frozen=True, slots=True)
class UrgencyWithdrawn(TimelineEvent):
    """A side takes its own proposal off the table."""

    by: Side


@dataclass(frozen=True, slots=True)
class AutoAssigned(TimelineEvent):
    """A rule assigned the ticket: not an act."""


@dataclass(frozen=True, slots=True)
class AutoReplySent(TimelineEvent):
    """An acknowledgement went out: neither an act nor a response."""


@dataclass(frozen=True, slots=True)
class AgentActed(TimelineEvent):
    """A person took it on, wrote a note, changed it, linked it: an act."""


@dataclass(frozen=True, slots=True)
class Solved(TimelineEvent):
    """An act that marks the ticket solved; without a word to the customer no response."""


@dataclass(frozen=True, slots=True)
class Reopened(TimelineEvent):
    """An agent takes a solution back: an act; it clears the mark and starts no cycle."""


@dataclass(frozen=True, slots=True)
class WaitingStarted(TimelineEvent):
    """The ticket waits on the customer: an act; pauses NEXT_RESPONSE and RESOLUTION."""


@dataclass(frozen=True, slots=True)
class WaitingEnded(TimelineEvent):
    """An agent ends the waiting: an act. A person's message from the customer ends it too."""


@dataclass(frozen=True, slots=True)
class Resumed(TimelineEvent):
    """The desk itself opens a ticket again that was solved, or waits, because a message of the
    customer came to light that was there before: no act, no new cycle; it ends the waiting."""


@dataclass(frozen=True, slots=True)
class AgentReplied(TimelineEvent):
    """A message to the customer: an act and a response, until it bounces."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class ReplyBounced(TimelineEvent):
    """That reply never arrived: it was no response, its act stands."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class CallLogged(TimelineEvent):
    """A call: an act; a response only when the customer was reached."""

    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class CustomerWrote(TimelineEvent):
    """A message from the customer; a person's on a solved ticket starts the next cycle."""

    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Cancelled(TimelineEvent):
    """Merged, spam or duplicate: ends the ticket; later events change nothing."""

    reason: CancelReason
