"""`manage.py up`: the whole desk in one command, for a trial or a small team."""

import fcntl
import os
import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from signal import SIGKILL
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connection

from sla_support import engines, up_options
from sla_support.engine_files import UnableToStartEngine
from sla_support.readiness_watch import ReadinessWatch
from sla_support.supervisor import Child, Supervisor

_CELERY = ("celery", "-A", "sla_support", "--quiet")
_WORKER = (
    *(*_CELERY, "worker", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)
#: The desk's processes beside the pages, by the name their log lines carry. The timers' worker
#: sleeps in threads; the others run what may hang or crash, in processes that can be killed.
PROCESSES: dict[str, tuple[str, ...]] = {
    "timers": (
        *(*_WORKER, "--queues", "timers", "--hostname", "timers@%h"),
        *("--pool", "threads", "--concurrency", "4"),
    ),
    "jobs": (
        *(*_WORKER, "--queues", "mail_out,mail_in,bulk", "--hostname", "jobs@%h"),
        *("--pool", "prefork", "--concurrency", "2"),
    ),
    "beat": (*_CELERY, "beat", "--pidfile=", "--loglevel", "WARNING"),
}


class Command(BaseCommand):
    help = "Starts the whole desk: engines if none are named, pages, workers, beat. Ctrl-C ends it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        up_options.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        host, data = options["host"], settings.DESK_DATA
        try:
            with only_desk_in(data):
                port = free_port(host, options["port"])
                run_desk(Supervisor(), data=data, host=host, port=port, demo=options["demo"])
        except UnableToStartEngine as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}".strip()) from error


def run_desk(
    supervisor: Supervisor, *, data: Path, host: str, port: int, demo: bool | None
) -> None:
    """Starts everything, watches over it, and ends everything when a signal asks to."""
    supervisor.listen_to_signals()
    own_engines: list[Child] = []
    try:
        start_engines(supervisor, data, own_engines)
        sign_ins = prepare(supervisor, data, demo=bool(demo))
        address = os.environ.get("DESK_ADDRESS") or up_options.address(host, port)
        start_processes(supervisor, host=host, port=port, address=address)
        watch = ReadinessWatch(up_options.address(host, port))
        supervisor.run(lambda: watch.look(lambda text: supervisor.say(text), address, sign_ins))
    finally:
        supervisor.say("stopping")
        supervisor.stop([child for child in supervisor.children if child not in own_engines])
        supervisor.stop(own_engines)
        supervisor.say("stopped")


@contextmanager
def only_desk_in(data: Path) -> Iterator[None]:
    """Holds the data folder for this process.

    Raises:
        CommandError: another `up` holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"A desk already runs on {data} (process {lock.read().strip() or 'unknown'}). "
                "Stop it first, or give this one a folder of its own: --data DIR"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def free_port(host: str, port: int) -> int:
    """`port`, or a free one for 0.

    Raises:
        CommandError: nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {error.strerror}. Stop what uses it, "
                f"or choose another: --port {port + 1}"
            ) from error
        return int(probe.getsockname()[1])


def start_engines(supervisor: Supervisor, data: Path, started: list[Child]) -> None:
    """Starts the engines that no setting names, and waits until they answer."""
    wanted: dict[str, Callable[[Path], engines.Engine]] = {}
    if settings.DESK_EMBEDS_POSTGRES:
        wanted["postgres"] = engines.prepare_postgres
    if settings.DESK_EMBEDS_VALKEY:
        wanted["valkey"] = engines.prepare_valkey
    if wanted:
        engines.take_over(data)
    for name, prepare_engine in wanted.items():
        engine = prepare_engine(data)
        supervisor.say(f"starting {name} ({engine.socket})")
        child = Child(name, _engine_start(prepare_engine, data), engine.stop_signal, patience=30.0)
        started.append(supervisor.add(child))
    for child in started:
        engines.wait_until_answers(wanted[child.name](data), child.process)


def _engine_start(
    prepare_engine: Callable[[Path], engines.Engine], data: Path
) -> Callable[[], "subprocess.Popen[bytes]"]:
    # Prepared anew at each start: what a killed engine left behind is cleared away.
    return lambda: engines.spawn(prepare_engine(data), output=subprocess.PIPE, bound=True)


def prepare(supervisor: Supervisor, data: Path, *, demo: bool) -> str:
    """Migrates the database, fills an empty one when asked; returns the demo's sign-ins."""
    supervisor.say("migrating the database")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    notes = data / "demo-sign-ins.txt"
    if not get_user_model().objects.exists():
        notes.unlink(missing_ok=True)
        if demo:
            supervisor.say("filling the empty desk with demonstration data")
            report = StringIO()
            call_command("demo", stdout=report)
            notes.write_text(report.getvalue())
        else:
            supervisor.say("this desk is empty: `manage.py add_agent EMAIL NAME` lets somebody in,")
            supervisor.say("`manage.py up --demo` fills it with a trial's data instead")
    connection.close()
    return notes.read_text() if notes.exists() else ""


def start_processes(supervisor: Supervisor, *, host: str, port: int, address: str) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "DESK_COMMAND"}
    environment |= {
        "DESK_ADDRESS": address,
        "PYTHONUNBUFFERED": "1",
        # A container's only user is often root, and this worker takes JSON alone.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    for folder in (settings.DESK_DATA / "beat", settings.STATIC_ROOT):
        folder.mkdir(exist_ok=True)
    web = (
        *("uvicorn", "sla_support.asgi:application", "--host", host, "--port", str(port)),
        *("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3"),
    )
    for name, module in {"web": web, **PROCESSES}.items():
        supervisor.say(f"starting {name}")
        supervisor.add(Child(name, _process_start(module, environment)))


def _process_start(
    module: tuple[str, ...], environment: dict[str, str]
) -> Callable[[], "subprocess.Popen[bytes]"]:
    return lambda: subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=engines.dies_with_parent(SIGKILL),
    )
