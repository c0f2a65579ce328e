"""How tickets of the demonstration go: stories told on a `Life`, each up to the present."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tickets.domain.terms import Metric
from tickets.domain.urgency import Side
from tickets.models import Agent, Message, Ticket
from tickets.services.demo.cast import Cast, Colleague
from tickets.services.demo.life import Channel, Life
from tickets.services.demo.topics import Voice

Outcome = Message.CallOutcome


@dataclass
class Teller:
    """Tells one ticket: finds who is there, when they get to it, and the words."""

    life: Life
    voice: Voice
    cast: Cast
    rng: Random

    def at_share(self, metric: Metric, share: float) -> datetime:
        """The instant at which that share of the promised time has gone by in this cycle."""
        target = self.life.level.targets[metric]
        return target.calendar.due(self.life.cycle_start, target.duration * share)

    def soon(self, low: float, high: float) -> datetime:
        """Some minutes later, round the clock."""
        return self.life.latest + timedelta(minutes=self.rng.uniform(low, high))

    def their_time(self, low: float, high: float) -> datetime:
        """Some minutes later, in the customer's office hours unless it is urgent."""
        life = self.life
        if life.level.rank == 0:
            return self.soon(low, high / 4)
        calendar = life.ticket.calendar.to_domain(zone=life.ticket.calendar_zone)
        return calendar.due(life.latest, timedelta(minutes=self.rng.uniform(low, high)))

    def agent(self, at: datetime) -> Agent:
        """The assignee when on shift, else a colleague who is, of the team if possible."""
        there = [c for c in self.cast.colleagues if c.is_on_shift(at)] or list(self.cast.colleagues)
        assignee = self.life.ticket.assignee
        if assignee is None or all(c.agent != assignee for c in there):
            assignee = self.rng.choice(self._of_team(there) or there).agent
        self.voice.meet(assignee.user.name)
        return assignee

    def _of_team(self, colleagues: list[Colleague]) -> list[Colleague]:
        return [c for c in colleagues if c.agent.team_id == self.life.ticket.team_id]

    def take(self, share: float) -> Agent:
        at = self.at_share(Metric.ACTION, share)
        agent = self.agent(at)
        self.life.assign(agent, at, agent=agent)
        return agent

    def settle(self) -> None:
        """Agree to the customer's urgency, as is done with most."""
        if self.life.table.customer is not None and self.rng.random() < 0.7:
            at = self.soon(0.3, 4)
            self.life.agree(Side.PROVIDER, at, agent=self.agent(at))

    def reply(self, part: str, at: datetime) -> Message:
        agent = self.agent(at)
        return self.life.reply(agent, self.voice.answer(part, agent=agent.user.name), at)

    def note(self, at: datetime) -> None:
        self.life.note(self.agent(at), self.voice.line("notes"), at)

    def call(self, outcome: Message.CallOutcome, at: datetime) -> None:
        parts = {
            Outcome.REACHED: "calls_reached",
            Outcome.NO_ANSWER: "calls_missed",
            Outcome.LEFT_VOICEMAIL: "calls_voicemail",
        }
        self.life.call(self.agent(at), outcome, self.voice.line(parts[outcome]), at)

    def solve(self, at: datetime) -> None:
        self.life.solve(self.agent(at), at)


def answered(told: Teller) -> None:
    """Taken on and answered in time, with a question first as often as not."""
    told.take(told.rng.uniform(0.05, 0.6))
    told.settle()
    if told.rng.random() < 0.35:
        told.note(told.soon(3, 25))
    if told.rng.random() < 0.55:
        _ask_first(told)
        told.reply("answers", told.soon(8, 90))
    else:
        told.reply("answers", told.at_share(Metric.RESPONSE, told.rng.uniform(0.25, 0.92)))
    _close(told)


def _ask_first(told: Teller) -> None:
    at = told.at_share(Metric.RESPONSE, told.rng.uniform(0.2, 0.9))
    told.reply("questions", at)
    if told.rng.random() < 0.5:
        told.life.wait(told.agent(told.life.latest), told.soon(0.2, 1))
    if told.rng.random() < 0.12:
        told.life.hear(told.voice.line("autoreplies"), told.soon(0.1, 1), is_automatic=True)
    told.life.hear(told.voice.word("details"), told.their_time(12, 300))


def _close(told: Teller) -> None:
    roll = told.rng.random()
    if roll < 0.55:
        told.life.hear(told.voice.word("thanks"), told.their_time(10, 240))
        told.solve(told.soon(4, 60))
    elif roll < 0.9:
        told.solve(told.soon(1, 30))


def called(told: Teller) -> None:
    """Answered on the phone."""
    told.take(told.rng.uniform(0.03, 0.4))
    told.settle()
    if told.rng.random() < 0.3:
        told.call(Outcome.NO_ANSWER, told.soon(2, 9))
    told.call(Outcome.REACHED, told.soon(3, 30))
    if told.rng.random() < 0.6:
        told.reply("answers", told.soon(10, 70))
    _close(told)


def called_back(told: Teller) -> None:
    """A voicemail is returned, sometimes at the second try."""
    told.take(told.rng.uniform(0.1, 0.5))
    if told.rng.random() < 0.45:
        told.call(Outcome.LEFT_VOICEMAIL, told.soon(2, 8))
    told.call(Outcome.REACHED, told.at_share(Metric.RESPONSE, told.rng.uniform(0.3, 0.85)))
    _close(told)


def asked(told: Teller) -> None:
    """The customer was asked something and has not answered."""
    told.take(told.rng.uniform(0.05, 0.5))
    told.settle()
    told.reply("questions", told.at_share(Metric.RESPONSE, told.rng.uniform(0.2, 0.8)))
    told.life.wait(told.agent(told.life.latest), told.soon(0.2, 1))


