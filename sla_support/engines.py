"""The embedded engines of one data folder: PostgreSQL and Valkey, on unix sockets only.

`up` owns engines and runs them as its children. A command that finds no database running starts
one and the last such command stops it. Two desks in two folders never meet.
"""

import atexit
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sla_support import engine_files, places
from sla_support.engine_files import UnableToStartEngine, say

_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 30
_DATABASE = "desk"
_ROLE = "desk"
_PR_SET_PDEATHSIG = 1

#: Light settings for a small team; durability stays PostgreSQL's default.
_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    # A burst of flags writes faster than 4 MB of buffers can be handed on.
    "wal_buffers": "32MB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
#: For tests: what a crash of the machine would lose does not matter.
_FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

try:
    _libc: ctypes.CDLL | None = ctypes.CDLL(None)
    _prctl = _libc.prctl if _libc else None
except (OSError, AttributeError):  # not Linux: a killed parent leaves its children running
    _prctl = None


@dataclass(frozen=True)
class Engine:
    """One engine, prepared to run: its folders are made, its program can be started."""

    name: str
    command: tuple[str, ...]
    socket: Path
    #: Whom it runs as; None: whoever runs the desk.
    user: pwd.struct_passwd | None
    #: Ends it at once but cleanly.
    stop_signal: signal.Signals

    def answers(self) -> bool:
        return _postgres_answers(self.socket) if self.name == "postgres" else _pings(self.socket)


# --- Preparing -------------------------------------------------------------------------------


def prepare_postgres(data: Path, *, fast: bool = False) -> Engine:
    """The database of this data folder, made when missing. Idempotent.

    Raises:
        UnableToStartEngine: it cannot run here.
    """
    data.mkdir(parents=True, exist_ok=True)
    user = engine_files.engine_user(engine_files.database_folder(data))
    folder = engine_files.reachable_database_folder(data, user)
    sockets = engine_files.own_folder(places.socket_folder(data), user)
    if not (folder / "PG_VERSION").exists():
        _init_database(folder, user, fast=fast)
    _forget_dead_postmaster(folder, places.postgres_socket(data))
    chosen = _POSTGRES_SETTINGS | {"unix_socket_directories": f'"{sockets}"'}
    chosen |= _FAST_SETTINGS if fast else {}
    command = [str(engine_files.program("postgres", user)), "-D", str(folder)]
    for name, value in chosen.items():
        command += ["-c", f"{name}={value}"]
    socket = places.postgres_socket(data)
    return Engine("postgres", tuple(command), socket, user, signal.SIGINT)


def prepare_valkey(data: Path) -> Engine:
    """The broker of this data folder. It keeps nothing on disk: all it holds may be lost.

    Raises:
        UnableToStartEngine: it cannot run here.
    """
    data.mkdir(parents=True, exist_ok=True)
    user = engine_files.engine_user(engine_files.database_folder(data))
    sockets = engine_files.own_folder(places.socket_folder(data), user)
    socket = places.valkey_socket(data)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "databases": "64",
        "dir": str(sockets),
        "loglevel": "warning",
    }
    command = [str(engine_files.program("valkey-server", user))]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Engine("valkey", tuple(command), socket, user, signal.SIGTERM)


def _init_database(folder: Path, user: pwd.struct_passwd | None, *, fast: bool) -> None:
    """Makes a database cluster in `folder`, which is empty; never leaves half of one there."""
    say(f"Making a new database in {folder}.")
    draft = folder.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)  # of a start that was killed
    engine_files.own_folder(draft, user)
    command = [
        str(engine_files.program("initdb", user)),
        *("--pgdata", str(draft), "--username", _ROLE, "--auth", "trust"),
        # Sorting and letters do not depend on what this machine has installed.
        *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--no-locale", "--no-instructions", *(("--no-sync",) if fast else ())),
    ]
    made = subprocess.run(command, **_as(user), capture_output=True, text=True, check=False)
    if made.returncode:
        raise UnableToStartEngine(f"initdb failed in {draft}:\n{made.stderr.strip()}")
    draft.rename(folder)


def _forget_dead_postmaster(folder: Path, socket: Path) -> None:
    """Removes lock files whose process is gone.

    PostgreSQL does so itself unless another process has been given the same number since, as
    happens after a restart of the machine or the container.
    """
    pid_file = folder / "postmaster.pid"
    if pid_file.exists() and postmaster_pid(folder) is None:
        for stale in (pid_file, socket, Path(f"{socket}.lock")):
            stale.unlink(missing_ok=True)


