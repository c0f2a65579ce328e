"""10 000 clocks fall due; something dies in the middle. Nothing is missed, doubled or early."""

import os
import signal
import time

import pytest

from tests.faults.conftest import CLOCKS, FLAGGED, Rig
from tests.processes import wait_until

HALF = CLOCKS // 2


class TestKilling:
    def test_the_worker(self, rig: Rig) -> None:
        rig.start_beat()
        worker = rig.start_ticking_worker()
        rig.plan(seconds=2)

        rig.wait_for(FLAGGED, HALF)
        worker.kill()
        rig.start_worker()

        rig.wait_until_flagged()
        rig.check_everything_happened_once()

    def test_beat_costs_nothing(self, rig: Rig) -> None:
        beat = rig.start_beat()
        rig.start_ticking_worker()
        rig.plan(seconds=3)

        rig.wait_for(FLAGGED, HALF)
        beat.kill()

        rig.wait_until_flagged()
        rig.check_everything_happened_once()
        assert rig.max_lag < 1

    def test_valkey_costs_nothing(self, rig: Rig) -> None:
        rig.start_beat()
        rig.start_ticking_worker()
        rig.plan(seconds=4)

        rig.wait_for(FLAGGED, HALF)
        rig.engines.kill_valkey()
        rig.wait_for(FLAGGED, HALF + 1500)
        rig.engines.start_valkey()

        rig.wait_until_flagged()
        rig.check_everything_happened_once()
        assert rig.max_lag < 1

    def test_one_of_two_workers_in_a_burst(self, rig: Rig) -> None:
        rig.start_beat()
        first, _second = rig.start_ticking_worker(), rig.start_ticking_worker()
        rig.plan(seconds=0)

        rig.wait_for(FLAGGED, 1)
        first.kill()

        rig.wait_until_flagged(seconds=15)
        rig.check_everything_happened_once()


class TestEmptyingTheBroker:
    def test_costs_nothing(self, rig: Rig) -> None:
        rig.start_beat()
        rig.start_ticking_worker()
        rig.plan(seconds=3)

        rig.wait_for(FLAGGED, HALF)
        rig.engines.empty_broker()

        rig.wait_until_flagged()
        rig.check_everything_happened_once()
        assert rig.max_lag < 1


class TestRestartingPostgres:
    @pytest.mark.parametrize(
        "stop", [pytest.param(signal.SIGINT, id="fast"), pytest.param(signal.SIGQUIT, id="crash")]
    )
    def test_is_caught_up_soon(self, rig: Rig, stop: signal.Signals) -> None:
        rig.start_beat()
        worker = rig.start_ticking_worker()
        rig.plan(seconds=3)

        rig.wait_for(FLAGGED, HALF)
        rig.engines.stop_postgres(stop)
        rig.engines.start_postgres()

        rig.wait_until_flagged(seconds=20)
        rig.check_everything_happened_once()
        assert worker.is_running()


class TestWithoutBeatAndBroker:
    def test_flags_come_on_time_for_half_a_minute(self, rig: Rig) -> None:
        beat = rig.start_beat()
        worker = rig.start_ticking_worker()
        beat.kill()
        rig.engines.kill_valkey()
        rig.plan(seconds=30)

        rig.wait_until_flagged(seconds=60)

        rig.check_everything_happened_once()
        assert rig.max_lag < 1
        assert worker.is_running()


class TestTwoWorkersAndTwoBeats:
    def test_flag_once(self, rig: Rig) -> None:
        for _ in range(2):
            rig.start_ticking_worker()
            rig.start_beat()
        rig.plan(seconds=0)

        rig.wait_until_flagged()

        rig.check_everything_happened_once()


class TestAFrozenWorker:
    def test_leaves_the_flags_to_the_other(self, rig: Rig) -> None:
        frozen = rig.start_ticking_worker()
        rig.start_ticking_worker()
        rig.plan(seconds=2)

        rig.wait_for(FLAGGED, HALF)
        os.killpg(frozen.pid, signal.SIGSTOP)
        try:
            # What it held when it froze it holds on; everything else is the other's.
            rig.wait_for(FLAGGED, CLOCKS - 1000)
        finally:
            os.killpg(frozen.pid, signal.SIGCONT)

        rig.wait_until_flagged()
        rig.check_everything_happened_once()