def acted_late(told: Teller) -> None:
    """Nobody got to it in time; the answer came in time all the same where it could."""
    told.take(told.rng.uniform(1.04, 1.5))
    told.reply("answers", told.soon(4, 25))
    _close(told)


def answered_late(told: Teller) -> None:
    told.take(told.rng.uniform(0.2, 0.7))
    told.settle()
    told.note(told.soon(5, 30))
    if told.rng.random() < 0.5:
        told.life.hear(told.voice.word("nudges"), told.at_share(Metric.RESPONSE, 0.97))
    told.reply("answers", told.at_share(Metric.RESPONSE, told.rng.uniform(1.03, 1.7)))
    _close(told)


def unanswered(told: Teller) -> None:
    """Taken on, then forgotten."""
    told.take(told.rng.uniform(0.2, 0.9))
    told.note(told.soon(5, 40))
    told.life.hear(told.voice.word("nudges"), told.at_share(Metric.RESPONSE, 1.2))


def ignored(told: Teller) -> None:
    """Nobody ever looked at it."""


def came_back(told: Teller) -> None:
    """Solved, then reported again: a second pair of clocks."""
    told.take(told.rng.uniform(0.05, 0.5))
    told.settle()
    told.reply("answers", told.at_share(Metric.RESPONSE, told.rng.uniform(0.3, 0.8)))
    told.solve(told.soon(5, 40))
    told.life.hear(told.voice.word("again"), told.their_time(120, 700))
    late = told.rng.random() < 0.25
    told.note(told.at_share(Metric.ACTION, told.rng.uniform(0.1, 0.7)))
    share = told.rng.uniform(1.05, 1.3) if late else told.rng.uniform(0.4, 0.9)
    told.reply("second_answers", told.at_share(Metric.RESPONSE, share))
    _close(told)


def bounced(told: Teller) -> None:
    """The reply comes back; somebody calls instead."""
    told.take(told.rng.uniform(0.1, 0.5))
    reply = told.reply("answers", told.at_share(Metric.RESPONSE, told.rng.uniform(0.3, 0.7)))
    told.life.bounce(reply, told.life.latest + timedelta(seconds=told.rng.uniform(3, 30)))
    told.call(Outcome.NO_ANSWER, told.soon(5, 12))
    told.call(Outcome.REACHED, told.soon(5, 20))
    told.solve(told.soon(5, 50))


def settled_calmer(told: Teller) -> None:
    """The customer says urgent; the provider says it is not, and they agree."""
    agent = told.take(told.rng.uniform(0.1, 0.5))
    reason = told.voice.line("calm_reasons")
    told.life.propose(
        Side.PROVIDER, "NON_URGENT", told.soon(1, 5), agent=agent, reason=reason, counters=True
    )
    if told.rng.random() < 0.7:
        told.life.agree(Side.CUSTOMER, told.soon(2, 14))
    answered_from_here(told)


def settled_urgent(told: Teller) -> None:
    """What the customer calls urgent the provider agrees to."""
    agent = told.take(told.rng.uniform(0.1, 0.6))
    told.life.agree(Side.PROVIDER, told.soon(0.3, 3), agent=agent)
    answered_from_here(told)


def raised_later(told: Teller) -> None:
    """It gets worse: the customer proposes urgent on a ticket that was not."""
    told.take(told.rng.uniform(0.05, 0.3))
    reason = told.voice.line("urgent_reasons")
    told.life.propose(Side.CUSTOMER, "URGENT", told.soon(15, 90), reason=reason)
    told.life.agree(Side.PROVIDER, told.soon(2, 20), agent=told.agent(told.life.latest))
    told.reply("answers", told.soon(10, 70))
    _close(told)


def withdrawn(told: Teller) -> None:
    """The customer takes the urgency back."""
    told.take(told.rng.uniform(0.1, 0.6))
    told.life.withdraw(Side.CUSTOMER, told.soon(3, 20))
    answered_from_here(told)


def answered_from_here(told: Teller) -> None:
    if told.rng.random() < 0.4:
        told.note(told.soon(2, 12))
    told.reply("answers", told.at_share(Metric.RESPONSE, told.rng.uniform(0.35, 0.9)))
    _close(told)


#: Story, how many of a hundred, and whether the customer has to call it urgent first.
STORIES: tuple[tuple[Callable[[Teller], None], float, bool | None], ...] = (
    (answered, 52, None),
    (asked, 3.5, None),
    (acted_late, 4, None),
    (answered_late, 4, None),
    (unanswered, 1.5, None),
    (ignored, 1.5, None),
    (came_back, 7, None),
    (bounced, 3, None),
    (settled_calmer, 6, True),
    (settled_urgent, 10, True),
    (withdrawn, 3, True),
    (raised_later, 4, False),
)


#: Stories of something that nobody got round to.
SLIPPED = frozenset((unanswered, ignored))

#: Stories of something that does not work.
OF_TROUBLE = frozenset((came_back, raised_later))


def choose_story(
    rng: Random, *, channel: Ticket.Channel, urgent: bool, is_trouble: bool
) -> Callable[[Teller], None]:
    if channel == Channel.VOICEMAIL:
        return called_back
    if channel == Channel.PHONE and rng.random() < 0.6:
        return called
    stories = [
        (story, weight)
        for story, weight, needs in STORIES
        if needs in (None, urgent) and (is_trouble or story not in OF_TROUBLE)
    ]
    return rng.choices([story for story, _ in stories], [weight for _, weight in stories])[0]
