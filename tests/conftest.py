"""One embedded PostgreSQL and one Valkey for the whole run; nothing of a real desk is touched.

The environment is set while this file is imported, before pytest-django reads the settings: that
is why DJANGO_SETTINGS_MODULE stands here and not in pyproject.toml.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # gw0, gw1 …; empty in the controller
if not _WORKER:
    os.environ["DESK_TEST_DATA"] = tempfile.mkdtemp(prefix="desk-test-")
    # The database's user is not root: it must be able to enter.
    os.chmod(os.environ["DESK_TEST_DATA"], 0o755)
DATA = Path(os.environ["DESK_TEST_DATA"])

os.environ["DJANGO_SETTINGS_MODULE"] = "sla_support.settings"
os.environ["DESK_COMMAND"] = "pytest"
os.environ["DESK_DATA"] = str(DATA)
os.environ["DESK_TRIAL"] = "1"
os.environ["DESK_ADDRESS"] = "http://127.0.0.1:8000"
os.environ["DESK_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
(DATA / "static").mkdir(exist_ok=True)

from django.conf import settings  # noqa: E402

from sla_support import engines, environment, places  # noqa: E402
from sla_support.celery import app as celery  # noqa: E402
from tests.processes import Desk, Process, database_url  # noqa: E402
from tests.shipping import ship_what_is_missing  # noqa: E402

OWN_DATABASE = not os.environ.get("DATABASE_URL")
OWN_BROKER = os.environ.get("DESK_TEST_BROKER") == "own" or not os.environ.get("REDIS_URL")
if OWN_BROKER:
    # Each worker of a parallel run has a broker database of its own.
    number = int(_WORKER.removeprefix("gw")) + 1 if _WORKER else 0
    os.environ["DESK_TEST_BROKER"] = "own"
    os.environ["REDIS_URL"] = f"unix://{places.valkey_socket(DATA)}?db={number}"
    # A parallel worker inherits the environment and has set Django up already.
    settings.REDIS_URL = os.environ["REDIS_URL"]
    settings.CELERY_BROKER_URL = environment.celery_broker(settings.REDIS_URL)
    celery.conf.broker_url = settings.CELERY_BROKER_URL


_started: list[subprocess.Popen[bytes]] = []


def pytest_configure(config: pytest.Config) -> None:
    assert settings.DESK_DATA == DATA  # read now; pytest-django sets Django up when they are
    if not _WORKER and config.getoption("numprocesses", None):
        start_engines()  # the workers share them, and may end in any order


def pytest_unconfigure(config: pytest.Config) -> None:
    if _WORKER:
        return
    engines.stop_valkey(DATA)
    engines.stop_postgres(DATA)
    for process in _started:
        process.wait(10)
    shutil.rmtree(DATA, ignore_errors=True)
    shutil.rmtree(places.socket_folder(DATA), ignore_errors=True)


def start_engines() -> None:
    """Starts what does not run yet; the engines end with this process."""
    wanted = []
    if OWN_DATABASE:
        wanted.append(engines.prepare_postgres(DATA, fast=True))
    if OWN_BROKER:
        wanted.append(engines.prepare_valkey(DATA))
    for engine in wanted:
        if not engine.answers():
            with (DATA / f"{engine.name}.log").open("ab") as log:
                process = engines.spawn(engine, output=log, bound=True)
            _started.append(process)
            engines.wait_until_answers(engine, process)


@pytest.fixture(scope="session")
def engine_servers() -> None:
    """A running PostgreSQL and broker, as the settings name them."""
    start_engines()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    engine_servers: None, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """The database server runs before pytest-django makes the test database."""


@pytest.fixture(autouse=True)
def shipped_data(request: pytest.FixtureRequest) -> None:
    """What the migrations ship is there in every test that uses the database."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None and not _DATABASE_FIXTURES.intersection(request.fixturenames):
        return
    is_transactional = (marker is not None and marker.kwargs.get("transaction")) or (
        not _DATABASE_FIXTURES.isdisjoint(request.fixturenames) and "db" not in request.fixturenames
    )
    request.getfixturevalue("transactional_db" if is_transactional else "db")
    ship_what_is_missing()


_DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.fixture
def broker(engine_servers: None) -> Iterator[redis.Redis]:
    """This run's broker, empty at the beginning and at the end of the test."""
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def desk_processes(transactional_db: None, broker: redis.Redis) -> Iterator[Desk]:
    """Starts real processes of the desk on the test's own database and broker, and ends them."""
    desk = Desk({"DATABASE_URL": database_url(), "REDIS_URL": os.environ["REDIS_URL"]})
    yield desk
    desk.kill_all()


@pytest.fixture
def celery_worker_process(desk_processes: Desk) -> Callable[..., Process]:
    """A function that starts a real Celery worker: `celery_worker_process(queues="timers")`."""
    return desk_processes.worker
