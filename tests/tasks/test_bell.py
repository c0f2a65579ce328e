import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import transaction

from tests.processes import free_port
from tickets.services import bell


@pytest.fixture(autouse=True)
def fresh_bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bells that never failed before, on a connection of the test's own."""
    monkeypatch.setattr(bell, "_pages", bell.Bell("open pages", bell._announce))
    bell._publisher.cache_clear()
    yield
    bell._publisher.cache_clear()


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


class TestAnnounceNow:
    def test_reaches_whoever_listens(self, broker: redis.Redis) -> None:
        listener = broker.pubsub()
        listener.subscribe(bell.CHANNEL)
        assert listener.get_message(timeout=5)["type"] == "subscribe"

        bell.announce_now()

        assert listener.get_message(timeout=5)["type"] == "message"
        listener.close()

    def test_comes_through_on_a_connection_that_the_server_closed(
        self, broker: redis.Redis
    ) -> None:
        bell.announce_now()
        broker.client_kill_filter(_type="normal", skipme=True)
        listener = broker.pubsub()
        listener.subscribe(bell.CHANNEL)
        assert listener.get_message(timeout=5)["type"] == "subscribe"

        bell.announce_now()

        assert listener.get_message(timeout=5)["type"] == "message"
        listener.close()

    def test_keeps_nobody_waiting_for_a_server_that_never_answers(
        self, silent_server: str, settings: Any
    ) -> None:
        settings.REDIS_URL = silent_server

        assert duration_of_announcement() < 1.5  # 0.3 s; the machine may be busy
        assert duration_of_announcement() < 0.05  # it rests

    def test_does_not_mind_a_server_that_is_gone(self, settings: Any) -> None:
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

        assert duration_of_announcement() < 1.5
        assert duration_of_announcement() < 0.05

    def test_rings_again_after_a_while(self, broker: redis.Redis, settings: Any) -> None:
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
        bell.announce_now()
        settings.REDIS_URL = os.environ["REDIS_URL"]
        bell._publisher.cache_clear()
        listener = broker.pubsub()
        listener.subscribe(bell.CHANNEL)
        assert listener.get_message(timeout=5)["type"] == "subscribe"

        deadline = time.monotonic() + 10
        message = None
        while message is None and time.monotonic() < deadline:
            bell.announce_now()
            message = listener.get_message(timeout=0.1)

        assert message is not None
        listener.close()


def duration_of_announcement() -> float:
    start = time.monotonic()
    bell.announce_now()
    return time.monotonic() - start


@pytest.mark.django_db(transaction=True)
class TestAnnounceAfterCommit:
    def test_is_silent_until_the_commit(self, broker: redis.Redis) -> None:
        listener = broker.pubsub()
        listener.subscribe(bell.CHANNEL)
        assert listener.get_message(timeout=5)["type"] == "subscribe"

        with transaction.atomic():
            bell.announce_after_commit()
            assert listener.get_message(timeout=0.2) is None

        assert listener.get_message(timeout=5)["type"] == "message"
        listener.close()


class TestRingDeliveriesNow:
    def test_puts_a_task_into_the_queue_of_mail(self, broker: redis.Redis) -> None:
        bell.ring_deliveries_now()

        assert broker.llen("mail_out") == 1


class TestRingSweepsNow:
    def test_asks_the_pool_of_the_timers(self, broker: redis.Redis) -> None:
        bell.ring_sweeps_now()

        assert broker.llen("timers") == 3
