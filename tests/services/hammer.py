"""A desk in a hurry: random steps of the real services over a handful of tickets.

Time passes by moving everything stored into the past, so that deadlines fall due at once while
the database's clock stays the one that judges. The promises are kept round the clock: moving them
changes no figure.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone

from tests.factories import make_agent, make_contact, make_customer, make_team, minutes
from tickets.models import Agent, Message, Terms, Ticket
from tickets.models.urgency import UrgencyProposal
from tickets.services import conversation, intake, lifecycle, urgency
from tickets.services.assignment import assign, take
from tickets.services.deliveries import send_due_deliveries
from tickets.services.errors import Unable
from tickets.services.terms import LevelDraft, TargetDraft, publish_terms
from tickets.services.timers import claim_due_clocks

LEVELS = ("CRITICAL", "URGENT", "NORMAL")
_MINUTES = {
    "CRITICAL": {"ACTION": 0, "RESPONSE": 20, "NEXT_RESPONSE": 15, "RESOLUTION": 60},
    "URGENT": {"ACTION": 30, "RESPONSE": 120, "RESOLUTION": 240},
    "NORMAL": {"ACTION": 480, "RESPONSE": 480, "NEXT_RESPONSE": 240, "RESOLUTION": 2880},
}
_SPANS = (0, 0.2, 1, 5, 14, 16, 31, 61, 121, 300, 490)


def publish_hasty_terms(*, now: datetime) -> Terms:
    """All four metrics, a target of zero, levels that lack one; everything round the clock."""
    return publish_terms(
        name="Hasty",
        levels=[
            LevelDraft(
                code=code,
                rank=rank,
                name=code.title(),
                targets={
                    metric: TargetDraft(minutes=amount, hours="ALWAYS")
                    for metric, amount in _MINUTES[code].items()
                },
            )
            for rank, code in enumerate(LEVELS)
        ],
        default_level="NORMAL",
        now=now,
    )


def let_time_pass(span: timedelta) -> None:
    """Moves every instant of the tickets' tables into the past."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for model in apps.get_app_config("tickets").get_models():
            if model.__name__ in ("Ticket", "Clock", "Alert", *_OF_A_TICKET):
                cursor.execute(_moved_back(model), {"span": span})
        cursor.execute("SET session_replication_role = origin")


_OF_A_TICKET = ("Event", "Message", "UrgencyProposal", "Delivery")


def _moved_back(model: type[models.Model]) -> str:
    moves = []
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DateTimeField):
            moves.append(f"{field.column} = {field.column} - %(span)s::interval")
        elif isinstance(field, ArrayField) and isinstance(field.base_field, models.DateTimeField):
            earlier = f"SELECT mark - %(span)s::interval FROM unnest({field.column}) AS mark"
            moves.append(f"{field.column} = ARRAY({earlier})")
    return f"UPDATE {model._meta.db_table} SET {', '.join(moves)}"


