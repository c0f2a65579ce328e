"""A desk of its own in a temporary folder: engines, an empty migrated database, workers.

Nothing of another desk is touched, and everything may be killed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from sla_support import engines, places

ROOT = Path(__file__).resolve().parent.parent


class OwnDesk:
    """The engines of one data folder, and the environment that leads processes to them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.processes: list[subprocess.Popen[bytes]] = []
        self._engines: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DESK_DATA": str(self.data),
            "DESK_TRIAL": "1",
            "DATABASE_URL": "",
            "REDIS_URL": f"unix://{places.valkey_socket(self.data)}?db=0",
            "DJANGO_SETTINGS_MODULE": "sla_support.settings",
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
        }

    # --- Engines ---------------------------------------------------------------------------

    def start_postgres(self) -> None:
        self._start(engines.prepare_postgres(self.data))

    def start_valkey(self) -> None:
        self._start(engines.prepare_valkey(self.data))

    def kill_valkey(self) -> None:
        """kill -9: what it held is gone."""
        self._end("valkey", signal.SIGKILL)

    def stop_postgres(self, number: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one, as after a crash."""
        self._end("postgres", number)

    def revive(self) -> None:
        """Starts the engines that do not run."""
        if not self._runs("postgres"):
            self.start_postgres()
        if not self._runs("valkey"):
            self.start_valkey()

    def stop(self) -> None:
        for process in self.processes:
            end(process)
        for name, number in (("valkey", signal.SIGKILL), ("postgres", signal.SIGINT)):
            if self._runs(name):
                self._end(name, number)
        shutil.rmtree(places.socket_folder(self.data), ignore_errors=True)

    def _start(self, engine: engines.Engine) -> None:
        with (self.data / f"{engine.name}.log").open("ab") as log:
            process = engines.spawn(engine, output=log, bound=True)
        self._engines[engine.name] = process
        engines.wait_until_answers(engine, process)

    def _end(self, name: str, number: signal.Signals) -> None:
        self._engines[name].send_signal(number)
        self._engines[name].wait(30)

    def _runs(self, name: str) -> bool:
        return name in self._engines and self._engines[name].poll() is None

    # --- What runs on them -------------------------------------------------------------------

    def migrate(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=self.full_environment(),
            check=True,
        )

    def date_commits(self) -> None:
        """Has PostgreSQL keep the instant of every commit, and restarts it."""
        with self.connect() as database:
            database.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        self.stop_postgres()
        self.start_postgres()

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(places.socket_folder(self.data)), user="desk", dbname="desk", autocommit=True
        )

    def empty_broker(self) -> None:
        with self._broker() as broker:
            broker.flushall()

    def cut_connections_to_broker(self) -> None:
        with self._broker() as broker:
            for kind in ("normal", "pubsub"):
                broker.client_kill_filter(_type=kind, skipme=True)

    def _broker(self) -> "redis.Redis":
        return redis.Redis(unix_socket_path=str(places.valkey_socket(self.data)))

    @property
    def valkey_pid(self) -> int:
        return self._engines["valkey"].pid

    def start_worker(self, *, queues: str = "timers", threads: int = 4) -> subprocess.Popen[bytes]:
        return self._start_celery(
            *("worker", "--loglevel", "WARNING", "--queues", queues, "--pool", "threads"),
            *("--concurrency", str(threads), "--without-gossip", "--without-mingle"),
            *("--hostname", f"{queues}-{len(self.processes)}@benchmark"),
        )

    def start_beat(self) -> subprocess.Popen[bytes]:
        schedule = self.data / f"schedule-{len(self.processes)}"
        return self._start_celery("beat", "--pidfile=", "--schedule", str(schedule))

    def _start_celery(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.data / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "sla_support", "--quiet", *arguments],
                cwd=ROOT,
                env=self.full_environment(),
                stdout=log,
                stderr=log,
                preexec_fn=engines.dies_with_parent(signal.SIGKILL),
            )
        self.processes.append(process)
        return process

    def full_environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if name != "DESK_COMMAND"}
        return {**kept, **self.environment}


@contextmanager
def own_desk() -> Iterator[OwnDesk]:
    """A running desk without workers, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="desk-own-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # root's engines run as another user, who must be able to enter
        desk = OwnDesk(Path(folder))
        try:
            desk.revive()
            desk.migrate()
            yield desk
        finally:
            desk.stop()


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(30)


def wait_for_tickers(database: psycopg.Connection[Any], count: int, *, seconds: float = 60) -> None:
    """Returns once `count` tickers gave a sign of life within the latest 5 s.

    Raises:
        TimeoutError: they did not.
    """
    wait_for_number(
        database,
        "SELECT count(*) FROM tickets_tickerstate"
        " WHERE last_claim_at > clock_timestamp() - interval '5 seconds'",
        count,
        seconds=seconds,
    )


def wait_for_number(
    database: psycopg.Connection[Any],
    statement: str,
    wanted: float,
    *,
    bounds: Sequence[Any] = (),
    seconds: float,
    every: float = 0.05,
) -> None:
    """Returns once the statement's only value is `wanted` or more.

    Raises:
        TimeoutError: it stays below.
    """
    deadline = time.monotonic() + seconds
    while True:
        ((value,),) = database.execute(statement.encode(), bounds).fetchall()
        if value >= wanted:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{value} instead of {wanted} after {seconds} s: {statement}")
        time.sleep(every)
