"""Real processes of the desk for tests: start, wait for what they do, stop or kill."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from sla_support import engines

ROOT = Path(__file__).resolve().parent.parent


def wait_until(is_so: Callable[[], object], *, seconds: float, what: str = "") -> None:
    """Returns as soon as `is_so()` is true; fails the test when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or is_so}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The address of the database that this test uses."""
    from django.db import connection

    told = connection.settings_dict
    options = told.get("OPTIONS", {})
    user = quote(told["USER"]) + (f":{quote(told['PASSWORD'])}" if told["PASSWORD"] else "")
    host = told["HOST"] or options.get("host", "")
    if host.startswith("/"):
        return f"postgres://{user}@/{told['NAME']}?host={quote(host)}&port={told['PORT'] or 5432}"
    return f"postgres://{user}@{host}:{told['PORT'] or 5432}/{told['NAME']}"


def environment_of_processes(changes: Mapping[str, str]) -> dict[str, str]:
    """What a service of the desk finds in its environment: none of pytest's own switches."""
    kept = {name: text for name, text in os.environ.items() if name != "DESK_COMMAND"}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore", **changes}


class Process:
    """One process; what it prints is kept, and shown by pytest when the test fails."""

    def __init__(self, *command: str, environment: Mapping[str, str], cwd: Path = ROOT) -> None:
        self.lines: list[str] = []
        self._new_line = threading.Condition()
        self.popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=engines.dies_with_parent(signal.SIGKILL),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            print(f"{self.pid} | {line}", end="")
            with self._new_line:
                self.lines.append(line.rstrip("\n"))
                self._new_line.notify_all()

    def wait_for_line(self, text: str, *, seconds: float = 30, after: int = 0) -> str:
        """The first line that contains `text`, from line number `after` on."""

        def found() -> str | None:
            return next((line for line in self.lines[after:] if text in line), None)

        with self._new_line:
            assert self._new_line.wait_for(lambda: found() is not None, timeout=seconds), (
                f"no {text!r} within {seconds} s in:\n{self.output}"
            )
            return found() or ""

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 30) -> int:
        """Asks it to end and returns its exit status; fails when it does not end."""
        self.send(number)
        status = self.popen.wait(seconds)
        self._collect()
        return status

    def kill(self) -> None:
        """kill -9 of it and of every process it started."""
        if self.is_running():
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(30)
        self._collect()

    def _collect(self) -> None:
        self._reader.join(10)
        if self.popen.stdout is not None and not self._reader.is_alive():
            self.popen.stdout.close()


class Desk:
    """The desk's services, each a real process, all on one database and broker."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment_of_processes(environment)
        self.processes: list[Process] = []

    def start(self, *module: str, **more_environment: str) -> Process:
        process = Process(
            *(sys.executable, "-m", *module), environment=self.environment | more_environment
        )
        self.processes.append(process)
        return process

    def worker(
        self, *, queues: str = "timers", pool: str = "threads", concurrency: int = 4, name: str = ""
    ) -> Process:
        """A Celery worker that takes tasks of these queues; returns once it does."""
        name = name or f"{queues.replace(',', '-')}-{len(self.processes)}"
        worker = self.start(
            *("celery", "-A", "sla_support", "worker", "--loglevel", "INFO"),
            *("--queues", queues, "--pool", pool, "--concurrency", str(concurrency)),
            *("--hostname", f"{name}@test", "--without-gossip", "--without-mingle"),
        )
        worker.wait_for_line(" ready.")
        return worker

    def beat(self, schedule: Path) -> Process:
        """Celery beat, its schedule file in the folder `schedule`; returns once it runs."""
        beat = self.start(
            *("celery", "-A", "sla_support", "beat", "--loglevel", "INFO", "--pidfile="),
            *("--schedule", str(schedule / "schedule")),
        )
        beat.wait_for_line("beat: Starting...")
        return beat

    def web(self, port: int | None = None) -> tuple[Process, str]:
        """Pages and live streams on one port; returns the process and its address."""
        port = port or free_port()
        address = f"http://127.0.0.1:{port}"
        web = self.start(
            *("uvicorn", "sla_support.asgi:application", "--port", str(port)),
            DESK_ADDRESS=address,
        )
        web.wait_for_line("Uvicorn running on")
        return web, address

    def kill_all(self) -> None:
        for process in self.processes:
            process.kill()
