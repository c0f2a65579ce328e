"""The ticker: a thread in each worker of the queue `timers` that flags clocks as they fall due.

It needs neither beat nor broker. It sleeps until the earliest wake-up, at most a quarter of a
second, on a connection of its own; whoever plans an earlier one notifies it. Two tickers never
disturb each other, so two workers are high availability, and no leader is needed.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from celery import bootsteps
from django.db import connections

from tickets.services import bell, timers

logger = logging.getLogger(__name__)

BATCH = 1000

#: Seconds. The longest sleep; the rest while something overdue is held by somebody else; between
#: looks further back than 10 s; between signs of life; between rings of the bells.
LONGEST_SLEEP = 0.25
SHORT_REST = 0.025
FULL_LOOK_EVERY = 1.0
SIGN_OF_LIFE_EVERY = 1.0
REST_BETWEEN_BELLS = 0.1

#: Seconds between attempts to reach the database: doubled from the first to the last.
FIRST_RETRY = 0.05
LAST_RETRY = 0.5

#: Full batches in a row that make a burst.
BURST = 3

#: Nothing of the ticker's may last: not a connection attempt to a database that is away, not a
#: statement behind somebody's lock. Plans follow the size of the tables, which a burst changes.
CONNECTION: Mapping[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "ticker",
    "options": "-c statement_timeout=20s -c lock_timeout=2s -c jit=off"
    " -c plan_cache_mode=force_custom_plan",
}


class Ticker(threading.Thread):
    """Claims due clocks until it is stopped, whatever becomes of the database or the broker."""

    def __init__(self) -> None:
        super().__init__(name="ticker", daemon=True)
        #: Host and process: two workers keep two signs of life.
        self.label = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._ringer = Ringer()

    def run(self) -> None:
        self._ringer.start()
        retry = FIRST_RETRY
        while not self._stopping.is_set():
            try:
                with connect() as connection:
                    logger.info("The ticker %s runs.", self.label)
                    retry = FIRST_RETRY
                    Watch(connection, self.label, self._ringer, self._stopping).keep()
            except psycopg.Error as error:
                logger.warning("The ticker connects anew: %s", str(error).strip())
            except Exception:  # it must outlive whatever it meets
                logger.exception("The ticker starts anew.")
            self._stopping.wait(retry)
            retry = min(retry * 2, LAST_RETRY)

    def stop(self) -> None:
        self._stopping.set()
        self._ringer.stop()
        if self.is_alive():
            self.join(5)


class Watch:
    """What a ticker does on one connection: look, claim, sleep."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        label: str,
        ringer: Ringer,
        stopping: threading.Event,
    ) -> None:
        self._connection = connection
        self._label = label
        self._ringer = ringer
        self._stopping = stopping
        self._is_notified = False
        self._next_full_look = self._next_sign_of_life = 0.0
        connection.add_notify_handler(self._on_notify)

    def keep(self) -> None:
        """Returns when the ticker stops.

        Raises:
            psycopg.Error: the connection is gone, or a statement took too long.
        """
        self._connection.execute(f"LISTEN {timers.CHANNEL}".encode())
        timers.forget_old_tickers(self._run)
        while not self._stopping.is_set():
            self._look(full=self._is_time_for_full_look())
            self._give_sign_of_life()

    def _look(self, *, full: bool) -> None:
        self._is_notified = False
        seconds = timers.seconds_to_earliest_wake_up(self._run, full=full)
        if seconds is None or seconds > LONGEST_SLEEP:
            self._sleep(LONGEST_SLEEP)
        elif seconds > 0:
            self._sleep(seconds)
            self._claim_all(full=False)
        elif not self._claim_all(full):
            self._sleep(SHORT_REST)  # due, but in somebody else's hands

    def _claim_all(self, full: bool) -> int:
        """Claims until a batch comes back short; returns how many clocks that were."""
        total = batches = 0
        while not self._stopping.is_set():
            claim = timers.claim_with(self._run, limit=BATCH, full=full)
            total += claim.count
            if claim.count:
                self._ringer.ring(bell.announce_now, bell.ring_deliveries_now)
            if claim.count < BATCH:
                break
            self._give_sign_of_life()
            batches += 1
            if batches == BURST:
                self._ringer.ring(bell.ring_sweeps_now)
        return total

    def _is_time_for_full_look(self) -> bool:
        is_time = time.monotonic() >= self._next_full_look
        if is_time:
            self._next_full_look = time.monotonic() + FULL_LOOK_EVERY
        return is_time

    def _give_sign_of_life(self) -> None:
        if time.monotonic() >= self._next_sign_of_life:
            timers.record_ticker(self._run, name=self._label)
            self._next_sign_of_life = time.monotonic() + SIGN_OF_LIFE_EVERY

    def _sleep(self, seconds: float) -> None:
        # select() keeps to the microsecond; the library's own waiting rounds to milliseconds.
        if seconds <= 0 or self._is_notified:
            return
        if select.select([self._connection], [], [], seconds)[0]:
            self._connection.pgconn.consume_input()
            while self._connection.pgconn.notifies():
                pass  # what was planned is asked of the table

    def _run(self, statement: str, bounds: Mapping[str, Any]) -> Sequence[Any]:
        row = self._connection.execute(statement.encode(), bounds).fetchone()
        assert row is not None
        return row

    def _on_notify(self, notice: psycopg.Notify) -> None:
        self._is_notified = True


class Ringer(threading.Thread):
    """Rings bells beside the ticker, so that a broker that hangs never delays a flag.

    However often a bell is asked for meanwhile, it rings once more, and not sooner than after
    `REST_BETWEEN_BELLS`: publishing takes the interpreter from the ticker.
    """

    def __init__(self) -> None:
        super().__init__(name="ringer", daemon=True)
        self._wanted: dict[Any, None] = {}
        self._stopping = threading.Event()
        self._change = threading.Condition()

    def ring(self, *bells: Any) -> None:
        with self._change:
            self._wanted.update(dict.fromkeys(bells))
            self._change.notify()

    def run(self) -> None:
        while not self._stopping.wait(REST_BETWEEN_BELLS):
            with self._change:
                self._change.wait_for(lambda: self._wanted or self._stopping.is_set())
                wanted, self._wanted = self._wanted, {}
            for ring in wanted:
                ring()

    def stop(self) -> None:
        self._stopping.set()
        with self._change:
            self._change.notify()


def connect() -> psycopg.Connection[Any]:
    """A connection of the ticker's own, outside Django's pool.

    Raises:
        psycopg.OperationalError: the database is away.
    """
    chosen = connections["default"].get_connection_params()
    # Django's cursor and adapters go with Django's connection; plain ones are quicker.
    for name in ("cursor_factory", "context", "prepare_threshold"):
        chosen.pop(name, None)
    return psycopg.connect(**{**chosen, **CONNECTION}, autocommit=True)


class TickerStep(bootsteps.StartStopStep):
    """Starts a ticker with each worker that takes tasks from the queue `timers`."""

    # After the pool, so that no process is forked with the ticker's connection in its hands; before
    # the consumer, so that a broker that is away at the start delays nothing.
    requires = ("celery.worker.components:Pool",)

    def include_if(self, worker: Any) -> bool:
        return "timers" in worker.app.amqp.queues.consume_from

    def create(self, worker: Any) -> Ticker:  # type: ignore[override] # Celery keeps what it gets
        return Ticker()
