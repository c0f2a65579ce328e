"""The bells: "something changed" for open pages, "there is mail" for the workers.

A bell says nothing but that it is worth looking; what there is to see stands in PostgreSQL. So a
bell may be lost, and ringing one never raises and never keeps anybody waiting: after a failure it
stays silent for a while, and the polling that every listener does anyway bridges the gap.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

#: Open pages listen here (Redis pub/sub). The message has no content.
CHANNEL = "desk:changed"

#: Seconds to wait for Redis to connect, and again to answer.
_PATIENCE = 0.15


class Bell:
    """Rings by calling `ring`; after a failure it is left alone for 1 s, then 2, up to 8."""

    def __init__(self, name: str, ring: Callable[[], object]) -> None:
        self._name = name
        self._ring = ring
        self._lock = threading.Lock()
        self._silence = 0.0
        self._silent_until = 0.0

    def ring(self) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            self._ring()
        except Exception as error:  # whatever a broken broker comes up with
            self._rest(error)
        else:
            self._silence = 0.0

    def _rest(self, error: Exception) -> None:
        with self._lock:
            self._silence = min(self._silence * 2 or 1.0, 8.0)
            self._silent_until = time.monotonic() + self._silence
        logger.warning(
            "The bell for %s does not ring (%s). Silent for %g s.",
            self._name,
            error or type(error).__name__,
            self._silence,
        )


def announce_after_commit() -> None:
    """Tells open pages to look again, once the present transaction is committed."""
    transaction.on_commit(announce_now, robust=True)


def ring_deliveries_after_commit() -> None:
    """Tells the workers to look for mail to send, once the present transaction is committed."""
    transaction.on_commit(ring_deliveries_now, robust=True)


def announce_now() -> None:
    """Never raises; takes 0.3 s at most, and no time at all while Redis is known to be away."""
    _pages.ring()


def ring_deliveries_now() -> None:
    """Never raises; takes as long as Celery's publishing may, and no time while that is broken."""
    _deliveries.ring()


def ring_sweeps_now() -> None:
    """Asks the pool of the timers' workers to help with a burst. Never raises."""
    _sweeps.ring()


@cache
def _publisher() -> redis.Redis:
    # One new attempt on a connection that the server closed; none when it does not answer in time.
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=_PATIENCE,
        socket_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def _announce() -> None:
    _publisher().publish(CHANNEL, "")


def _ring_deliveries() -> None:
    current_app.send_task("tickets.tasks.send_deliveries")


def _ring_sweeps() -> None:
    for _ in range(_SWEEPS_IN_A_BURST):
        current_app.send_task("tickets.tasks.sweep_clocks", expires=5)


#: Tasks that help the ticker through a burst; a worker of the timers has four threads.
_SWEEPS_IN_A_BURST = 3

_pages = Bell("open pages", _announce)
_deliveries = Bell("deliveries", _ring_deliveries)
_sweeps = Bell("sweeps", _ring_sweeps)
