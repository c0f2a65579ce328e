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


def tell_near(week: Week) -> list[Life]:
    """Tickets that were acted on and now owe an answer, and some that rest."""
    told = [
        _tell(week, topic, channel, age, assignee, step)
        for topic, channel, age, assignee, step in (
            # Breached after 95 s; warned at 75 % after 35 s; due after 14, 22 and 40 minutes.
            ("receipts", Channel.EMAIL, RESPOND - seconds(95), "alice", _investigate),
            ("codes", Channel.PORTAL, minutes(90) - seconds(35), "alice", _investigate),
            ("dlt", Channel.EMAIL, RESPOND - minutes(14), "chidi", _investigate),
            ("sender", Channel.EMAIL, RESPOND - minutes(22), "alice", _counter),
            ("latency", Channel.PORTAL, RESPOND - minutes(40), "emil", _dispute),
            ("codes", Channel.EMAIL, minutes(11), "alice", _ask_to_lower),
        )
    ]
    return [*told, _tell_resting(week), _tell_silent(week)]


def tell_logged_late(week: Week) -> Life:
    """Breached a minute and a half ago, though somebody had called in time: see `log_late_call`."""
    return _tell(week, "inbound", Channel.PHONE, ACT + minutes(1.5), None, lambda told, agent: None)


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


def _tell(
    week: Week,
    topic: str,
    channel: Ticket.Channel,
    age: timedelta,
    assignee: str | None,
    steps: Callable[[Teller, Agent], None],
    *,
    house: House | None = None,
    urgent: bool = True,
) -> Life:
    house = house or week.choose_house()
    voice = _voice(week, house, topic)
    opening = week.opening(house, voice, channel, week.now - age)
    told = week.begin(opening, house, voice, urgent=urgent)
    agent = week.cast.agent(assignee or "alice")
    if assignee is not None:
        told.life.assign(agent, told.soon(3, 6), agent=agent)
    steps(told, agent)
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


def _ask_to_lower(told: Teller, agent: Agent) -> None:
    told.life.note(agent, told.voice.line("notes"), told.soon(1, 2))


def _tell_resting(week: Week) -> Life:
    """Waits for the customer: the time for its solution rests, where the terms have one."""
    house = next(h for h in week.cast.houses if h.customer.name == WITH_CARE_TERMS[0])

    def ask_and_wait(told: Teller, agent: Agent) -> None:
        told.reply("questions", told.soon(20, 40))
        told.life.wait(agent, told.soon(0.2, 0.5))

    return _tell(
        week,
        "webhooks",
        Channel.EMAIL,
        timedelta(hours=26),
        "farah",
        ask_and_wait,
        house=house,
        urgent=False,
    )


def _tell_silent(week: Week) -> Life:
    """Solved without a word to the customer: an answer is still owed."""

    def solve(told: Teller, agent: Agent) -> None:
        told.life.note(agent, told.voice.line("notes"), told.soon(5, 12))
        told.life.solve(agent, told.soon(4, 9))

    return _tell(week, "account", Channel.FORM, minutes(50), "hugo", solve, urgent=False)
