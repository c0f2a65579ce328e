"""A request that rings the bell never waits long for it, however the broker is broken."""

import socket
from time import monotonic

import pytest
from kombu.exceptions import OperationalError

from sla_support.celery import app
from tests.processes import free_port

#: Of a request; the obligation is a row already.
LONGEST_WAIT = 3.0


def seconds_to_give_up(port: int) -> float:
    began_at = monotonic()
    with (
        app.connection_for_write(f"redis://127.0.0.1:{port}/0") as connection,
        pytest.raises((OperationalError, OSError)),
    ):
        app.send_task("tickets.tasks.sweep_clocks", connection=connection)
    return monotonic() - began_at


def test_a_broker_that_is_not_there():
    assert seconds_to_give_up(free_port()) < LONGEST_WAIT


def test_a_broker_that_accepts_and_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert seconds_to_give_up(silent.getsockname()[1]) < LONGEST_WAIT


def test_a_broker_whose_packets_are_lost():
    # A listener with a full queue answers no connection attempt at all.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        assert seconds_to_give_up(address[1]) < LONGEST_WAIT
        for client in waiting:
            client.close()


def test_timers_are_not_redelivered_and_everything_else_is():
    annotations = app.conf.task_annotations["tickets.tasks.sweep_clocks"]
    assert annotations == {"acks_late": False, "reject_on_worker_lost": False}
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.accept_content == ["json"]
    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * app.conf.task_time_limit


@pytest.mark.parametrize(
    ("task", "queue", "expires"),
    [("sweep_clocks", "timers", 5), ("sweep_deliveries", "mail_out", 10)],
)
def test_a_sweep_that_came_too_late_is_dropped(task, queue, expires):
    entry = app.conf.beat_schedule[task]
    assert entry["task"] == f"tickets.tasks.{task}"
    assert entry["options"] == {"queue": queue, "expires": expires}
    assert entry["schedule"] == expires
