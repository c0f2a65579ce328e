from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_ticket, minutes
from tests.selectors.rows import Rows
from tickets.models import Clock, Event, TickerState, Ticket
from tickets.selectors import health
from tickets.selectors.health import get_timer_health


def flag(ticket: Ticket, *, lag: timedelta, kind: Event.Kind, ago: timedelta) -> None:
    """A flag as the timers leave it: recorded `lag` after its mark, `ago` before now."""
    recorded_at = timezone.now() - ago
    event = Event.objects.create(
        ticket=ticket,
        kind=kind,
        at=recorded_at - lag,
        recorded_at=recorded_at,
        clock_id=1,
        clock_revision=Event.objects.count(),
        threshold=100,
    )
    assert event.recorded_at - event.at == lag


@pytest.fixture
def ticket(db: None) -> Ticket:
    """A ticket of long ago, with nothing on its timeline but what these tests put there."""
    return Rows(timezone.now()).make()


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


class TestLag:
    def test_is_none_without_flags(self, db: None) -> None:
        lag = get_timer_health().breaches

        assert (lag.count, lag.p50, lag.p99, lag.max) == (0, None, None, None)

    def test_tells_breaches_from_warnings(self, ticket: Ticket) -> None:
        for n in (1, 2, 9):
            flag(ticket, lag=seconds(n), kind=Event.Kind.CLOCK_BREACHED, ago=minutes(n))
        flag(ticket, lag=seconds(4), kind=Event.Kind.CLOCK_WARNED, ago=minutes(1))

        found = get_timer_health()

        assert (found.breaches.count, found.breaches.p50, found.breaches.max) == (
            *(3, seconds(2), seconds(9)),
        )
        assert found.breaches.p99 == seconds(8.86)
        assert (found.warnings.count, found.warnings.max) == (1, seconds(4))

    def test_forgets_after_a_day(self, ticket: Ticket) -> None:
        flag(ticket, lag=seconds(1), kind=Event.Kind.CLOCK_BREACHED, ago=timedelta(hours=25))

        assert get_timer_health().breaches.count == 0

    def test_reads_the_latest_flags_only(
        self, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "FLAGS_READ", 2)
        for n in (9, 1, 2):
            flag(ticket, lag=seconds(n), kind=Event.Kind.CLOCK_BREACHED, ago=seconds(20 - n))

        lag = get_timer_health().breaches

        assert (lag.count, lag.max) == (2, seconds(2))

    def test_leaves_out_marks_that_were_past_when_the_desk_learned_of_them(self, db: None) -> None:
        now = timezone.now()
        make_ticket(now=now, received_at=now - minutes(31), level="URGENT")
        assert Event.objects.filter(kind=Event.Kind.CLOCK_BREACHED).exists()

        assert get_timer_health().breaches.count == 0


class TestClaims:
    def test_are_alarming_when_none_was_ever_made(self, db: None) -> None:
        found = get_timer_health()

        assert found.claim_age is None
        assert found.is_alarming

    def test_age_is_that_of_the_newest_ticker(self, db: None) -> None:
        now = timezone.now()
        for name, ago in (("one", 90), ("two", 1)):
            TickerState.objects.create(name=name, started_at=now, last_claim_at=now - seconds(ago))

        found = get_timer_health()

        assert found.claim_age is not None
        assert seconds(1) <= found.claim_age < seconds(2)
        assert not found.is_alarming

    def test_overdue_clocks_are_counted(self, db: None) -> None:
        now = timezone.now()
        ticket = make_ticket(now=now)
        TickerState.objects.create(name="one", started_at=now, last_claim_at=now)
        assert get_timer_health().unclaimed == 0

        Clock.objects.filter(ticket=ticket).update(next_wake_at=now - seconds(5))
        found = get_timer_health()

        assert found.unclaimed == 2
        assert found.unclaimed_for is not None
        assert found.unclaimed_for >= seconds(5)
        assert found.is_alarming
