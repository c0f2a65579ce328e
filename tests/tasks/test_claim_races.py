"""Claims beside other work: real transactions on several connections."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction

from benchmarks import population
from tests.tasks.clocks import database_now, make_clock, seconds
from tickets.models import Alert, Clock, Delivery, Event, Ticket
from tickets.services import timers
from tickets.services.timers import claim_due_clocks

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*jobs: Callable[[], object]) -> None:
    """Runs each job in a thread of its own, all at once; raises what any of them raised."""
    barrier = threading.Barrier(len(jobs))
    errors: list[BaseException] = []

    def run(job: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            job()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


class TestSeveralClaims:
    def test_at_once_flag_every_clock_once(self) -> None:
        with connection.cursor() as cursor:
            population.add_people(cursor)
            population.add_tickets(cursor, 600)
            population.add_clocks(cursor, due="clock_timestamp() - interval '1 second'")

        def drain() -> None:
            while claim_due_clocks(limit=50).count:
                pass

        at_once(drain, drain, drain)

        late = Clock.objects.filter(breached_at__isnull=False, next_wake_at=None)
        flags = Event.objects.filter(kind=Event.Kind.CLOCK_BREACHED)
        assert late.count() == flags.count() == 600
        assert flags.values("clock").distinct().count() == 600
        assert Delivery.objects.count() == Alert.objects.count() >= 600


class TestHeldRows:
    @pytest.mark.parametrize("held", ["clock", "ticket"])
    def test_wait_alone_and_are_flagged_when_released(self, held: str) -> None:
        one, other = make_clock(due_in=seconds(-1)), make_clock(due_in=seconds(-1))
        is_held, release = threading.Event(), threading.Event()

        def hold() -> None:
            rows = Clock.objects if held == "clock" else Ticket.objects
            pk = one.pk if held == "clock" else one.ticket_id
            with transaction.atomic():
                rows.select_for_update().get(pk=pk)
                is_held.set()
                assert release.wait(10)

        def claim() -> None:
            assert is_held.wait(10)
            try:
                assert claim_due_clocks().count == 1
            finally:
                release.set()

        at_once(hold, claim)

        assert Clock.objects.get(breached_at__isnull=False) == other
        assert claim_due_clocks().count == 1

    def test_that_moved_meanwhile_are_judged_as_they_are_now(self) -> None:
        # Both clocks are found due; the claim reaches the second one after it has moved.
        clocks = [make_clock(due_in=seconds(-2)), make_clock(due_in=seconds(-1))]
        later = database_now() + seconds(3600)

        for _ in range(20):
            Clock.objects.update(breached_at=None, noticed_at=None, next_wake_at=clocks[1].due_at)
            at_once(claim_due_clocks, lambda: move(clocks[1], later))
            moved = Clock.objects.get(pk=clocks[1].pk)
            if moved.breached_at is None:
                assert moved.next_wake_at == later
            else:
                assert moved.next_wake_at is None


def move(clock: Clock, due_at: datetime) -> None:
    """As a planning service moves a deadline: held first, and left alone once breached."""
    with transaction.atomic():
        row = Clock.objects.select_for_update(no_key=True).get(pk=clock.pk)
        if row.breached_at is None:
            row.due_at, row.next_wake_at, row.marks = due_at, due_at, [due_at]
            row.save(update_fields=["due_at", "next_wake_at", "marks"])


class TestWakeUps:
    def test_the_earliest_is_told_in_seconds(self) -> None:
        assert timers.seconds_to_earliest_wake_up(timers._run) is None
        make_clock(due_in=seconds(7))
        make_clock(due_in=seconds(5))

        assert timers.seconds_to_earliest_wake_up(timers._run) == pytest.approx(5, abs=1)

    def test_long_overdue_are_told_to_a_full_look_only(self) -> None:
        make_clock(due_in=seconds(-60))

        assert timers.seconds_to_earliest_wake_up(timers._run) is None
        assert timers.seconds_to_earliest_wake_up(timers._run, full=True) < -59

    def test_are_announced_when_they_are_near(self) -> None:
        connection.ensure_connection()
        listener = connection.connection
        listener.execute("LISTEN clock_planned")
        near = database_now() + seconds(0.2)

        timers.announce_wake_up(database_now() + seconds(60))
        timers.announce_wake_up(None)
        timers.announce_wake_up(near)

        (notice,) = listener.notifies(timeout=1, stop_after=1)
        assert float(notice.payload) == pytest.approx(near.timestamp())


class TestTheIndex:
    def test_finds_what_is_due_among_many(self) -> None:
        with connection.cursor() as cursor:
            population.add_people(cursor)
            population.add_tickets(cursor, 20_000)
            population.add_clocks(cursor, due="now() + make_interval(secs => n)")
            cursor.execute("ANALYZE tickets_clock")
            plan = explained(cursor, timers._CLAIM_BY_TIME, {"limit": 1000, "look_back": "10 s"})
            earliest = explained(cursor, timers._EARLIEST, {"look_back": "10 s"})

        assert "Index Scan using clock_wake" in plan
        assert "Seq Scan on tickets_clock" not in plan
        assert "using clock_wake" in earliest


def explained(cursor: Any, statement: str, bounds: dict[str, object]) -> str:
    cursor.execute("EXPLAIN " + statement, bounds)
    return "\n".join(line for (line,) in cursor.fetchall())
