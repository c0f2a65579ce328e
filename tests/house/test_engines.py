"""The embedded engines, each test with data folders of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from sla_support import engine_files, engines, places
from tests.processes import ROOT, environment_of_processes, wait_until


@pytest.fixture
def new_folder() -> Iterator:
    """A function that makes data folders which the database's user may enter."""
    made: list[Path] = []

    def make(suffix: str = "") -> Path:
        parent = Path(tempfile.mkdtemp(prefix="desk-engines-"))
        parent.chmod(0o755)
        made.append(parent)
        return parent / f"data{suffix}"

    yield make
    for parent in made:
        for data in parent.iterdir():
            engines.stop_postgres(data)
            engines.stop_valkey(data)
            shutil.rmtree(places.socket_folder(data), ignore_errors=True)
        shutil.rmtree(parent)


def started(data: Path, *, fast: bool = True) -> subprocess.Popen[bytes]:
    engine = engines.prepare_postgres(data, fast=fast)
    process = engines.spawn(engine, output=subprocess.DEVNULL, bound=True)
    engines.wait_until_answers(engine, process)
    return process


def ask(data: Path, query: str) -> list[tuple]:
    with psycopg.connect(
        host=str(places.socket_folder(data)), user="desk", dbname="desk", autocommit=True
    ) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_stopped_database_keeps_its_rows(new_folder):
    data = new_folder()
    first = started(data)
    ask(data, "CREATE TABLE kept AS SELECT 42 AS answer")
    engines.stop_postgres(data)
    assert first.wait(10) == 0
    engines.stop_postgres(data)  # stopping twice is fine

    second = started(data)
    assert ask(data, "SELECT answer FROM kept") == [(42,)]
    assert ask(data, "SHOW server_version_num")[0][0].startswith("18")
    assert ask(data, "SHOW fsync") == [("off",)]  # fast, as asked
    engines.stop_postgres(data)
    second.wait(10)


def test_two_desks_stand_side_by_side(new_folder):
    folders = [new_folder(), new_folder(" with spaces, é and " + "a-long-name" * 12)]
    processes = [started(data) for data in folders]
    for number, data in enumerate(folders):
        ask(data, f"CREATE TABLE who AS SELECT {number} AS number")
    assert [ask(data, "SELECT number FROM who") for data in folders] == [[(0,)], [(1,)]]
    assert len(os.fsencode(places.postgres_socket(folders[1]))) < 100
    for data, process in zip(folders, processes, strict=True):
        engines.stop_postgres(data)
        process.wait(10)


def test_it_starts_after_a_kill_although_its_number_went_to_another_process(new_folder):
    data = new_folder()
    process = started(data, fast=False)
    ask(data, "CREATE TABLE kept AS SELECT 42 AS answer")
    process.kill()
    process.wait(10)
    folder = engine_files.database_folder(data)
    pid_file = folder / "postmaster.pid"
    left_behind = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *left_behind[1:]]) + "\n")
    Path(f"{places.postgres_socket(data)}.lock").write_text(f"{os.getppid()}\n")

    again = started(data)
    assert ask(data, "SELECT answer FROM kept") == [(42,)]
    engines.stop_postgres(data)
    again.wait(10)


def test_nobody_else_can_enter(new_folder):
    data = new_folder()
    process = started(data)
    for folder in (places.socket_folder(data), engine_files.database_folder(data)):
        assert folder.stat().st_mode & 0o077 == 0
    assert ask(data, "SHOW listen_addresses") == [("",)]
    engines.stop_postgres(data)
    process.wait(10)


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path):
    foreign = tmp_path / "foreign"
    foreign.symlink_to(tmp_path)
    with pytest.raises(engine_files.UnableToStartEngine, match="belongs to somebody else"):
        engine_files.own_folder(foreign, None)


def test_the_broker_starts_answers_and_stops(new_folder):
    data = new_folder()
    engine = engines.prepare_valkey(data)
    process = engines.spawn(engine, output=subprocess.DEVNULL, bound=True)
    engines.wait_until_answers(engine, process)
    client = redis.Redis(unix_socket_path=str(places.valkey_socket(data)))
    assert client.config_get("save") == {"save": ""}
    client.close()
    engines.stop_valkey(data)
    assert process.wait(10) == 0
    engines.stop_valkey(data)  # stopping twice is fine


def test_engines_end_with_the_process_that_was_killed(new_folder):
    data = new_folder()
    script = (
        "import sys, subprocess, time; from pathlib import Path; from sla_support import engines\n"
        "engine = engines.prepare_postgres(Path(sys.argv[1]), fast=True)\n"
        "process = engines.spawn(engine, output=subprocess.DEVNULL, bound=True)\n"
        "engines.wait_until_answers(engine, process); print(process.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    assert int(owner.stdout.readline()) == engines.postmaster_pid(
        engine_files.database_folder(data)
    )
    owner.send_signal(signal.SIGKILL)
    owner.communicate(timeout=10)
    folder = engine_files.database_folder(data)
    wait_until(lambda: engines.postmaster_pid(folder) is None, seconds=10)


def test_a_command_starts_the_database_and_the_last_one_stops_it(new_folder):
    data = new_folder()
    environment = environment_of_processes({"DESK_DATA": str(data)})
    environment.pop("DATABASE_URL", None)
    slow, quick = (
        subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for code in (
            "from django.db import connection as c; c.ensure_connection(); print(1, flush=True);"
            "import sys; sys.stdin.readline(); print(c.cursor().execute('SELECT 7').fetchone()[0])",
            "from django.db import connection as c; c.ensure_connection(); print(1, flush=True)",
        )
    )
    assert slow.stdout is not None
    assert slow.stdout.readline() == "1\n"
    assert quick.communicate(timeout=60)[0] == "1\n"
    assert quick.returncode == 0
    assert engines.postmaster_pid(engine_files.database_folder(data)) is not None
    assert slow.communicate("\n", timeout=60)[0] == "7\n"
    assert engines.postmaster_pid(engine_files.database_folder(data)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's desk changes user")
def test_roots_database_moves_out_of_a_closed_folder(new_folder, capsys):
    data = new_folder()
    data.parent.chmod(0o700)
    process = started(data)
    folder = engine_files.database_folder(data)
    assert folder.is_relative_to(engine_files.SHARED)
    assert f"the database is kept in {folder}" in capsys.readouterr().err
    assert data.parent.stat().st_mode & 0o777 == 0o700
    assert ask(data, "SELECT 1") == [(1,)]
    engines.stop_postgres(data)
    process.wait(10)
    again = started(data)  # and is found there again
    assert engines.postmaster_pid(folder) == again.pid
    engines.stop_postgres(data)
    again.wait(10)
    shutil.rmtree(folder.parent)
