"""/livez and /readyz: what a probe is told, and what it takes."""

import json
import os
import socket
from datetime import timedelta
from time import monotonic
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.db import connection
from django.db.models.functions import Now

from tests.processes import Desk, free_port
from tickets.models import TickerState

READY = {"status": "ok"}


@pytest.fixture
def claiming_ticker(db: None) -> TickerState:
    return TickerState.objects.create(name="test", started_at=Now(), last_claim_at=Now())


def failed(client) -> list[str]:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json().keys() == {"status", "failed"}
    assert answer.json()["status"] == "degraded"
    return answer.json()["failed"]


def test_a_working_desk_is_ready(client, claiming_ticker, broker):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, READY)
    assert answer["Cache-Control"] == "no-store"


def test_probes_come_by_any_name_and_without_tls(client, claiming_ticker, broker, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["support.example.com"]
    for path in ("/livez", "/readyz"):
        answer = client.get(path, headers={"host": "10.1.2.3:8000"})
        assert (answer.status_code, answer.json()) == (200, READY)
        assert "Set-Cookie" not in answer


@pytest.mark.django_db
def test_no_ticker_ever_claimed(client, broker):
    assert failed(client) == ["ticker"]


def test_a_ticker_silent_for_ten_seconds_counts_as_gone(client, claiming_ticker, broker):
    states = TickerState.objects.filter(pk=claiming_ticker.pk)
    states.update(last_claim_at=Now() - timedelta(seconds=9))
    assert client.get("/readyz").status_code == 200
    states.update(last_claim_at=Now() - timedelta(seconds=10))
    assert failed(client) == ["ticker"]


def test_a_migration_not_applied(client, claiming_ticker, broker):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tickets'")
    assert failed(client) == ["migrations"]


def test_a_broker_that_is_gone_or_silent_is_noticed_within_a_second(
    client, claiming_ticker, settings
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (free_port(), silent.getsockname()[1]):
            settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
            began_at = monotonic()
            assert failed(client) == ["broker"]
            assert monotonic() - began_at < 1.5


def test_without_a_database_it_is_alive_but_not_ready(broker):
    nowhere = f"postgres://desk@127.0.0.1:{free_port()}/desk"
    desk = Desk({"DATABASE_URL": nowhere, "REDIS_URL": os.environ["REDIS_URL"]})
    try:
        _, address = desk.web()
        with urlopen(f"{address}/livez", timeout=10) as alive:
            assert json.load(alive) == READY
        with pytest.raises(HTTPError) as refusal:
            urlopen(f"{address}/readyz", timeout=10)
        with refusal.value as answer:
            assert answer.code == 503
            assert json.load(answer) == {"status": "degraded", "failed": ["database"]}
    finally:
        desk.kill_all()
