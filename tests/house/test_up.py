"""`manage.py up` as an operator runs it: a new folder, real processes, real signals."""

import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from sla_support import places
from tests.processes import Process, environment_of_processes, free_port, wait_until


class RunningDesk:
    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.up = self.start()

    def start(self, *options: str) -> Process:
        environment = environment_of_processes({"DESK_DATA": str(self.data)})
        for name in ("DATABASE_URL", "REDIS_URL", "DESK_ADDRESS", "DESK_ALLOWED_HOSTS"):
            environment.pop(name, None)
        arguments = ("--no-demo", "--port", str(self.port), "--data", str(self.data), *options)
        self.up = Process(sys.executable, "manage.py", "up", *arguments, environment=environment)
        return self.up

    def wait_until_ready(self) -> None:
        self.up.wait_for_line("ready after", seconds=60)

    def answer(self, path: str) -> tuple[int, dict]:
        try:
            with urlopen(f"{self.address}{path}", timeout=5) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)
        except (URLError, OSError):
            return 0, {}

    def processes(self) -> dict[int, str]:
        """Every living process of this desk, known by its data folder or its sockets."""
        marks = (os.fsencode(self.data), os.fsencode(places.socket_folder(self.data)))
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    command = (entry / "cmdline").read_bytes()
                    known = command + (entry / "environ").read_bytes()
                except OSError:
                    continue
                if command and any(mark in known for mark in marks):
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode()
        return found

    def pid_of(self, words: str) -> int:
        """The one process whose command has these words and that has no parent with them."""
        return min(pid for pid, command in self.processes().items() if words in command)


@pytest.fixture
def desk() -> Iterator[RunningDesk]:
    parent = Path(tempfile.mkdtemp(prefix="desk up "))  # with a space, as folders have
    parent.chmod(0o755)
    running = RunningDesk(parent / "data")
    yield running
    running.up.kill()
    wait_until(lambda: not running.processes(), seconds=20, what="all processes gone")
    rmtree(parent)
    rmtree(places.socket_folder(running.data), ignore_errors=True)


def test_it_comes_up_answers_and_ends_at_ctrl_c(desk):
    desk.wait_until_ready()
    assert desk.answer("/livez") == (200, {"status": "ok"})
    assert desk.answer("/readyz") == (200, {"status": "ok"})
    ready = desk.up.wait_for_line("ready after")
    assert desk.address in ready
    seconds = re.search(r"after ([\d.]+) s", ready)
    assert seconds is not None
    assert float(seconds[1]) < 12

    for name in ("postgres", "valkey", "web", "timers", "jobs", "beat"):
        assert f"starting {name}" in desk.up.output
    # A terminal sends Ctrl-C to the whole foreground group.
    os.killpg(desk.up.pid, signal.SIGINT)
    assert desk.up.popen.wait(30) == 0
    assert desk.processes() == {}
    assert "Traceback" not in desk.up.output


def test_what_dies_is_started_again(desk):
    desk.wait_until_ready()
    for name, words, path in (
        ("web", "uvicorn", "/livez"),
        ("postgres", "bin/postgres", "/readyz"),
        ("valkey", "valkey-server", "/readyz"),
        ("timers", "--queues timers", "/readyz"),
    ):
        os.kill(desk.pid_of(words), signal.SIGKILL)
        desk.up.wait_for_line(f"{name} ended (SIGKILL); starting it again")
        wait_until(
            lambda path=path: desk.answer(path) == (200, {"status": "ok"}),
            seconds=30,
            what=f"{path} after the end of {name}",
        )
    assert desk.up.stop(signal.SIGTERM) == 0
    assert desk.processes() == {}


def test_a_killed_desk_leaves_nothing_and_comes_back(desk):
    desk.wait_until_ready()
    os.kill(desk.up.pid, signal.SIGKILL)
    wait_until(lambda: not desk.processes(), seconds=20, what="all processes gone")
    desk.up.kill()
    desk.start()
    desk.wait_until_ready()
    assert desk.up.stop(signal.SIGINT) == 0


def test_a_second_desk_on_the_same_folder_or_port_is_refused(desk):
    desk.wait_until_ready()
    first = desk.up
    second = desk.start("--port", "0")
    assert second.popen.wait(30) != 0
    second.wait_for_line(f"already runs on {desk.data} (process {first.pid})")
    second.kill()
    third = desk.start("--data", str(desk.data.with_name("another")))
    assert third.popen.wait(30) != 0
    third.wait_for_line(f"Cannot listen on 127.0.0.1 port {desk.port}")
    third.wait_for_line(f"--port {desk.port + 1}")
    third.kill()
    assert first.stop(signal.SIGINT) == 0