def postmaster_pid(folder: Path) -> int | None:
    """The process that serves this database folder, or None when nobody does."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        return pid if Path(os.readlink(f"/proc/{pid}/cwd")) == folder.resolve() else None
    except (OSError, ValueError):
        return None


# --- Starting and stopping -------------------------------------------------------------------


def spawn(engine: Engine, *, output: IO[Any] | int, bound: bool) -> subprocess.Popen[bytes]:
    """Starts the engine's process; `bound`: it stops when the calling thread's process dies.

    It gets a session of its own: a Ctrl-C in the terminal is the desk's to hear, not the engine's.
    """
    return subprocess.Popen(
        engine.command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=dies_with_parent(engine.stop_signal) if bound else None,
        **_as(engine.user),
    )


def dies_with_parent(number: signal.Signals) -> Any:
    """A preexec_fn after which the child gets this signal when its parent thread ends."""
    parent = os.getpid()

    def ask_kernel() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:  # it died before we could ask
                os._exit(1)

    return ask_kernel


def wait_until_answers(engine: Engine, process: subprocess.Popen[bytes] | None = None) -> None:
    """Returns once the engine answers; a new database cluster gets the desk's database.

    Raises:
        UnableToStartEngine: its process ended, or it stays silent for a minute.
    """
    deadline = time.monotonic() + _SECONDS_TO_START
    while not engine.answers():
        if process is not None and process.poll() is not None:
            raise UnableToStartEngine(f"{engine.name} ended with status {process.returncode}.")
        if time.monotonic() > deadline:
            raise UnableToStartEngine(f"{engine.name} does not answer on {engine.socket}.")
        time.sleep(0.02)
    if engine.name == "postgres":
        _make_desk_database(engine.socket)


def stop_postgres(data: Path) -> None:
    """Stops the database of this data folder, whoever started it. Fine when none runs."""
    pid = postmaster_pid(engine_files.database_folder(data))
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    _wait_until_gone(pid)


def stop_valkey(data: Path) -> None:
    """Stops the broker of this data folder, whoever started it. Fine when none runs."""
    try:
        _valkey(places.valkey_socket(data)).shutdown(nosave=True)
    except redis.ConnectionError:
        return


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + _SECONDS_TO_STOP
    while _is_alive(pid):
        if time.monotonic() > deadline:
            raise UnableToStartEngine(f"PostgreSQL (process {pid}) does not stop.")
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    """False for a process that is gone, and for one that ended but was never collected."""
    try:
        return bool(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return False


# --- For commands ----------------------------------------------------------------------------


def hold_postgres(data: Path) -> None:
    """Sees to it that the embedded database runs until this process ends.

    The last command that uses a database started this way stops it; `up` keeps its own.

    Raises:
        UnableToStartEngine: it cannot run here.
    """
    users = _open_lock(data, "engine-users.lock")
    with folder_lock(data):
        fcntl.flock(users, fcntl.LOCK_SH)
        if not _postgres_answers(places.postgres_socket(data)):
            engine = prepare_postgres(data)
            stop_postgres(data)  # alive but deaf: its socket was removed
            with (data / "postgres.log").open("ab") as log:
                process = spawn(engine, output=log, bound=False)
            wait_until_answers(engine, process)
            _on_demand(data).touch()
    atexit.register(_release_postgres, data, users)


def _release_postgres(data: Path, users: IO[Any]) -> None:
    with folder_lock(data):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # others still use it
            return
        if _on_demand(data).exists():
            stop_postgres(data)
            _on_demand(data).unlink()


def _on_demand(data: Path) -> Path:
    """Exists while the running database was started by a command."""
    return data / "postgres-on-demand"


def take_over(data: Path) -> None:
    """Stops engines of this folder that somebody else started, so that `up` can own them."""
    with folder_lock(data):
        _on_demand(data).unlink(missing_ok=True)
        stop_postgres(data)
        stop_valkey(data)


@contextmanager
def folder_lock(data: Path) -> Iterator[None]:
    """One process at a time starts or stops engines of this folder."""
    with _open_lock(data, "engines.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open_lock(data: Path, name: str) -> IO[Any]:
    data.mkdir(parents=True, exist_ok=True)
    return (data / name).open("a")


# --- Asking ----------------------------------------------------------------------------------


def _connect(socket: Path, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(socket.parent), user=_ROLE, dbname=database, connect_timeout=3, autocommit=True
    )


def _postgres_answers(socket: Path) -> bool:
    try:
        with _connect(socket, "postgres"):
            return True
    except psycopg.Error:
        return False


def _make_desk_database(socket: Path) -> None:
    with _connect(socket, "postgres") as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE])
        if known.fetchone() is None:
            connection.execute(f"CREATE DATABASE {_DATABASE}".encode())


def _valkey(socket: Path) -> "redis.Redis":
    once = Retry(NoBackoff(), 0)
    return redis.Redis(unix_socket_path=str(socket), socket_timeout=2, retry=once)


def _pings(socket: Path) -> bool:
    try:
        return bool(_valkey(socket).ping())
    except redis.RedisError:
        return False


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Popen arguments that run a process as `user`, in a folder everybody can enter."""
    if user is None:
        return {"cwd": "/"}
    return {
        "user": user.pw_uid,
        "group": user.pw_gid,
        "extra_groups": [],
        "cwd": "/",
        "umask": 0o77,
    }
