"""One ticket's history, told step by step in memory.

Each step leaves what the service of the same name would have left: the message, the line on the
timeline, the ticket's new status. Only the instants are the story's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tickets.domain import terms as domain
from tickets.domain.urgency import Side, UrgencyTable
from tickets.models import Agent, Contact, Event, Message, Team, Ticket, UrgencyProposal
from tickets.services.demo.cast import Promise

Kind = Event.Kind
State = UrgencyProposal.State
Channel = Ticket.Channel


class Unwritten(Exception):
    """The story has reached the present: the rest has not happened yet."""


@dataclass
class Opening:
    """How a ticket begins."""

    contact: Contact
    channel: Channel
    received_at: datetime
    subject: str
    text: str
    tags: list[str]
    typed_by: Agent | None = None


@dataclass
class Life:
    """A ticket and all its rows; `now` is the present, behind which nothing is written."""

    ticket: Ticket
    rng: Random
    now: datetime
    terms: domain.Terms
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    proposals: list[UrgencyProposal] = field(default_factory=list)
    #: Since when the ticket has been whose.
    assignments: list[tuple[datetime, Agent | None]] = field(default_factory=list)
    waits: list[datetime] = field(default_factory=list)
    #: The two lines of a merger: this ticket's, and the other one's.
    merger: tuple[Event, Event] | None = None
    table: UrgencyTable = field(default_factory=UrgencyTable)
    latest: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.latest = self.ticket.recorded_at
        self.cycle_start = self.ticket.received_at

    @classmethod
    def begin(
        cls, opening: Opening, *, rng: Random, now: datetime, team: Team, promise: Promise
    ) -> Life:
        """The ticket is received: by itself, or typed in by an agent some minutes later.

        Raises:
            Unwritten: it has not been put into the desk yet.
        """
        customer = opening.contact.customer
        zone = promise.calendar.zone_for(customer.timezone if customer else "")
        late = rng.uniform(60, 400) if opening.typed_by else rng.uniform(0.2, 2)
        recorded_at = opening.received_at + timedelta(seconds=round(late, 3))
        if recorded_at > now:
            raise Unwritten
        ticket = Ticket(
            subject=opening.subject,
            channel=opening.channel,
            status=Ticket.Status.NEW,
            requester=opening.contact,
            customer=customer,
            tags=opening.tags,
            received_at=opening.received_at,
            recorded_at=recorded_at,
            recorded_by=opening.typed_by,
            team=team,
            terms=promise.terms,
            calendar=promise.calendar,
            calendar_zone=zone,
        )
        if opening.channel == Channel.VOICEMAIL:
            ticket.unreturned_since = opening.received_at
        life = cls(
            ticket=ticket,
            rng=rng,
            now=now,
            terms=promise.terms.to_domain(calendar=promise.calendar, zone=zone),
        )
        message = life._say(opening.text, at=opening.received_at, contact=opening.contact)
        message.recorded_at = recorded_at
        life._write(
            Kind.RECEIVED,
            opening.received_at,
            agent=opening.typed_by,
            contact=None if opening.typed_by else opening.contact,
            message=message,
            data={"channel": opening.channel},
        )
        return life

    # The urgency

    def propose(
        self,
        side: Side,
        level: str,
        at: datetime,
        *,
        agent: Agent | None = None,
        reason: str = "",
        opening: bool = False,
        counters: bool = False,
    ) -> None:
        """`opening`: said in the first message; `counters`: answers the other side's proposal."""
        at = at if opening else self._next(at)
        self._close(side, State.REPLACED, at)
        self.table = self.table.propose(side, level)
        door = self._door(side, agent, opening=opening)
        speaker = self._speaker(side, agent)
        self.proposals.append(
            UrgencyProposal(
                ticket=self.ticket,
                side=side.upper(),
                level=level,
                reason=reason,
                door=door,
                at=at,
                agent=agent,
                contact=speaker["contact"],
            )
        )
        data: dict[str, Any] = {
            "side": side.upper(),
            "level": level,
            "reason": reason,
            "door": door,
        }
        data |= {"opening": True} if opening else self._typed_by(side, agent)
        kind = Kind.URGENCY_COUNTERED if counters else Kind.URGENCY_PROPOSED
        self._write(kind, at, **speaker, data=data)

    def agree(self, side: Side, at: datetime, *, agent: Agent | None = None) -> None:
        level = self.table.proposal_of(side.other)
        assert level is not None
        at = self._next(at)
        self._close(side, State.REPLACED, at)
        self._close(side.other, State.AGREED, at)
        self.table = self.table.agree(side)
        self._step(Kind.URGENCY_AGREED, side, level, at, agent)

    def withdraw(self, side: Side, at: datetime, *, agent: Agent | None = None) -> None:
        level = self.table.proposal_of(side)
        assert level is not None
        at = self._next(at)
        self._close(side, State.WITHDRAWN, at)
        self.table = self.table.withdraw(side)
        self._step(Kind.URGENCY_WITHDRAWN, side, level, at, agent)

    @property
    def level(self) -> domain.Level:
        return self.terms.level(self.table.governing(self.terms))

    # What people do

    def assign(self, assignee: Agent, at: datetime, *, agent: Agent | None) -> None:
        """`agent` None: the desk did it."""
        at = self._next(at)
        before = self.ticket.assignee
        data = {"from": before and before.pk, "to": assignee.pk, "name": assignee.user.name}
        self._write(Kind.ASSIGNED, at, agent=agent, data=data)
        self.ticket.assignee = assignee
        self.assignments.append((at, assignee))
        if agent is not None:
            self._take_up()

    def reply(self, agent: Agent, text: str, at: datetime) -> Message:
        at = self._next(at)
        message = self._say(text, at=at, agent=agent)
        self._write(Kind.REPLIED, at, agent=agent, message=message)
        self._take_up()
        return message

    def bounce(self, message: Message, at: datetime) -> None:
        message.bounced_at = self._next(at)
        self._write(Kind.REPLY_BOUNCED, message.bounced_at, message=message)

    def note(self, agent: Agent, text: str, at: datetime) -> None:
        at = self._next(at)
        message = self._say(text, at=at, agent=agent, kind=Message.Kind.NOTE)
        self._write(Kind.NOTED, at, agent=agent, message=message)
        self._take_up()

    def call(self, agent: Agent, outcome: Message.CallOutcome, text: str, at: datetime) -> None:
        at = self._next(at)
        message = self._say(text, at=at, agent=agent, kind=Message.Kind.CALL)
        message.call_outcome = outcome
        self._write(Kind.CALL_LOGGED, at, agent=agent, message=message, data={"outcome": outcome})
        self.ticket.unreturned_since = None
        self._take_up()

    def hear(self, text: str, at: datetime, *, is_automatic: bool = False) -> None:
        """The customer writes; a person's message reopens what was solved."""
        at = self._next(at)
        message = self._say(text, at=at, contact=self.ticket.requester)
        message.is_automatic = is_automatic
        self._write(
            Kind.CUSTOMER_WROTE,
            at,
            contact=self.ticket.requester,
            message=message,
            data={"automatic": is_automatic},
        )
        if is_automatic:
            return
        if self.ticket.status == Ticket.Status.SOLVED:
            self.cycle_start = at
        if self.ticket.status in (Ticket.Status.SOLVED, Ticket.Status.WAITING):
            self.ticket.status = Ticket.Status.OPEN
            self.ticket.solved_at = None

    def wait(self, agent: Agent, at: datetime) -> None:
        at = self._next(at)
        data = {"from": self.ticket.status, "to": Ticket.Status.WAITING}
        self._write(Kind.STATUS_CHANGED, at, agent=agent, data=data)
        self.ticket.status = Ticket.Status.WAITING
        self.waits.append(at)

    def solve(self, agent: Agent, at: datetime) -> None:
        at = self._next(at)
        self._write(Kind.SOLVED, at, agent=agent)
        self.ticket.status = Ticket.Status.SOLVED
        self.ticket.solved_at = at

    def cancel(
        self, reason: Ticket.CancelReason, agent: Agent, at: datetime, *, into: Life | None = None
    ) -> None:
        """`into`: the ticket that goes on, for a merger; its number is filled in when written."""
        at = self._next(at)
        self._write(Kind.CANCELLED, at, agent=agent, data={"reason": reason, "into": None})
        self.ticket.status = Ticket.Status.CLOSED
        self.ticket.cancel_reason = reason
        if into is not None:
            self.ticket.merged_into = into.ticket
            into._write(
                Kind.TICKET_MERGED_IN,
                at,
                agent=agent,
                data={"number": None, "subject": self.ticket.subject},
            )
            self.merger = (self.events[-1], into.events[-1])

    # What the steps share

    def _next(self, at: datetime) -> datetime:
        """Things happen one after the other, and none after the present."""
        at = max(at, self.latest + timedelta(seconds=self.rng.randrange(2, 50)))
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        if at > self.now:
            raise Unwritten
        self.latest = at
        return at

    def _recorded(self, at: datetime) -> datetime:
        # The opening of a ticket is recorded when it was put into the desk.
        recorded = max(at, self.ticket.recorded_at)
        return min(recorded + timedelta(milliseconds=self.rng.randrange(2, 15)), self.now)

    def _write(
        self,
        kind: Event.Kind,
        at: datetime,
        *,
        agent: Agent | None = None,
        contact: Contact | None = None,
        message: Message | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        # Keys within this life; the table's own are given when all lives are written.
        self.events.append(
            Event(
                pk=len(self.events) + 1,
                ticket=self.ticket,
                kind=kind,
                at=at,
                recorded_at=self._recorded(at),
                agent=agent,
                contact=contact,
                message=message,
                data=dict(data or {}),
            )
        )

    def _say(
        self,
        text: str,
        *,
        at: datetime,
        agent: Agent | None = None,
        contact: Contact | None = None,
        kind: Message.Kind = Message.Kind.PUBLIC,
    ) -> Message:
        message = Message(
            pk=len(self.messages) + 1,
            ticket=self.ticket,
            kind=kind,
            agent=agent,
            contact=contact,
            text=text,
            at=at,
            recorded_at=self._recorded(at),
        )
        if contact is not None and self.ticket.channel == Channel.EMAIL:
            domain_name = contact.email.partition("@")[2]
            message.mail_id = f"<{self.rng.getrandbits(80):020x}@{domain_name}>"
        self.messages.append(message)
        return message

    def _take_up(self) -> None:
        if self.ticket.status == Ticket.Status.NEW:
            self.ticket.status = Ticket.Status.OPEN

    def _step(
        self, kind: Event.Kind, side: Side, level: str, at: datetime, agent: Agent | None
    ) -> None:
        data = {"side": side.upper(), "level": level, "reason": "", "door": self._door(side, agent)}
        data |= self._typed_by(side, agent)
        self._write(kind, at, **self._speaker(side, agent), data=data)

    def _close(self, side: Side, state: State, at: datetime) -> None:
        for proposal in self.proposals:
            if proposal.side == side.upper() and proposal.state == State.OPEN:
                proposal.state = state
                proposal.decided_at = at

    def _speaker(self, side: Side, agent: Agent | None) -> dict[str, Any]:
        is_customer = side is Side.CUSTOMER
        return {
            "agent": None if is_customer else agent,
            "contact": self.ticket.requester if is_customer else None,
        }

    def _typed_by(self, side: Side, agent: Agent | None) -> dict[str, str]:
        return {"typed_by": agent.user.name if agent and side is Side.CUSTOMER else ""}

    def _door(self, side: Side, agent: Agent | None, *, opening: bool = False) -> str:
        door = UrgencyProposal.Door
        if agent is not None:
            return door.PHONE if side is Side.CUSTOMER else door.WORKSPACE
        return door.MESSAGE if opening else self.rng.choice([door.PORTAL, door.EMAIL_LINK])
