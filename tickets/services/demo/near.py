"""Tickets whose deadlines lie just ahead: what a newcomer sees happen.

Those with a history are told and written in bulk; fresh ones go through the real services.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tickets.domain.urgency import Side
from tickets.models import Agent, Message, Ticket
from tickets.services.assignment import assign
from tickets.services.conversation import log_call
from tickets.services.demo.cast import WITH_CARE_TERMS, House
from tickets.services.demo.life import Channel, Life
from tickets.services.demo.stories import Teller
from tickets.services.demo.telling import Week
from tickets.services.demo.topics import Voice
from tickets.services.intake import open_ticket

ACT = timedelta(minutes=30)
RESPOND = timedelta(hours=2)
URGENT = "URGENT"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@dataclass(frozen=True)
class Arrival:
    """An urgent ticket that just came in; `due_in`: when its time to act is over."""

    topic: str
    channel: Ticket.Channel
    due_in: timedelta
    #: Whom the desk gave it to, which is no act; None: nobody yet.
    assignee: str | None = None


#: Warned at 90 % after 30 s, at 75 % after 50 s, breached after 80 s and 115 s; more later.
ARRIVALS = (
    Arrival("codes", Channel.VOICEMAIL, seconds(80), "alice"),
    Arrival("latency", Channel.PHONE, seconds(115), "alice"),
    Arrival("receipts", Channel.PORTAL, minutes(3) + seconds(30)),
    Arrival("keys", Channel.EMAIL, minutes(7.5) + seconds(50), "farah"),
    Arrival("codes", Channel.API, minutes(12)),
    Arrival("inbound", Channel.VOICEMAIL, minutes(15) + seconds(42)),
    Arrival("smpp", Channel.FORM, minutes(20)),
    Arrival("latency", Channel.EMAIL, minutes(27), "alice"),
)


def open_arrivals(week: Week) -> None:
    for arrival in ARRIVALS:
        house = week.choose_house()
        voice = _voice(week, house, arrival.topic)
        received_at = week.now - (ACT - arrival.due_in)
        opening = week.opening(house, voice, arrival.channel, received_at)
        ticket = open_ticket(
            requester=opening.contact,
            subject=opening.subject,
            text=opening.text,
            channel=arrival.channel,
            received_at=received_at,
            now=week.now,
            agent=opening.typed_by,
            level=URGENT,
            level_reason=voice.line("urgent_reasons"),
            team=week.cast.teams[voice.team],
            tags=opening.tags,
        )
        if arrival.assignee:
            assignee = week.cast.agent(arrival.assignee)
            assign(ticket=ticket, assignee=assignee, agent=None, now=week.now)


@dataclass(frozen=True)
class Sketch:
    """A ticket that came in some time ago, and what was done about it."""

    topic: str
    channel: Ticket.Channel
    age: timedelta
    steps: Callable[[Teller, Agent], None]
    assignee: str | None = None
    is_urgent: bool = True
    #: Any customer when None.
    customer: str | None = None


def tell_near(week: Week) -> list[Life]:
    """Tickets that were acted on and now owe an answer, and some that rest."""
    return [_tell(week, sketch) for sketch in SKETCHES]


def tell_logged_late(week: Week) -> Life:
    """Breached a minute and a half ago, though somebody had called in time: see `log_late_call`."""
    age = ACT + minutes(1.5)
    return _tell(week, Sketch("inbound", Channel.PHONE, age, lambda told, agent: None))


def log_late_call(week: Week, life: Life) -> None:
    """The call is typed in afterwards: the breach is withdrawn, and those alerted are told."""
    at = week.now - minutes(6)
    log_call(
        ticket=life.ticket,
        agent=week.cast.agent("alice"),
        outcome=Message.CallOutcome.REACHED,
        text="Called from the road and only typed in now. They see the replies again since we "
        "restarted the route, and will watch it.",
        at=at,
        now=week.now,
    )


def _voice(week: Week, house: House, topic: str) -> Voice:
    known = week.voice_of(house, None)
    return week.voice_of(house, topic) if known.knows(topic) else known


def _tell(week: Week, sketch: Sketch) -> Life:
    named = (h for h in week.cast.houses if h.customer.name == sketch.customer)
    house = next(named, None) or week.choose_house()
    voice = _voice(week, house, sketch.topic)
    opening = week.opening(house, voice, sketch.channel, week.now - sketch.age)
    told = week.begin(opening, house, voice, urgent=sketch.is_urgent)
    agent = week.cast.agent(sketch.assignee or "alice")
    if sketch.assignee is not None:
        told.life.assign(agent, told.soon(3, 6), agent=agent)
    sketch.steps(told, agent)
    return told.life


def _investigate(told: Teller, agent: Agent) -> None:
    told.life.agree(Side.PROVIDER, told.soon(0.2, 1), agent=agent)
    told.life.note(agent, told.voice.line("notes"), told.soon(6, 15))
    told.life.hear(told.voice.word("nudges"), told.soon(20, 30))


def _counter(told: Teller, agent: Agent) -> None:
    told.life.propose(
        Side.PROVIDER,
        "NON_URGENT",
        told.soon(4, 9),
        agent=agent,
        reason=told.voice.line("calm_reasons"),
        counters=True,
    )
    told.life.note(agent, told.voice.line("notes"), told.soon(10, 20))


def _dispute(told: Teller, agent: Agent) -> None:
    _counter(told, agent)
    reason = told.voice.line("urgent_reasons")
    told.life.propose(Side.CUSTOMER, URGENT, told.soon(3, 8), reason=reason, counters=True)


def _look_into(told: Teller, agent: Agent) -> None:
    told.life.note(agent, told.voice.line("notes"), told.soon(1, 2))


def _ask_and_wait(told: Teller, agent: Agent) -> None:
    told.reply("questions", told.soon(20, 40))
    told.life.wait(agent, told.soon(0.2, 0.5))


def _solve_silently(told: Teller, agent: Agent) -> None:
    told.life.note(agent, told.voice.line("notes"), told.soon(5, 12))
    told.life.solve(agent, told.soon(4, 9))


SKETCHES = (
    # Breached after 95 s; warned at 75 % after 35 s; due after 14, 22 and 40 minutes.
    Sketch("receipts", Channel.EMAIL, RESPOND - seconds(95), _investigate, "alice"),
    Sketch("codes", Channel.PORTAL, minutes(90) - seconds(35), _investigate, "alice"),
    Sketch("dlt", Channel.EMAIL, RESPOND - minutes(14), _investigate, "chidi"),
    Sketch("sender", Channel.EMAIL, RESPOND - minutes(22), _counter, "alice"),
    Sketch("latency", Channel.PORTAL, RESPOND - minutes(40), _dispute, "emil"),
    # A proposal to agree to.
    Sketch("codes", Channel.EMAIL, minutes(11), _look_into, "alice"),
    # Waits for the customer: the time for its solution rests, where the terms have one.
    Sketch(
        "webhooks",
        Channel.EMAIL,
        timedelta(hours=26),
        _ask_and_wait,
        "farah",
        is_urgent=False,
        customer=WITH_CARE_TERMS[0],
    ),
    # Solved without a word to the customer: an answer is still owed.
    Sketch("account", Channel.FORM, minutes(50), _solve_silently, "hugo", is_urgent=False),
)
