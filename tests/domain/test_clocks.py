"""Clocks: refusals, pauses and the optional metrics, warnings, the ledger."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import calendars_with_instants
from tickets.domain.calendars import ALWAYS, MON_TO_FRI, BusinessCalendar
from tickets.domain.clocks import compute_clocks, warning_marks
from tickets.domain.errors import CalendarError, InstantError, TimelineError
from tickets.domain.terms import Level, Metric, Target, Terms, terms_from_document
from tickets.domain.timeline import (
    AgentActed,
    AgentReplied,
    CallLogged,
    CallOutcome,
    Cancelled,
    CancelReason,
    CustomerWrote,
    Received,
    Reopened,
    ReplyBounced,
    Resumed,
    Side,
    Solved,
    UrgencyAgreed,
    UrgencyProposed,
    UrgencyWithdrawn,
    WaitingEnded,
    WaitingStarted,
)

PARIS = BusinessCalendar("Europe/Paris", MON_TO_FRI)
STANDARD = terms_from_document(None, PARIS)
MINUTE = timedelta(minutes=1)


def at(clock: str, day: int = 4) -> datetime:
    """On a Monday of May 2026 in Paris, unless another day is given."""
    hour, minute = clock.split(":")
    return datetime(2026, 5, day, int(hour), int(minute), tzinfo=timezone(timedelta(hours=2)))


RECEIVED = Received(at("10:00"))


def level(code: str, rank: int, calendar, **minutes: int) -> Level:
    targets = {
        Metric(name.upper()): Target(Metric(name.upper()), amount * MINUTE, calendar)
        for name, amount in minutes.items()
    }
    return Level(code, rank, targets)


FULL = Terms(
    (
        level("HIGH", 0, ALWAYS, action=30, response=60, next_response=20, resolution=240),
        level("MIDDLE", 1, ALWAYS, action=60, response=120),
        level("LOW", 2, PARIS, action=480, response=480, next_response=60, resolution=960),
    ),
    "LOW",
)


def clocks_of(*events, now: datetime, terms: Terms = FULL) -> dict:
    outcome = compute_clocks([RECEIVED, *events], terms=terms, now=now)
    return {(str(c.metric), c.cycle, c.ordinal): c for c in outcome.clocks}


class TestRefusals:
    @pytest.mark.parametrize(
        ("events", "code"),
        [
            ([], "not_received"),
            ([AgentActed(at("10:00"))], "not_received"),
            ([Received(at("12:01"))], "not_received"),
            ([RECEIVED, RECEIVED], "received_twice"),
            ([RECEIVED, AgentActed(at("11:00")), AgentActed(at("10:59"))], "out_of_order"),
            ([RECEIVED, *[AgentReplied(at("11:00"), "m")] * 2], "message_twice"),
            ([RECEIVED, ReplyBounced(at("11:00"), "m")], "unknown_message"),
            (
                [RECEIVED, ReplyBounced(at("11:00"), "m"), AgentReplied(at("11:00"), "m")],
                "unknown_message",
            ),
            ([RECEIVED, UrgencyAgreed(at("10:00"), Side.CUSTOMER)], "nothing_to_agree"),
            ([RECEIVED, UrgencyWithdrawn(at("10:01"), Side.CUSTOMER)], "nothing_to_withdraw"),
        ],
    )
    def test_timelines_that_cannot_have_happened(self, events, code):
        with pytest.raises(TimelineError) as refusal:
            compute_clocks(events, terms=STANDARD, now=at("12:00"))
        assert refusal.value.code == code

    def test_naive_datetimes(self):
        naive = datetime(2026, 5, 4, 10)  # noqa: DTZ001 (what is to be refused)
        for events, now in (([Received(naive)], at("12:00")), ([RECEIVED], naive)):
            with pytest.raises(InstantError) as refusal:
                compute_clocks(events, terms=STANDARD, now=now)
            assert refusal.value.code == "naive_instant"

    def test_a_deadline_that_a_change_would_put_beyond_five_years(self):
        rare = BusinessCalendar("UTC", (((0, 60),),) + ((),) * 6)
        terms = Terms((level("A", 0, ALWAYS, action=5), level("B", 1, rare, action=900)), "B")
        asked = UrgencyProposed(at("10:00"), Side.CUSTOMER, "A")
        withdrawn = UrgencyWithdrawn(at("10:01"), Side.CUSTOMER)

        assert clocks_of(asked, now=at("12:00"), terms=terms)
        with pytest.raises(CalendarError, match="five years"):
            clocks_of(asked, withdrawn, now=at("12:00"), terms=terms)


class TestOrderOfEvents:
    def test_steps_at_the_received_instant_count_first_even_behind_an_act(self):
        asked = UrgencyProposed(at("10:00"), Side.CUSTOMER, "URGENT")
        clocks = clocks_of(AgentActed(at("10:00")), asked, now=at("12:00"), terms=STANDARD)

        assert clocks["ACTION", 1, 1].due == at("10:30")
        assert clocks["ACTION", 1, 1].met_at == at("10:00")

    def test_but_not_behind_the_end_of_the_ticket(self):
        asked = UrgencyProposed(at("10:00"), Side.CUSTOMER, "URGENT")
        end = Cancelled(at("10:00"), CancelReason.SPAM)

        outcome = compute_clocks([RECEIVED, end, asked], terms=STANDARD, now=at("12:00"))

        assert outcome.governing == "NON_URGENT"
        assert outcome.ended is CancelReason.SPAM
        assert {c.cancel_reason for c in outcome.clocks} == {CancelReason.SPAM}

    def test_a_bounce_behind_the_end_changes_nothing(self):
        reply = AgentReplied(at("10:10"), "m")
        end = Cancelled(at("10:20"), CancelReason.MERGED)
        bounce = ReplyBounced(at("10:20"), "m")

        late = clocks_of(reply, end, bounce, now=at("12:00"), terms=STANDARD)
        early = clocks_of(reply, bounce, end, now=at("12:00"), terms=STANDARD)

        assert late["RESPONSE", 1, 1].met_at == at("10:10")
        assert early["RESPONSE", 1, 1].met_at is None
        assert early["RESPONSE", 1, 1].cancelled_at == at("10:20")
        assert early["ACTION", 1, 1].met_at == at("10:10")

    def test_instants_in_a_repeated_hour_are_in_the_order_they_happened(self):
        paris = ZoneInfo("Europe/Paris")
        first = datetime(2026, 10, 25, 2, 50, tzinfo=paris)
        second = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=paris)
        now = second + timedelta(hours=5)

        outcome = compute_clocks([Received(first), AgentActed(second)], terms=STANDARD, now=now)
        assert outcome.clocks[0].met_at - outcome.clocks[0].start == 20 * MINUTE
        with pytest.raises(TimelineError):
            compute_clocks([Received(second), AgentActed(first)], terms=STANDARD, now=now)

    def test_an_agent_who_takes_a_solution_back_starts_no_cycle(self):
        events = (Solved(at("10:10")), Reopened(at("10:20")), CustomerWrote(at("10:30")))

        outcome = compute_clocks([RECEIVED, *events], terms=STANDARD, now=at("12:00"))

        assert (outcome.cycle, outcome.is_solved) == (1, False)

    def test_a_message_that_comes_to_light_late_opens_it_without_act_or_cycle(self):
        events = (
            CustomerWrote(at("10:05")),
            Solved(at("10:10")),
            Resumed(at("10:20")),
            CustomerWrote(at("10:30")),
        )

        outcome = compute_clocks([RECEIVED, *events], terms=STANDARD, now=at("12:00"))

        assert (outcome.cycle, outcome.is_solved) == (1, False)
        resumed = compute_clocks([RECEIVED, events[2]], terms=STANDARD, now=at("12:00"))
        assert resumed.clocks[0].met_at is None


class TestNextResponse:
    def test_runs_from_the_first_message_not_yet_answered(self):
        events = (
            CustomerWrote(at("10:05")),  # before any answer: RESPONSE stands for it
            AgentReplied(at("10:10"), "m1"),
            CustomerWrote(at("10:20"), automatic=True),
            CustomerWrote(at("10:30")),
            CustomerWrote(at("10:50")),  # repeats do not move it
            CallLogged(at("11:00"), CallOutcome.NO_ANSWER),
            CallLogged(at("11:10"), CallOutcome.REACHED),
            CustomerWrote(at("11:20")),
        )
        clocks = clocks_of(*events, now=at("11:30"))

        first, second = clocks["NEXT_RESPONSE", 1, 1], clocks["NEXT_RESPONSE", 1, 2]
        assert (first.start, first.due, first.met_at) == (at("10:30"), at("11:30"), at("11:10"))
        assert (second.start, second.met_at, second.is_running) == (at("11:20"), None, True)
        assert ("NEXT_RESPONSE", 1, 3) not in clocks

    def test_an_answer_that_bounced_left_the_first_message_unanswered(self):
        reply, message = AgentReplied(at("10:10"), "m1"), CustomerWrote(at("10:30"))
        bounce = ReplyBounced(at("10:40"), "m1")

        assert ("NEXT_RESPONSE", 1, 1) in clocks_of(reply, message, bounce, now=at("10:39"))
        assert ("NEXT_RESPONSE", 1, 1) not in clocks_of(reply, message, bounce, now=at("10:40"))


class TestResolution:
    def test_is_met_by_the_solution_and_starts_again_with_a_cycle(self):
        events = (
            AgentReplied(at("10:10"), "m1"),
            Solved(at("11:00")),
            CustomerWrote(at("15:00")),
        )
        clocks = clocks_of(*events, now=at("15:30"))

        assert clocks["RESOLUTION", 1, 1].met_at == at("11:00")
        assert clocks["RESOLUTION", 2, 1].start == at("15:00")
        assert clocks["RESOLUTION", 2, 1].is_running

    def test_a_level_without_the_metric_leaves_the_promise_as_it_was(self):
        asked = UrgencyProposed(at("10:30"), Side.CUSTOMER, "MIDDLE")
        clocks = clocks_of(asked, now=at("11:00"))

        assert clocks["RESOLUTION", 1, 1].due == at("10:00", day=6)
        assert clocks["RESOLUTION", 1, 1].level == "LOW"
        assert clocks["RESPONSE", 1, 1].level == "MIDDLE"


class TestPauses:
    @given(calendars_with_instants(instants=4), st.integers(1, 2000))
    def test_a_pause_moves_the_deadline_by_exactly_the_calendar_time_it_lasted(self, case, minutes):
        calendar, received, begin, end, now = case
        terms = Terms((level("A", 0, calendar, action=1, resolution=minutes),), "A")
        try:
            due = calendar.due(received, minutes * MINUTE)
            moved = calendar.due(received, minutes * MINUTE + calendar.elapsed(begin, end))
        except CalendarError:
            return
        events = [Received(received), WaitingStarted(begin), WaitingEnded(end)]

        clock = compute_clocks(events, terms=terms, now=now).clocks[-1]

        if due < begin or not calendar.elapsed(begin, end):
            assert clock.due == due
        else:
            assert clock.due == moved
            assert clock.moved_at == end

    def test_never_stops_the_two_clocks_of_the_agreement(self):
        clocks = clocks_of(WaitingStarted(at("10:10")), now=at("18:00", day=5))

        assert clocks["RESPONSE", 1, 1].breached_at == at("10:00", day=5)
        assert clocks["ACTION", 1, 1].met_at == at("10:10")

    def test_a_paused_clock_is_not_breached_and_has_no_warnings(self):
        clocks = clocks_of(WaitingStarted(at("10:10")), now=at("10:00", day=30))

        paused = clocks["RESOLUTION", 1, 1]
        assert paused.paused_since == at("10:10")
        assert (paused.is_decided, paused.is_running) == (False, False)
        assert warning_marks(paused, (50,)) == ()

    def test_starting_twice_does_not_start_anew_and_the_customers_word_ends_it(self):
        events = (
            WaitingStarted(at("11:00")),
            WaitingStarted(at("11:30")),
            CustomerWrote(at("12:00"), automatic=True),
            CustomerWrote(at("12:30")),
            WaitingEnded(at("13:00")),
        )
        outcome = compute_clocks([RECEIVED, *events], terms=FULL, now=at("14:00"))

        assert not outcome.is_waiting
        resolution = outcome.clocks[-1]
        assert resolution.due == at("11:30", day=6)
        assert resolution.moved_at == at("12:30")
        assert [m.why for m in outcome.moves if m.metric is Metric.RESOLUTION] == ["start", "pause"]

    def test_a_breached_clock_is_not_paused(self):
        clocks = clocks_of(WaitingStarted(at("10:01", day=6)), now=at("12:00", day=7))

        assert clocks["RESOLUTION", 1, 1].breached_at == at("10:00", day=6)
        assert clocks["RESOLUTION", 1, 1].paused_since is None

    def test_cancelling_ends_a_paused_clock_too(self):
        events = (WaitingStarted(at("11:00")), Cancelled(at("12:00"), CancelReason.DUPLICATE))
        clocks = clocks_of(*events, now=at("12:00", day=30))

        assert clocks["RESOLUTION", 1, 1].cancelled_at == at("12:00")
        assert clocks["RESOLUTION", 1, 1].breached_at is None

    def test_solving_while_waiting_meets_the_clock_with_the_pause_counted(self):
        events = (WaitingStarted(at("11:00")), Solved(at("12:00")))
        resolution = clocks_of(*events, now=at("13:00"))["RESOLUTION", 1, 1]

        assert (resolution.met_at, resolution.due) == (at("12:00"), at("11:00", day=6))

    def test_a_change_of_urgency_in_a_pause_counts_the_pause_on_both_sides_of_it(self):
        events = (
            WaitingStarted(at("11:00")),
            UrgencyProposed(at("12:00"), Side.CUSTOMER, "HIGH"),
            UrgencyWithdrawn(at("13:00"), Side.CUSTOMER),
            WaitingEnded(at("14:00")),
        )
        outcome = compute_clocks([RECEIVED, *events], terms=FULL, now=at("15:00"))

        resolution = [m for m in outcome.moves if m.metric is Metric.RESOLUTION]
        assert [(m.why, m.after) for m in resolution] == [
            ("start", at("10:00", day=6)),
            ("pause", at("11:00", day=6)),
            ("raise", at("16:00")),  # four hours from the raise on
            ("pause", at("17:00")),
            ("lowering", at("12:00", day=6)),  # from the start, two hours of pause on top
            ("pause", at("13:00", day=6)),
        ]
        assert outcome.clocks[-1].due == at("13:00", day=6)


class TestWarnings:
    def marks(self, *events, terms=STANDARD, thresholds=(50, 75, 90)):
        outcome = compute_clocks([RECEIVED, *events], terms=terms, now=at("10:00", day=29))
        return warning_marks(outcome.clocks[0], thresholds)

    def test_are_shares_of_the_calendar_time(self):
        assert self.marks() == (
            (50, at("14:00")),
            (75, at("16:00")),
            (90, at("9:12", day=5)),
            (100, at("10:00", day=5)),
        )

    def test_count_from_the_change_that_moved_the_deadline(self):
        asked = UrgencyProposed(at("12:00"), Side.CUSTOMER, "URGENT")

        assert self.marks(asked)[0] == (50, at("12:15"))
        too_late = UrgencyProposed(at("9:45", day=5), Side.CUSTOMER, "URGENT")
        assert self.marks(too_late) == self.marks()

    def test_are_left_out_where_no_time_is_left_for_them(self):
        nothing = Terms((level("A", 0, PARIS, action=0),), "A")
        assert self.marks(terms=nothing) == ((100, at("10:00")),)
        outcome = compute_clocks([Received(at("20:00"))], terms=nothing, now=at("21:00"))
        assert warning_marks(outcome.clocks[0], (50,)) == ((100, at("9:00", day=5)),)

    def test_a_threshold_that_falls_on_the_deadline_is_the_deadline(self):
        assert [share for share, _ in self.marks(thresholds=(50, 100))] == [50, 100]

    def test_shares_are_rounded_down_to_a_microsecond(self):
        tiny = Target(Metric.ACTION, timedelta(microseconds=3), ALWAYS)
        terms = Terms((Level("A", 0, {Metric.ACTION: tiny}),), "A")
        moment = timedelta(microseconds=1)

        marks = self.marks(terms=terms, thresholds=(10, 50, 90))
        assert [(share, when - at("10:00")) for share, when in marks] == [
            (50, moment),
            (90, 2 * moment),
            (100, 3 * moment),
        ]


class TestStates:
    def test_overshoot_is_how_late_it_was_met(self):
        late = AgentActed(at("11:00", day=5))
        clocks = clocks_of(late, now=at("12:00", day=5), terms=STANDARD)

        action, response = clocks["ACTION", 1, 1], clocks["RESPONSE", 1, 1]
        assert action.overshoot == action.overshoot_business == 60 * MINUTE
        assert action.is_decided
        assert not action.is_running
        assert response.is_decided
        assert response.is_running
        assert response.overshoot is response.overshoot_business is None

    def test_overshoot_in_the_calendars_time_leaves_the_night_out(self):
        late = AgentActed(at("10:00", day=6))
        received = Received(at("17:00"))
        outcome = compute_clocks([received, late], terms=STANDARD, now=at("12:00", day=6))

        assert outcome.clocks[0].overshoot == timedelta(hours=17)
        assert outcome.clocks[0].overshoot_business == timedelta(hours=1)

    def test_the_outcome_says_what_was_agreed(self):
        steps = (
            UrgencyProposed(at("10:01"), Side.CUSTOMER, "URGENT"),
            UrgencyProposed(at("10:02"), Side.PROVIDER, "NON_URGENT", countered=True),
            UrgencyAgreed(at("10:03"), Side.CUSTOMER),
        )
        outcome = compute_clocks([RECEIVED, *steps], terms=STANDARD, now=at("11:00"))

        assert (outcome.agreed, outcome.governing) == ("NON_URGENT", "NON_URGENT")
        assert outcome.urgency.state() == "agreed"
