"""Whole ticket lives, step by step, against the naive model; and the promises of TERMS 2.7."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.domain.naive_clocks import NaiveTicket
from tests.domain.oracle import MinuteOracle
from tickets.domain.calendars import ALWAYS, BusinessCalendar
from tickets.domain.clocks import compute_clocks, warning_marks
from tickets.domain.errors import TimelineError
from tickets.domain.terms import Level, Metric, Target, Terms
from tickets.domain.timeline_documents import events_from_document

MINUTE = timedelta(minutes=1)
# Short days around the night in which Paris goes to summer time, so that lives cross everything.
HOURS = BusinessCalendar(
    "Europe/Paris", (((9 * 3600, 10 * 3600), (11 * 3600, 12 * 3600)),) * 6 + (((5400, 12600),),)
)
ORACLE = MinuteOracle(HOURS)
PROMISES = {  # level: minutes to act, minutes to respond, calendar
    "CRITICAL": (15, 45, ALWAYS),
    "HIGH": (60, 90, HOURS),
    "NORMAL": (120, 200, HOURS),
    "LOW": (90, 400, ALWAYS),
}
RANKS = {code: rank for rank, code in enumerate(PROMISES)}


def level(code: str) -> Level:
    act, respond, calendar = PROMISES[code]
    targets = {
        metric: Target(metric, minutes * MINUTE, calendar)
        for metric, minutes in ((Metric.ACTION, act), (Metric.RESPONSE, respond))
    }
    return Level(code, RANKS[code], targets)


TERMS = Terms(tuple(level(code) for code in PROMISES), "NORMAL")


@cache
def naive_due(code: str, metric: str, start: datetime) -> datetime:
    act, respond, calendar = PROMISES[code]
    minutes = act if metric == "ACTION" else respond
    if calendar is ALWAYS:
        return start + minutes * MINUTE
    return ORACLE.due(start, minutes * MINUTE, days=12)


sides = st.sampled_from(["customer", "provider"])
levels = st.sampled_from(list(PROMISES))


class TicketLives(RuleBasedStateMachine):
    @initialize(hour=st.integers(0, 71), second=st.sampled_from([0, 0, 30]))
    def receive(self, hour, second):
        self.now = datetime(2026, 3, 27, tzinfo=UTC) + timedelta(hours=hour, seconds=second)
        self.events = [{"type": "received", "at": self.now, "channel": "email"}]
        self.table = {}
        self.breached = {}
        self.is_ended = False

    # What happens

    @rule(minutes=st.sampled_from([1, 15, 30, 60, 119, 600]))
    def time_passes(self, minutes):
        self.now += minutes * MINUTE

    @rule(which=st.integers(0, 9), beyond=st.sampled_from([0, 0, 1]))
    def time_passes_up_to_a_deadline(self, which, beyond):
        coming = sorted(clock.due for clock in self.outcome.clocks if clock.due >= self.now)
        if coming:
            self.now = coming[which % len(coming)] + beyond * MINUTE

    @rule(by=sides, level=levels)
    def propose(self, by, level):
        self.happen("urgency_proposed", by=by, level=level)
        self.table[by] = level

    @rule(by=sides, level=levels)
    def counter(self, by, level):
        if self.happen_or_refuse(other(by) in self.table, "urgency_countered", by=by, level=level):
            self.table[by] = level

    @rule(by=sides)
    def agree(self, by):
        if self.happen_or_refuse(other(by) in self.table, "urgency_agreed", by=by):
            self.table = {}

    @rule(by=sides)
    def withdraw(self, by):
        if self.happen_or_refuse(by in self.table, "urgency_withdrawn", by=by):
            del self.table[by]

    @rule(kind=st.sampled_from(["agent_acted", "solved", "auto_assigned", "auto_reply_sent"]))
    def do(self, kind):
        self.happen(kind)

    @rule(outcome=st.sampled_from(["reached", "no_answer", "left_voicemail"]))
    def call(self, outcome):
        self.happen("call_logged", outcome=outcome)

    @rule()
    def reply(self):
        self.happen("agent_replied", message=f"m{len(self.events)}")

    @precondition(lambda self: any(e["type"] == "agent_replied" for e in self.events))
    @rule(which=st.integers(0, 9))
    def bounce(self, which):
        sent = [e["message"] for e in self.events if e["type"] == "agent_replied"]
        self.happen("reply_bounced", message=sent[which % len(sent)])
        # A reply that never was takes back what it met, and the moves it held off are made.
        self.breached = {}

    @rule(automatic=st.booleans())
    def customer_writes(self, automatic):
        self.happen("customer_wrote", automatic=automatic)

    @precondition(lambda self: len(self.events) > 6)
    @rule(reason=st.sampled_from(["merged", "spam", "duplicate"]))
    def cancel(self, reason):
        self.happen("cancelled", reason=reason)
        self.is_ended = True

    # What must hold

    @invariant()
    def agrees_with_the_naive_model(self):
        naive = NaiveTicket(self.events, self.now, naive_due, RANKS, "NORMAL")
        outcome = self.outcome

        assert outcome.governing == naive.governing_after(len(naive.known()) - 1)
        told = [
            {name: getattr(clock, name) for name in expected}
            for clock, expected in zip(outcome.clocks, naive.clocks(), strict=True)
        ]
        assert told == naive.clocks()

    @invariant()
    def a_breach_stays(self):
        now_breached = {
            (clock.metric, clock.cycle): clock.breached_at
            for clock in self.outcome.clocks
            if clock.breached_at
        }
        assert now_breached.items() >= self.breached.items()
        self.breached = now_breached

    @invariant()
    def the_ledger_ends_where_the_deadline_stands(self):
        outcome = self.outcome
        for clock in outcome.clocks:
            moves = [m for m in outcome.moves if (m.metric, m.cycle) == (clock.metric, clock.cycle)]
            assert moves[0].why == "start"
            assert moves[0].before is None
            assert moves[-1].after == clock.due
            for earlier, later in pairwise(moves):
                assert later.before == earlier.after
                assert later.at <= earlier.after
                is_right_way = (
                    later.after <= later.before
                    if later.why == "raise"
                    else later.after >= later.before
                )
                assert is_right_way

    @invariant()
    def warnings_come_in_order_and_before_the_deadline(self):
        for clock in self.outcome.clocks:
            marks = warning_marks(clock, TERMS.thresholds)
            instants = [at for _, at in marks]
            assert instants == sorted(instants)
            assert marks[-1] == (100, clock.due)
            assert all(clock.moved_at <= at < clock.due for at in instants[:-1])

    # How

    @property
    def outcome(self):
        return self.compute(self.events)

    def compute(self, events):
        written = [{**event, "at": event["at"].isoformat()} for event in events]
        read = events_from_document(written, now=self.now)
        return compute_clocks(read, terms=TERMS, now=self.now)

    def happen(self, kind, **keys):
        self.events.append({"type": kind, "at": self.now, **keys})

    def happen_or_refuse(self, is_allowed, kind, **keys):
        if self.is_ended:
            return False
        if not is_allowed:
            with pytest.raises(TimelineError):
                self.compute([*self.events, {"type": kind, "at": self.now, **keys}])
            return False
        self.happen(kind, **keys)
        return True


def other(side: str) -> str:
    return "provider" if side == "customer" else "customer"


TestTicketLives = TicketLives.TestCase
TestTicketLives.settings = settings(deadline=None, max_examples=120, stateful_step_count=25)