class Hammer:
    """Random steps, remembered in `steps` so that a failure can be told."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.steps: list[str] = []
        self.refusals: list[str] = []
        self.is_alone = True
        now = timezone.now()
        self.customer = make_customer(terms=publish_hasty_terms(now=now))
        self.team = make_team()
        self.agents = [make_agent(team=self.team), make_agent(team=self.team), make_agent()]
        self.team.lead = make_agent(role=Agent.Role.MANAGER)
        self.team.save()
        self.gone = make_agent(team=self.team)
        self.gone.user.is_active = False
        self.gone.user.save()
        self.tickets: list[Ticket] = []

    def companion(self, rng: Random) -> Hammer:
        """Somebody else at the same tickets, at the same time."""
        other = copy(self)
        other.rng, other.steps, other.refusals, other.is_alone = rng, [], [], False
        other.tickets = [copy(ticket) for ticket in self.tickets]
        return other

    def strike(self) -> None:
        """One step; a refusal is an answer."""
        is_opening = len(self.tickets) < 2 or (self.is_alone and self.rng.random() < 0.03)
        self.do(self.open if is_opening else self.rng.choice(self.doings))

    def do(self, step: Callable[[], Any]) -> None:
        self.steps.append(f"{timezone.now():%M:%S.%f} {step.__name__}")
        try:
            step()
        except Unable as refusal:
            self.steps[-1] += f" refused: {refusal.code}"
            self.refusals.append(refusal.code)

    @property
    def doings(self) -> list[Callable[[], Any]]:
        """What may happen next, the likelier the oftener; nobody else moves the time."""
        time = [self.wait_a_while, self.wait_a_while, self.tick, self.send]
        return [
            *(time if self.is_alone else []),
            self.reply,
            self.note,
            self.call,
            self.call,
            self.hear,
            self.hear,
            self.bounce,
            self.bounce,
            self.correct,
            self.correct,
            self.settle_urgency,
            self.settle_urgency,
            self.settle_urgency,
            self.settle_urgency,
            self.assign,
            self.take,
            self.solve,
            self.solve,
            self.reopen,
            self.wait_for_customer,
            self.wait_for_customer,
            self.end,
        ]

    # Time

    def wait_a_while(self) -> None:
        span = self.rng.choice(_SPANS)
        self.say(f"{span} min")
        let_time_pass(minutes(span))

    def tick(self) -> None:
        claim_due_clocks(full=True)

    def send(self) -> None:
        send_due_deliveries()

    # What people do

    def open(self) -> None:
        channel = self.rng.choice(Ticket.Channel.values)
        level = self.rng.choice([None, *LEVELS])
        received_at = self.instant(since=timezone.now() - minutes(130))
        self.say(f"{channel} {level} {received_at:%H:%M:%S.%f}")
        ticket = intake.open_ticket(
            requester=make_contact(customer=self.customer),
            subject="Nothing arrives",
            text="Nothing arrives.",
            channel=Ticket.Channel(channel),
            received_at=received_at,
            now=timezone.now(),
            level=level,
            team=self.rng.choice([self.team, None]),
        )
        if self.rng.random() < 0.3:
            Ticket.objects.filter(pk=ticket.pk).update(team=None)
        self.tickets.append(ticket)

    def reply(self) -> None:
        conversation.reply(ticket=self.ticket(), agent=self.agent(), text="Yes.", now=self.now())

    def note(self) -> None:
        conversation.add_note(ticket=self.ticket(), agent=self.agent(), text="Hm.", now=self.now())

    def call(self) -> None:
        ticket = self.ticket()
        outcome = self.rng.choice(Message.CallOutcome.values)
        at = self.instant(since=ticket.received_at - minutes(1))
        self.say(f"{outcome} {at:%H:%M:%S.%f}")
        conversation.log_call(
            ticket=ticket,
            agent=self.agent(),
            outcome=Message.CallOutcome(outcome),
            text="",
            at=at,
            now=self.now(),
        )

    def hear(self) -> None:
        """The customer's mail: now, or accepted a while ago and read late."""
        ticket = self.ticket()
        at = timezone.now() if self.rng.random() < 0.6 else self.instant(since=ticket.received_at)
        automatic = self.rng.random() < 0.2
        self.say(f"{at:%H:%M:%S.%f} {'machine' if automatic else ''}")
        conversation.record_customer_message(
            ticket=ticket,
            contact=self.rng.choice([ticket.requester, make_contact(customer=self.customer)]),
            text="Well?",
            at=at,
            now=max(at, self.now()),
            is_automatic=automatic,
        )

    def bounce(self) -> None:
        replies = Message.objects.filter(kind="PUBLIC", agent__isnull=False).order_by("pk")
        if replies:
            message = self.rng.choice(replies)
            self.say(f"#{message.ticket_id}")
            at = self.instant(since=message.at)
            conversation.record_bounce(message=message, at=at, now=max(at, self.now()))

    def correct(self) -> None:
        ticket = self.ticket()
        others = list(ticket.events.values_list("at", flat=True))
        received_at = self.rng.choice(
            [
                ticket.received_at,
                ticket.received_at - minutes(self.rng.choice(_SPANS)),
                ticket.received_at + minutes(self.rng.choice(_SPANS)),
                self.rng.choice(others),
            ]
        )
        self.say(f"{ticket.received_at:%H:%M:%S.%f} to {received_at:%H:%M:%S.%f}")
        intake.correct_received_at(
            ticket=ticket, received_at=received_at, agent=self.agent(), now=self.now()
        )

    def settle_urgency(self) -> None:
        ticket, side = self.ticket(), self.rng.choice(UrgencyProposal.Side.values)
        verb = self.rng.choice(["propose", "counter", "agree", "withdraw"])
        level = self.rng.choice(LEVELS)
        self.say(f"{side} {verb} {level}")
        voice = urgency.Voice(
            side=UrgencyProposal.Side(side),
            door=UrgencyProposal.Door.PHONE,
            agent=self.agent(),
            contact=ticket.requester if side == "CUSTOMER" else None,
        )
        if verb in ("propose", "counter"):
            put = urgency.propose if verb == "propose" else urgency.counter
            put(ticket=ticket, level=level, voice=voice, now=self.now())
        else:
            take_step = urgency.agree if verb == "agree" else urgency.withdraw
            take_step(ticket=ticket, voice=voice, now=self.now())

    def assign(self) -> None:
        assignee = self.rng.choice([*self.agents, self.gone, None])
        agent = self.rng.choice([self.agent(), None])
        assign(ticket=self.ticket(), assignee=assignee, agent=agent, now=self.now())

    def take(self) -> None:
        take(ticket=self.ticket(), agent=self.agent(), now=self.now())

    def solve(self) -> None:
        lifecycle.solve(ticket=self.ticket(), agent=self.agent(), now=self.now())

    def reopen(self) -> None:
        lifecycle.reopen(ticket=self.ticket(), agent=self.agent(), now=self.now())

    def wait_for_customer(self) -> None:
        lifecycle.wait_for_customer(ticket=self.ticket(), agent=self.agent(), now=self.now())

    def end(self) -> None:
        if not self.is_alone and self.rng.random() < 0.8:
            return  # a crowd would have nothing left to do
        ticket, now = self.ticket(), self.now()
        if self.rng.random() < 0.5:
            reason = self.rng.choice(Ticket.CancelReason.values)
            self.say(reason)
            lifecycle.cancel(
                ticket=ticket, reason=Ticket.CancelReason(reason), agent=self.agent(), now=now
            )
        else:
            into = self.ticket()
            self.say(f"into #{into.pk}")
            lifecycle.merge(ticket=ticket, into=into, agent=self.agent(), now=now)

    # Choices

    def ticket(self) -> Ticket:
        chosen = self.rng.choice(self.tickets[-3:])
        self.say(f"#{chosen.pk}")
        # A page may have been looked at for a while: what it holds is not what stands there.
        if self.rng.random() < 0.8:
            chosen.refresh_from_db()
        return chosen

    def agent(self) -> Agent:
        return self.rng.choice(self.agents)

    def now(self) -> datetime:
        """Some hosts' clocks are off by a moment."""
        off = self.rng.choice([0, 0, 0, 0, -0.7, 0.7])
        if off:
            self.say(f"{off:+} s")
        return timezone.now() + timedelta(seconds=off)

    def instant(self, *, since: datetime) -> datetime:
        """Any instant since then; often one at which something else happened."""
        now = timezone.now()
        if self.tickets and self.rng.random() < 0.3:
            others = self.rng.choice(self.tickets[-3:]).events.filter(at__gte=since, at__lte=now)
            if others:
                return self.rng.choice(others).at
        return since + self.rng.random() * max(now - since, timedelta())

    def say(self, words: str) -> None:
        self.steps[-1] += f" {words}"
