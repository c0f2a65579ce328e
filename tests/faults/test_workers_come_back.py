"""A worker that lost its broker takes tasks again. This is what Celery's pinned version is for:
5.7.0 may end, or come back and consume nothing, when it held an unacknowledged message."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from sla_support.environment import celery_broker
from tests.faults.conftest import Rig
from tests.processes import Process, wait_until

QUEUES = {"timers": "threads", "bulk": "prefork"}


@pytest.fixture
def sender(rig: Rig) -> Iterator[Celery]:
    """Puts tasks into the desk's queues from outside."""
    url = celery_broker(rig.engines.environment["REDIS_URL"])
    with Celery(broker=url, set_as_current=False) as app:
        yield app


def start_worker(rig: Rig, queue: str) -> Process:
    worker = rig.desk.start(
        *("celery", "-A", "sla_support", "worker", "--include", "tests.faults.jobs"),
        *("--queues", queue, "--pool", QUEUES[queue], "--concurrency", "2"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    )
    worker.wait_for_line(" ready.")
    return worker


def lose_broker(rig: Rig, how: str) -> None:
    if how == "killed":
        rig.engines.kill_valkey()
        rig.engines.start_valkey()
    else:
        rig.engines.cut_connections_to_broker()


def check_takes_tasks(worker: Process, sender: Celery, queue: str, trace: Path) -> None:
    sender.send_task("tests.faults.jobs.note", [str(trace)], queue=queue)
    wait_until(trace.exists, seconds=60, what="a new task is taken")
    assert worker.is_running()


@pytest.mark.parametrize("how", ["killed", "cut"])
class TestAWorkerThatLostItsBroker:
    @pytest.mark.parametrize("queue", QUEUES)
    def test_takes_tasks_again(
        self, rig: Rig, sender: Celery, tmp_path: Path, queue: str, how: str
    ) -> None:
        worker = start_worker(rig, queue)
        check_takes_tasks(worker, sender, queue, tmp_path / "before")

        lose_broker(rig, how)

        check_takes_tasks(worker, sender, queue, tmp_path / "after")

    def test_while_it_held_an_unacknowledged_task_takes_tasks_again(
        self, rig: Rig, sender: Celery, tmp_path: Path, how: str
    ) -> None:
        worker = start_worker(rig, "bulk")
        sender.send_task("tests.faults.jobs.hold", [str(tmp_path)], queue="bulk")
        wait_until((tmp_path / "begun").exists, seconds=30)

        seen = len(worker.lines)
        lose_broker(rig, how)
        worker.wait_for_line("Connected to ", after=seen)
        (tmp_path / "release").touch()

        wait_until((tmp_path / "ended").exists, seconds=30)
        check_takes_tasks(worker, sender, "bulk", tmp_path / "afterwards")