class TestAHeldRow:
    def test_waits_alone_and_without_a_busy_loop(self, rig: Rig) -> None:
        worker = rig.start_ticking_worker()
        rig.plan(seconds=0.2, after=0.3, count=100)
        with rig.engines.connect() as holder, holder.transaction():
            holder.execute("SELECT FROM tickets_clock ORDER BY id LIMIT 1 FOR UPDATE")
            rig.wait_until_flagged(99)
            spent = cpu_seconds(worker.pid)
            time.sleep(2)  # what is measured: the processor time of these two seconds
            spent = cpu_seconds(worker.pid) - spent
            assert rig.ask(FLAGGED) == 99
            released_at = rig.ask("SELECT clock_timestamp()")

        rig.wait_until_flagged(100)

        rig.check_everything_happened_once(100)
        latest = rig.ask("SELECT max(noticed_at) FROM tickets_clock")
        assert (latest - released_at).total_seconds() < 1
        assert spent < 1
        assert rig.ask("SELECT count(*) FROM tickets_clock WHERE noticed_at > due_at + '1 s'") == 1


class TestPlansMadeAnew:
    def test_are_flagged_where_they_are_now(self, rig: Rig) -> None:
        rig.start_ticking_worker()
        rig.plan(seconds=0, after=3)
        # A third is due now, a third never more, a third two seconds later.
        rig.ask(
            """
            WITH moved AS (
                UPDATE tickets_clock
                SET revision = revision + 1, due_at = due, marks = ARRAY[due],
                    next_wake_at = CASE WHEN id % 3 = 1 THEN NULL ELSE due END
                FROM (SELECT id AS clock_id, due_at + CASE id % 3 WHEN 0 THEN interval '-3 s'
                                                   ELSE interval '2 s' END AS due
                      FROM tickets_clock) AS plan
                WHERE id = clock_id
                RETURNING id
            ),
            rung AS (SELECT pg_notify('clock_planned', ''))
            SELECT count(*) FROM moved, rung
            """
        )
        wanted = rig.ask("SELECT count(*) FROM tickets_clock WHERE next_wake_at IS NOT NULL")

        rig.wait_until_flagged(wanted)

        rig.check_everything_happened_once(wanted)
        assert rig.ask(f"{FLAGGED} AND clock_revision = 1") == 0


class TestABrokerThatNeverAnswers:
    def test_delays_no_flag(self, rig: Rig) -> None:
        # The worker finds a listening socket, and that is all it ever finds.
        rig.start_ticking_worker()
        os.kill(rig.engines.valkey_pid, signal.SIGSTOP)
        try:
            rig.plan(seconds=3)
            rig.wait_until_flagged()
        finally:
            rig.engines.kill_valkey()

        rig.check_everything_happened_once()
        assert rig.max_lag < 1

    def test_is_not_even_needed_at_the_start(self, rig: Rig) -> None:
        rig.engines.kill_valkey()
        worker = rig.desk.start(
            *("celery", "-A", "sla_support", "worker", "--queues", "timers", "--pool", "threads"),
            *("--loglevel", "INFO"),
        )
        worker.wait_for_line("The ticker ")
        rig.plan(seconds=1, count=1000)

        rig.wait_until_flagged(1000)

        rig.check_everything_happened_once(1000)
        assert rig.max_lag < 1


class TestStopping:
    @pytest.mark.parametrize("pool", ["threads", "prefork", "solo"])
    def test_ends_the_ticker_with_its_worker(self, rig: Rig, pool: str) -> None:
        worker = rig.start_worker(pool=pool, concurrency=2)
        worker.wait_for_line("The ticker ")
        tickers = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ticker'"
        assert rig.ask(tickers) == 1

        worker.stop(seconds=20)

        wait_until(lambda: rig.ask(tickers) == 0, seconds=5)

    def test_a_worker_of_other_queues_has_no_ticker(self, rig: Rig) -> None:
        worker = rig.start_worker(queues="mail_out")

        assert "The ticker " not in worker.output
        assert rig.ask("SELECT count(*) FROM tickets_tickerstate") == 0


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
